import { createHash } from 'node:crypto'
import { Cluster, type Redis } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import { nameFault, type RedisClient } from './client.ts'
import { probeLua } from './commands.ts'
import { keysUnder } from './keys.ts'
import { fieldsOf, setting, requirementProblem } from './config-check.ts'
import { TAKES_NOTHING } from './store.ts'

/** The record that a probe writes, in one bucket of each master. It expires. */
export const PROBE = { name: 'probe', ttlMs: 10_000 } as const

/** A version and no text, as a store writes a record. */
const PROBE_TEXT = `${'0'.repeat(16)}|`

/**
 * The state of one master, with a sentence.
 * - `usable`: it takes everything that a turn sends.
 * - `misconfigured`: its version, `maxmemory-policy`, database, password or ACL does not fit. Nothing is sent there.
 * - `refusing`: it answers, and refuses writes for now.
 * - `silent`: it does not answer, or takes no command for now.
 */
export type Verdict =
  | { readonly kind: 'usable' }
  | { readonly kind: 'misconfigured'; readonly says: string }
  | { readonly kind: 'refusing' | 'silent'; readonly says: string; readonly fault: string }

export interface NodeProbeOptions {
  readonly client: RedisClient
  /** The prefix of every key, `ussd` by default. */
  readonly prefix?: string
  /** How many replicas must have a write, 0 to 5; 0 by default. */
  readonly replicas?: number
  /** How long they may take, 100 by default. */
  readonly replicasWithinMs?: number
}

/** The verdict on a node that does not answer. */
export const silent = (fault: string): Verdict & { kind: 'silent' } => ({
  kind: 'silent',
  fault,
  says: new UssdError('USSD_STORE_UNAVAILABLE', { detail: fault }).message,
})

/** The verdict on a Redis to which there is no connection. */
export function unconnected(client: RedisClient): Verdict {
  const rejection = client.rejection()
  return rejection === undefined
    ? silent(client.lastFault() ?? 'not connected')
    : { kind: 'misconfigured', says: rejection }
}

/** Probes one master, in a bucket that lies on it. */
export async function probeNode(node: Redis, bucket: number, options: NodeProbeOptions): Promise<Verdict> {
  const { client, prefix = 'ussd', replicas = 0, replicasWithinMs = 100 } = options
  if (node.status !== 'ready' && !(client.redis instanceof Cluster)) return unconnected(client)
  const replies = await exchange(node, bucket, options)
  const script = replies.get('EVAL')
  const scriptFault = script?.error && nameFault(script.error)
  // The slot is on its way to another node: this one answers, and nothing is known against it.
  if (scriptFault && /^(MOVED|ASK|TRYAGAIN)$/.test(scriptFault)) return { kind: 'usable' }

  const inScript = failuresOf(script?.reply)
  const sent = [...replies].flatMap(([command, { error }]) =>
    error && !command.startsWith('INFO') ? [{ command, message: error.message }] : [],
  )
  const reasons = [
    ...(await problemOf(node, replies)),
    ...denials([...sent, ...inScript.filter(({ command }) => !replies.has(command))], prefix),
  ]
  if (reasons.length > 0) return { kind: 'misconfigured', says: reasons.join(' ') }

  const refused = inScript.map(({ message }) => wordOf(message))[0] ?? refusalOf(script?.error)
  if (refused) return { kind: 'refusing', fault: refused, says: `writes are refused (${refused}).` }
  const unanswered = script?.error ?? replies.get('PING')?.error ?? replies.get('WAIT')?.error
  if (unanswered) return silent(nameFault(unanswered))
  const reached = Number(replies.get('WAIT')?.reply ?? 0)
  if (reached < replicas) {
    const says = `a write reached ${reached} of ${replicas} replicas within ${replicasWithinMs} ms.`
    return { kind: 'refusing', fault: 'too few replicas', says }
  }
  return { kind: 'usable' }
}

interface Reply {
  readonly error: Error | null
  readonly reply: unknown
}

/** Sends, in one round trip, every command that the code sends, and the script that runs those of the scripts. */
async function exchange(node: Redis, bucket: number, options: NodeProbeOptions): Promise<Map<string, Reply>> {
  const { client, prefix = 'ussd', replicas = 0, replicasWithinMs = 100 } = options
  const keys = keysUnder(prefix)
  const names = [keys.record(bucket, PROBE.name), keys.record(bucket, `${PROBE.name}-journal`)]
  const sha = createHash('sha1').update(probeLua).digest('hex')
  const pipeline = node.pipeline()
  const sent: string[] = []
  const send = (name: string, add: () => unknown) => {
    add()
    sent.push(name)
  }
  // It holds for the command behind it only.
  if (client.redis instanceof Cluster) send('ASKING', () => pipeline.asking())
  send('PING', () => pipeline.ping())
  send('EVAL', () => pipeline.eval(probeLua, names.length, ...names, PROBE_TEXT, PROBE.ttlMs))
  send('EVALSHA', () => pipeline.evalsha(sha, names.length, ...names))
  send('INFO server', () => pipeline.info('server'))
  send('INFO memory', () => pipeline.info('memory'))
  if (replicas > 0) send('WAIT', () => pipeline.wait(replicas, replicasWithinMs))
  const results = (await pipeline.exec()) ?? []
  return new Map(
    sent.map((name, at) => {
      const [error = new Error('Connection is closed.'), reply] = results[at] ?? []
      return [name, { error, reply }] as const
    }),
  )
}

async function problemOf(node: Redis, replies: ReadonlyMap<string, Reply>): Promise<readonly string[]> {
  const fieldOf = (section: string, name: string) => {
    const { error, reply } = replies.get(section) ?? {}
    return error ? undefined : fieldsOf(String(reply)).get(name)
  }
  const answers = replies.get('PING')?.error === null
  const eviction =
    fieldOf('INFO memory', 'maxmemory_policy') ??
    (answers ? await setting(node, 'maxmemory-policy') : undefined)
  return requirementProblem({ version: fieldOf('INFO server', 'redis_version'), eviction })
}

interface Failure {
  readonly command: string
  readonly message: string
}

/** The reply of `probe-2.lua`. */
function failuresOf(reply: unknown): readonly Failure[] {
  if (!Array.isArray(reply)) return []
  return reply.flatMap((command, at) =>
    at % 2 === 0 ? [{ command: String(command), message: String(reply[at + 1]) }] : [],
  )
}

/** Sentences on what the user may not do, or this Redis cannot: by what Redis says of it, in several versions. */
function denials(failures: readonly Failure[], prefix: string): readonly string[] {
  const isOfKeys = ({ message }: Failure) =>
    /NOPERM.*\bkeys?\b|can't access at least one of the keys/i.test(message)
  const isUnknown = ({ message }: Failure) => /unknown .*command/i.test(message)
  const isOfCommand = (failure: Failure) =>
    !isOfKeys(failure) && /NOPERM|can't run this command/i.test(failure.message)
  const named = (kind: (failure: Failure) => boolean) =>
    failures
      .filter(kind)
      .map(({ command }) => command)
      .join(', ')
  const [denied, unknown] = [named(isOfCommand), named(isUnknown)]
  return [
    ...(denied ? [`the user may not run ${denied}: allow it in the ACL.`] : []),
    ...(unknown ? [`the command ${unknown} is not known to it.`] : []),
    ...(failures.some(isOfKeys) ? [`the user may not use keys that begin with ${prefix}: in the ACL.`] : []),
  ]
}

/** `OOM`, `READONLY`, `NOREPLICAS`, `MISCONF` …, also where a script of an older Redis wraps it. */
const wordOf = (message: string): string => /(?:^|: ?)-?([A-Z]{3,})\b/.exec(message)?.[1] ?? 'ERR'

/** The word by which Redis refused the script itself; `undefined` when it did not, or takes no command at all for now. */
function refusalOf(error: Error | null | undefined): string | undefined {
  if (!error || error.name !== 'ReplyError') return undefined
  const word = nameFault(error)
  return TAKES_NOTHING.test(word) ? undefined : word
}

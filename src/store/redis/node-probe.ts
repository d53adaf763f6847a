import { createHash } from 'node:crypto'
import { Cluster, type Redis } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import { nameFault, type RedisClient } from './client.ts'
import { probeLua } from './commands.ts'
import { keysWithPrefix } from './keys.ts'
import { fieldsOf, setting, requirementProblems } from './config-check.ts'
import { ACCEPTS_NOTHING } from './store.ts'

/** The record that a probe writes to one bucket of each master. */
export const PROBE = { name: 'probe', ttlMs: 10_000 } as const

/** A stored record with a version and empty text. */
const PROBE_TEXT = `${'0'.repeat(16)}|`

/**
 * The state of one master.
 * - `usable`: it accepts everything that a turn sends.
 * - `misconfigured`: its version, `maxmemory-policy`, database, password or ACL is wrong. The gateway sends nothing to it.
 * - `refusing`: it replies, but rejects writes at the moment.
 * - `silent`: it does not reply, or accepts no command at the moment.
 */
export type Verdict =
  | { readonly kind: 'usable' }
  | { readonly kind: 'misconfigured'; readonly message: string }
  | { readonly kind: 'refusing' | 'silent'; readonly message: string; readonly fault: string }

export interface NodeProbeOptions {
  readonly client: RedisClient
  /** The prefix of every key, `ussd` by default. */
  readonly prefix?: string
  /** The number of replicas that must have a write, 0 to 5; 0 by default. */
  readonly replicas?: number
  /** The timeout for the replicas, 100 by default. */
  readonly replicaTimeoutMs?: number
}

/** The verdict on a node that does not reply. */
export const silent = (fault: string): Verdict & { kind: 'silent' } => ({
  kind: 'silent',
  fault,
  message: new UssdError('USSD_STORE_UNAVAILABLE', { detail: fault }).message,
})

/** The verdict on a Redis without a connection. */
export function unconnected(client: RedisClient): Verdict {
  const rejection = client.rejection()
  return rejection === undefined
    ? silent(client.lastFault() ?? 'not connected')
    : { kind: 'misconfigured', message: rejection }
}

/** Probes one master, using a bucket that it holds. */
export async function probeNode(node: Redis, bucket: number, options: NodeProbeOptions): Promise<Verdict> {
  const { client, prefix = 'ussd', replicas = 0, replicaTimeoutMs: timeoutMs = 100 } = options
  if (node.status !== 'ready' && !(client.redis instanceof Cluster)) return unconnected(client)
  const replies = await exchange(node, bucket, options)
  const script = replies.get('EVAL')
  const scriptFault = script?.error && nameFault(script.error)
  // The slot is moving to another node. This node replied, which is enough.
  if (scriptFault && /^(MOVED|ASK|TRYAGAIN)$/.test(scriptFault)) return { kind: 'usable' }

  const scriptFailures = failuresOf(script?.reply)
  const sentFailures = [...replies].flatMap(([command, { error }]) =>
    error && !command.startsWith('INFO') ? [{ command, message: error.message }] : [],
  )
  const reasons = [
    ...(await problemsOf(node, replies)),
    ...denials([...sentFailures, ...scriptFailures.filter(({ command }) => !replies.has(command))], prefix),
  ]
  if (reasons.length > 0) return { kind: 'misconfigured', message: reasons.join(' ') }

  const refusal = scriptFailures.map(({ message }) => wordOf(message))[0] ?? refusalOf(script?.error)
  if (refusal) return { kind: 'refusing', fault: refusal, message: `writes are rejected (${refusal}).` }
  const error = script?.error ?? replies.get('PING')?.error ?? replies.get('WAIT')?.error
  if (error) return silent(nameFault(error))
  const reached = Number(replies.get('WAIT')?.reply ?? 0)
  if (reached < replicas) {
    const message = `a write reached ${reached} of ${replicas} replicas within ${timeoutMs} ms.`
    return { kind: 'refusing', fault: 'too few replicas', message }
  }
  return { kind: 'usable' }
}

interface Reply {
  readonly error: Error | null
  readonly reply: unknown
}

/** Sends every command of the code and `probe-2.lua` in one round trip. Returns the replies by command. */
async function exchange(node: Redis, bucket: number, options: NodeProbeOptions): Promise<Map<string, Reply>> {
  const { client, prefix = 'ussd', replicas = 0, replicaTimeoutMs: timeoutMs = 100 } = options
  const keys = keysWithPrefix(prefix)
  const names = [keys.record(bucket, PROBE.name), keys.record(bucket, `${PROBE.name}-journal`)]
  const sha = createHash('sha1').update(probeLua).digest('hex')
  const pipeline = node.pipeline()
  const sent: string[] = []
  const send = (name: string, add: () => unknown) => {
    add()
    sent.push(name)
  }
  // ASKING applies to the next command only.
  if (client.redis instanceof Cluster) send('ASKING', () => pipeline.asking())
  send('PING', () => pipeline.ping())
  send('EVAL', () => pipeline.eval(probeLua, names.length, ...names, PROBE_TEXT, PROBE.ttlMs))
  send('EVALSHA', () => pipeline.evalsha(sha, names.length, ...names))
  send('INFO server', () => pipeline.info('server'))
  send('INFO memory', () => pipeline.info('memory'))
  if (replicas > 0) send('WAIT', () => pipeline.wait(replicas, timeoutMs))
  const results = (await pipeline.exec()) ?? []
  return new Map(
    sent.map((name, at) => {
      const [error = new Error('Connection is closed.'), reply] = results[at] ?? []
      return [name, { error, reply }] as const
    }),
  )
}

async function problemsOf(node: Redis, replies: ReadonlyMap<string, Reply>): Promise<readonly string[]> {
  const fieldOf = (section: string, name: string) => {
    const { error, reply } = replies.get(section) ?? {}
    return error ? undefined : fieldsOf(String(reply)).get(name)
  }
  const answers = replies.get('PING')?.error === null
  const eviction =
    fieldOf('INFO memory', 'maxmemory_policy') ??
    (answers ? await setting(node, 'maxmemory-policy') : undefined)
  return requirementProblems({ version: fieldOf('INFO server', 'redis_version'), eviction })
}

interface Failure {
  readonly command: string
  readonly message: string
}

/** Parses the reply of `probe-2.lua`. */
function failuresOf(reply: unknown): readonly Failure[] {
  if (!Array.isArray(reply)) return []
  return reply.flatMap((command, at) =>
    at % 2 === 0 ? [{ command: String(command), message: String(reply[at + 1]) }] : [],
  )
}

/** Describes what the ACL denies and what this Redis lacks, from the error texts of several Redis versions. */
function denials(failures: readonly Failure[], prefix: string): readonly string[] {
  const isKeyDenial = ({ message }: Failure) =>
    /NOPERM.*\bkeys?\b|can't access at least one of the keys/i.test(message)
  const isUnknown = ({ message }: Failure) => /unknown .*command/i.test(message)
  const isCommandDenial = (failure: Failure) =>
    !isKeyDenial(failure) && /NOPERM|can't run this command/i.test(failure.message)
  const commandsOf = (kind: (failure: Failure) => boolean) =>
    failures
      .filter(kind)
      .map(({ command }) => command)
      .join(', ')
  const [denied, unknown] = [commandsOf(isCommandDenial), commandsOf(isUnknown)]
  return [
    ...(denied ? [`the user may not run ${denied}: allow it in the ACL.`] : []),
    ...(unknown ? [`unknown command ${unknown}.`] : []),
    ...(failures.some(isKeyDenial)
      ? [`the user may not use keys with the prefix ${prefix}: allow ~${prefix}:* in the ACL.`]
      : []),
  ]
}

/** Extracts `OOM`, `READONLY`, `NOREPLICAS`, `MISCONF` … from a message, even if a script of an older Redis wraps it. */
const wordOf = (message: string): string => /(?:^|: ?)-?([A-Z]{3,})\b/.exec(message)?.[1] ?? 'ERR'

/** Names the error with which Redis rejected the script. `undefined` if it did not, or accepts no command at all. */
function refusalOf(error: Error | null | undefined): string | undefined {
  if (!error || error.name !== 'ReplyError') return undefined
  const word = nameFault(error)
  return ACCEPTS_NOTHING.test(word) ? undefined : word
}

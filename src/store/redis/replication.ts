import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Cluster, type Redis } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import { nameFault } from './client.ts'
import { commitLua } from './commands.ts'
import type { CommitReply } from './commands.ts'
import { slotOf } from './keys.ts'

/** Commits that share one WAIT, at most: the answer of the first waits for all of them to be carried out. */
const MAX_BATCH = 128

/** Redirections of one commit; a cluster that sends it on and on is moving the slot about. */
const MAX_REDIRECTS = 5
const TRY_AGAIN_MS = 50

const commitSha = createHash('sha1').update(commitLua).digest('hex')

/** What `commit-n.lua` is given, for the node that has the bucket. */
interface ScriptCall {
  readonly bucket: number
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

/** A script on its way, and who waits for its reply. */
interface Sent extends ScriptCall {
  readonly resolve: (reply: CommitReply) => void
  readonly reject: (error: unknown) => void
  readonly hops: number
  /** By its digest, or by its text where the node has forgotten it. */
  readonly by: 'digest' | 'text'
  /** The slot is being moved to the node. */
  readonly asking: 'yes' | 'no'
}

/** What goes to one node. WAIT blocks the connection: one pipeline is under way, and the next one gathers meanwhile. */
interface Lane {
  readonly waiting: Sent[]
}

/**
 * Runs `commit-n.lua`, and resolves with its reply once so many replicas have what it wrote, in one round trip. Rejects with
 * USSD_STORE_UNAVAILABLE, `too few replicas`, when it is written, but not yet there, and otherwise as ioredis does
 * (decision 0033). `replicas`: from 1.
 * `withinMs`: how long they may take; no command behind it on the same connection is answered sooner.
 */
export function createReplicatedCommit(
  redis: Redis | Cluster,
  { replicas, withinMs }: { readonly replicas: number; readonly withinMs: number },
): (script: ScriptCall) => Promise<CommitReply> {
  const lanes = new Map<string, Lane>()

  // The client of a cluster knows no node for WAIT, and sends a pipeline again whose connection closed: so a node is chosen here.
  const homeOf = (bucket: number): string =>
    redis instanceof Cluster ? (redis.slots[slotOf(bucket)]?.[0] ?? '') : ''
  const nodeNamed = (name: string): Redis | undefined =>
    redis instanceof Cluster
      ? redis.nodes().find(({ options }) => `${options.host}:${options.port}` === name)
      : redis

  function enter(name: string, sent: Sent): void {
    const lane = lanes.get(name)
    if (lane) {
      lane.waiting.push(sent)
      return
    }
    const opened = { waiting: [sent] }
    lanes.set(name, opened)
    void drain(name, opened)
  }

  async function drain(name: string, { waiting }: Lane): Promise<void> {
    while (waiting.length > 0) {
      const together = waiting.splice(0, MAX_BATCH)
      await send(name, together).catch((error: unknown) => {
        for (const { reject } of together) reject(error)
      })
    }
    lanes.delete(name)
  }

  async function send(name: string, together: readonly Sent[]): Promise<void> {
    const node = nodeNamed(name)
    if (!node) throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'not connected' })
    const pipeline = node.pipeline()
    for (const { keys, args, by, asking } of together) {
      if (asking === 'yes') pipeline.asking()
      if (by === 'digest') pipeline.evalsha(commitSha, keys.length, ...keys, ...args)
      else pipeline.eval(commitLua, keys.length, ...keys, ...args)
    }
    const results = (await pipeline.wait(replicas, withinMs).exec()) ?? []
    const [waitFault, reached] = results.at(-1) ?? []
    let at = 0
    for (const sent of together) {
      if (sent.asking === 'yes') at++
      const [error, reply] = results[at++] ?? []
      if (error) redirect(name, sent, error)
      // 'conflict' and 'late' have written nothing.
      else if (reply === 'conflict' || reply === 'late') sent.resolve(reply)
      else if (waitFault) sent.reject(waitFault)
      else if (Number(reached) >= replicas) sent.resolve(reply as CommitReply)
      else sent.reject(new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'too few replicas' }))
    }
  }

  /** These errors say that nothing was written, and where or how to send it again. Any other goes back to who waits. */
  function redirect(name: string, sent: Sent, error: Error): void {
    const [, , place = ''] = error.message.split(' ')
    const word = nameFault(error)
    const again = { ...sent, hops: sent.hops + 1 }
    if (again.hops > MAX_REDIRECTS) sent.reject(error)
    else if (word === 'NOSCRIPT') enter(name, { ...again, by: 'text' })
    else if (word === 'MOVED') enter(place, { ...again, asking: 'no' })
    else if (word === 'ASK') enter(place, { ...again, asking: 'yes' })
    else if (word === 'TRYAGAIN') void pause(TRY_AGAIN_MS).then(() => enter(name, again))
    else sent.reject(error)
  }

  return (script) =>
    new Promise((resolve, reject) =>
      enter(homeOf(script.bucket), { ...script, resolve, reject, hops: 0, by: 'digest', asking: 'no' }),
    )
}

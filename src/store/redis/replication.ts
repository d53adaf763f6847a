import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Cluster, type Redis } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import { nameFault } from './client.ts'
import { commitLua } from './commands.ts'
import type { CommitReply } from './commands.ts'
import { slotOf } from './keys.ts'

/** The maximum number of commits that share one WAIT: the first reply waits until all have run. */
const MAX_BATCH = 128

/** The maximum number of redirections of one commit. */
const MAX_REDIRECTS = 5
const TRY_AGAIN_MS = 50

const commitSha = createHash('sha1').update(commitLua).digest('hex')

/** A call of `commit-n.lua` on the node that holds the bucket. */
interface ScriptCall {
  readonly bucket: number
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

/** A call in flight and the promise of its reply. */
interface PendingCall extends ScriptCall {
  readonly resolve: (reply: CommitReply) => void
  readonly reject: (error: unknown) => void
  readonly hops: number
  /** The script by its digest, or by its text after NOSCRIPT. */
  readonly by: 'digest' | 'text'
  /** `yes` while the slot is being imported by the node. */
  readonly asking: 'yes' | 'no'
}

/** The calls for one node. WAIT blocks the connection, so one pipeline is in flight while the next one gathers. */
interface NodeQueue {
  readonly waiting: PendingCall[]
}

/**
 * Creates a function that runs `commit-n.lua` and resolves with its reply once enough replicas have its writes, in one round
 * trip (decision 0033). It rejects with USSD_STORE_UNAVAILABLE, `too few replicas`, when the master wrote but too few
 * replicas confirmed in time. Its other errors are those of ioredis.
 *
 * `replicas`: at least 1. `timeoutMs`: the timeout of WAIT, which also delays the commands behind it on the connection.
 */
export function createReplicatedCommit(
  redis: Redis | Cluster,
  { replicas, timeoutMs }: { readonly replicas: number; readonly timeoutMs: number },
): (call: ScriptCall) => Promise<CommitReply> {
  const queues = new Map<string, NodeQueue>()

  // The node is chosen here: the cluster client cannot route WAIT, and retries a pipeline whose connection closed.
  const masterOf = (bucket: number): string =>
    redis instanceof Cluster ? (redis.slots[slotOf(bucket)]?.[0] ?? '') : ''
  const nodeNamed = (name: string): Redis | undefined =>
    redis instanceof Cluster
      ? redis.nodes().find(({ options }) => `${options.host}:${options.port}` === name)
      : redis

  function enqueue(name: string, call: PendingCall): void {
    const queue = queues.get(name)
    if (queue) {
      queue.waiting.push(call)
      return
    }
    const opened = { waiting: [call] }
    queues.set(name, opened)
    void drain(name, opened)
  }

  async function drain(name: string, { waiting }: NodeQueue): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH)
      await send(name, batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error)
      })
    }
    queues.delete(name)
  }

  async function send(name: string, batch: readonly PendingCall[]): Promise<void> {
    const node = nodeNamed(name)
    if (!node) throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'not connected' })
    const pipeline = node.pipeline()
    for (const { keys, args, by, asking } of batch) {
      if (asking === 'yes') pipeline.asking()
      if (by === 'digest') pipeline.evalsha(commitSha, keys.length, ...keys, ...args)
      else pipeline.eval(commitLua, keys.length, ...keys, ...args)
    }
    const results = (await pipeline.wait(replicas, timeoutMs).exec()) ?? []
    const [waitError, reached] = results.at(-1) ?? []
    let at = 0
    for (const call of batch) {
      if (call.asking === 'yes') at++
      const [error, reply] = results[at++] ?? []
      if (error) redirect(name, call, error)
      // 'conflict' and 'late' wrote nothing.
      else if (reply === 'conflict' || reply === 'late') call.resolve(reply)
      else if (waitError) call.reject(waitError)
      else if (Number(reached) >= replicas) call.resolve(reply as CommitReply)
      else call.reject(new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'too few replicas' }))
    }
  }

  /** Retries a call whose error means that nothing was written. Rejects it with any other error. */
  function redirect(name: string, call: PendingCall, error: Error): void {
    const [, , target = ''] = error.message.split(' ')
    const word = nameFault(error)
    const retry = { ...call, hops: call.hops + 1 }
    if (retry.hops > MAX_REDIRECTS) call.reject(error)
    else if (word === 'NOSCRIPT') enqueue(name, { ...retry, by: 'text' })
    else if (word === 'MOVED') enqueue(target, { ...retry, asking: 'no' })
    else if (word === 'ASK') enqueue(target, { ...retry, asking: 'yes' })
    else if (word === 'TRYAGAIN') void pause(TRY_AGAIN_MS).then(() => enqueue(name, retry))
    else call.reject(error)
  }

  return (call) =>
    new Promise((resolve, reject) =>
      enqueue(masterOf(call.bucket), { ...call, resolve, reject, hops: 0, by: 'digest', asking: 'no' }),
    )
}

import { Cluster } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import type { Change, RecordName, Store, Versioned } from '../../gateway/ports.ts'
import { nameFault, type RedisClient } from './client.ts'
import { keysWithPrefix } from './keys.ts'
import { createReplicatedCommit } from './replication.ts'

export interface RedisStoreOptions {
  /** The store closes it. */
  readonly client: RedisClient
  /** The prefix of every key, `ussd` by default. */
  readonly prefix?: string
  /** The number of replicas that must have a commit before it resolves, 0 to 5; 0 by default. */
  readonly replicas?: number
  /** The timeout for the replicas, 100 by default. It must be shorter than the command timeout. */
  readonly replicaTimeoutMs?: number
}

/**
 * Creates the store in Redis. `load` and `commit` are one Lua script each. A record is a string
 * `<version, 16 digits>|<text>`; a journal is a stream. Its errors name the fault:
 * - USSD_STORE_UNAVAILABLE: no reply (`timeout`, `closed`, `ECONNREFUSED` …), or Redis accepts no command at the moment
 *   (`BUSY`, `LOADING`, `MASTERDOWN`, `CLUSTERDOWN`).
 * - USSD_STORE_REFUSED: Redis rejected this command (`READONLY`, `OOM`, `NOREPLICAS`, `MISCONF` …).
 * - USSD_RECORD_CORRUPT: a key holds data that no gateway writes.
 * They never carry the error of ioredis, which shows the arguments.
 */
export function createRedisStore(options: RedisStoreOptions): Store {
  const { client, prefix = 'ussd', replicas = 0, replicaTimeoutMs: timeoutMs = 100 } = options
  const { redis } = client
  const keys = keysWithPrefix(prefix)
  const replicated = replicas > 0 ? createReplicatedCommit(redis, { replicas, timeoutMs }) : undefined

  const commit: Store['commit'] = async ({ bucket, changes, journal, deadlineMs, loadedMs = '' }) => {
    const names = [...changes.map(({ name }) => keys.record(bucket, name)), keys.journal(bucket)]
    // WAIT covers the writes of its own connection, so with replicas every commit must write something.
    const records = changes.flatMap((change) => toArguments(change, replicated ? 'touch' : 'keep'))
    const args = [deadlineMs, loadedMs, journal.length, ...journal, ...records]
    const reply = await withStoreErrors(
      replicated?.({ bucket, keys: names, args }) ?? redis.commit(names.length, ...names, ...args),
    )
    return reply === 'conflict' || reply === 'late' ? { kind: reply } : { kind: 'ok', version: reply }
  }

  return {
    async load(bucket, names) {
      const records = names.map((name) => keys.record(bucket, name))
      const [nowMs, ...texts] = await withStoreErrors(redis.load(records.length, ...records))
      return { nowMs, records: names.map((name, i) => parse(name, texts[i] ?? null)) }
    },

    commit,

    async ensureReplicated(bucket, records) {
      // A missing record cannot be touched.
      const present = records.filter((record) => record.expectedVersion !== undefined)
      if (!replicated || present.length === 0) return { kind: 'ok' }
      const changes = present.map((record) => ({ ...record, write: { kind: 'keep' } }) as const)
      return commit({ bucket, changes, journal: [], deadlineMs: Number.MAX_SAFE_INTEGER })
    },

    async readJournal(bucket, after, limit) {
      const start = after === undefined ? '-' : `(${after}`
      const entries = await withStoreErrors(redis.xrange(keys.journal(bucket), start, '+', 'COUNT', limit))
      return entries.map(([id, fields]) => ({ id, entry: fields[1] ?? '' }))
    },

    async ping() {
      const masters = redis instanceof Cluster ? redis.nodes('master') : []
      // One live master is enough. A plain PING would go to a random node, which may be the dead one.
      await withStoreErrors(
        masters.length > 0 ? firstReply(masters.map((node) => node.ping())) : redis.ping(),
      )
    },

    close: () => client.close(),
  }
}

/** Resolves with the first reply. If all fail, rejects with the error of the first. */
const firstReply = <Reply>(replies: readonly Promise<Reply>[]): Promise<Reply> =>
  Promise.any(replies).catch((error: unknown) => {
    throw error instanceof AggregateError ? error.errors[0] : error
  })

/** Returns the arguments of `commit-n.lua` for one record: expected, write, text, ttlMs. */
function toArguments({ expectedVersion = '', write }: Change, keep: 'keep' | 'touch'): (string | number)[] {
  if (write.kind !== 'put') return [expectedVersion, write.kind === 'keep' ? keep : write.kind, '', '']
  const { value, ttlMs } = write
  return [expectedVersion, 'put', value, ttlMs === undefined ? '' : Math.max(1, Math.round(ttlMs))]
}

function parse(name: RecordName, text: string | null): Versioned | undefined {
  if (text === null) return undefined
  if (!/^\d{16}\|/.test(text)) {
    // The kind only: the rest of the name may be an MSISDN.
    const detail = `${name.split(':', 1)[0]} without a version`
    throw new UssdError('USSD_RECORD_CORRUPT', { detail })
  }
  return { version: text.slice(0, 16), value: text.slice(17) }
}

/** Faults in which Redis accepts no command at all, for a moment: the same command may be retried. */
export const ACCEPTS_NOTHING = /^(BUSY|LOADING|MASTERDOWN|CLUSTERDOWN)$/

/** Turns an error of ioredis into a `UssdError`. */
async function withStoreErrors<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof UssdError) throw error
    const detail = nameFault(error)
    // The slot has no node or is moving; another node will hold it in a moment.
    if (/^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)$/.test(detail))
      throw new UssdError('USSD_STORE_UNAVAILABLE', { detail })
    if (detail === 'WRONGTYPE') throw new UssdError('USSD_RECORD_CORRUPT', { detail })
    // A Redis error begins with a word in capitals: Redis read the command and wrote nothing.
    const isRefusal = /^[A-Z]+$/.test(detail) && !detail.startsWith('E') && !ACCEPTS_NOTHING.test(detail)
    throw new UssdError(isRefusal ? 'USSD_STORE_REFUSED' : 'USSD_STORE_UNAVAILABLE', { detail })
  }
}

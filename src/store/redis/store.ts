import { Cluster } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import type { Change, RecordName, Store, Versioned } from '../../gateway/ports.ts'
import { nameFault, type RedisClient } from './client.ts'
import { keysUnder } from './keys.ts'
import { createReplicatedCommit } from './replication.ts'

export interface RedisStoreOptions {
  /** Closed with the store. */
  readonly client: RedisClient
  /** What every key begins with, `ussd` by default. */
  readonly prefix?: string
  /** How many replicas must have a commit before it is answered, 0 to 5; 0 by default. */
  readonly replicas?: number
  /** How long they may take to have it, 100 by default; less than a command may take. */
  readonly replicasWithinMs?: number
}

/**
 * The store in Redis: `load` and `commit` are one Lua script each. A record is a string `<version, 16 digits>|<text>`, a
 * journal is a stream.
 *
 * Rejects with USSD_STORE_UNAVAILABLE (`timeout`, `closed`, `ECONNREFUSED` …, and `BUSY`, `LOADING`, `MASTERDOWN`,
 * `CLUSTERDOWN`, in which Redis takes no command at all), with USSD_STORE_REFUSED where Redis itself said no to this one
 * (`READONLY`, `OOM`, `NOREPLICAS`, `MISCONF` …), each with that word for the cause, or with USSD_RECORD_CORRUPT
 * where a key holds what no gateway has written. Neither carries ioredis' own error: that one shows the arguments.
 */
export function createRedisStore(options: RedisStoreOptions): Store {
  const { client, prefix = 'ussd', replicas = 0, replicasWithinMs: withinMs = 100 } = options
  const { redis } = client
  const keys = keysUnder(prefix)
  const replicated = replicas > 0 ? createReplicatedCommit(redis, { replicas, withinMs }) : undefined

  const commit: Store['commit'] = async ({ bucket, changes, journal, deadlineMs, loadedMs = '' }) => {
    const names = [...changes.map(({ name }) => keys.record(bucket, name)), keys.journal(bucket)]
    // WAIT asks replicas for what its connection has written: so a commit that is waited for writes, whatever it changes.
    const records = changes.flatMap((change) => toArguments(change, replicated ? 'touch' : 'keep'))
    const args = [deadlineMs, loadedMs, journal.length, ...journal, ...records]
    const reply = await answered(
      replicated?.({ bucket, keys: names, args }) ?? redis.commit(names.length, ...names, ...args),
    )
    return reply === 'conflict' || reply === 'late' ? { kind: reply } : { kind: 'ok', version: reply }
  }

  return {
    async load(bucket, names) {
      const records = names.map((name) => keys.record(bucket, name))
      const [nowMs, ...texts] = await answered(redis.load(records.length, ...records))
      return { nowMs, records: names.map((name, i) => parse(name, texts[i] ?? null)) }
    },

    commit,

    async ensureReplicated(bucket, records) {
      // What is not there cannot be written again.
      const there = records.filter((record) => record.expectedVersion !== undefined)
      if (!replicated || there.length === 0) return { kind: 'ok' }
      const changes = there.map((record) => ({ ...record, write: { kind: 'keep' } }) as const)
      return commit({ bucket, changes, journal: [], deadlineMs: Number.MAX_SAFE_INTEGER })
    },

    async readJournal(bucket, after, limit) {
      const start = after === undefined ? '-' : `(${after}`
      const entries = await answered(redis.xrange(keys.journal(bucket), start, '+', 'COUNT', limit))
      return entries.map(([id, fields]) => ({ id, entry: fields[1] ?? '' }))
    },

    async ping() {
      const masters = redis instanceof Cluster ? redis.nodes('master') : []
      // A cluster serves while one of its masters does: a random one would be asked otherwise, and it may be the dead one.
      await answered(masters.length > 0 ? anyOf(masters.map((node) => node.ping())) : redis.ping())
    },

    close: () => client.close(),
  }
}

/** The first that answers; when none does, why the first of them did not. */
const anyOf = <Reply>(replies: readonly Promise<Reply>[]): Promise<Reply> =>
  Promise.any(replies).catch((error: unknown) => {
    throw error instanceof AggregateError ? error.errors[0] : error
  })

/** expect, write, text, ttlMs: what `commit-n.lua` takes for a record. */
function toArguments({ expectedVersion = '', write }: Change, keep: 'keep' | 'touch'): (string | number)[] {
  if (write.kind !== 'put') return [expectedVersion, write.kind === 'keep' ? keep : write.kind, '', '']
  const { value, ttlMs } = write
  return [expectedVersion, 'put', value, ttlMs === undefined ? '' : Math.max(1, Math.round(ttlMs))]
}

function parse(name: RecordName, text: string | null): Versioned | undefined {
  if (text === null) return undefined
  if (!/^\d{16}\|/.test(text)) {
    // The kind only: the rest of a name may be an MSISDN.
    const detail = `${name.split(':', 1)[0]} without a version`
    throw new UssdError('USSD_RECORD_CORRUPT', { detail })
  }
  return { version: text.slice(0, 16), value: text.slice(17) }
}

/** A moment later the same command may be taken: it is worth trying again, and it is no use trying others meanwhile. */
export const TAKES_NOTHING = /^(BUSY|LOADING|MASTERDOWN|CLUSTERDOWN)$/

async function answered<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof UssdError) throw error
    const detail = nameFault(error)
    // Nobody has the slot, or it is being moved: somebody has it in a moment.
    if (/^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)$/.test(detail))
      throw new UssdError('USSD_STORE_UNAVAILABLE', { detail })
    if (detail === 'WRONGTYPE') throw new UssdError('USSD_RECORD_CORRUPT', { detail })
    // An error that Redis itself has said begins with a word in capitals: it read the command and wrote nothing.
    const isRefusal = /^[A-Z]+$/.test(detail) && !detail.startsWith('E') && !TAKES_NOTHING.test(detail)
    throw new UssdError(isRefusal ? 'USSD_STORE_REFUSED' : 'USSD_STORE_UNAVAILABLE', { detail })
  }
}

import { Cluster } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import type { Change, RecordName, Store, Versioned } from '../../gateway/ports.ts'
import { nameFault, type RedisClient } from './client.ts'
import { keysUnder } from './keys.ts'

export interface RedisStoreOptions {
  /** Closed with the store. */
  readonly client: RedisClient
  /** What every key begins with, `ussd` by default. */
  readonly prefix?: string
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
export function createRedisStore({ client, prefix = 'ussd' }: RedisStoreOptions): Store {
  const { redis } = client
  const keys = keysUnder(prefix)

  return {
    async load(bucket, names) {
      const records = names.map((name) => keys.record(bucket, name))
      const [nowMs, ...texts] = await answered(redis.load(records.length, ...records))
      return { nowMs, records: names.map((name, i) => parse(name, texts[i] ?? null)) }
    },

    async commit({ bucket, changes, journal, deadlineMs }) {
      const records = changes.map(({ name }) => keys.record(bucket, name))
      const kind = await answered(
        redis.commit(
          records.length + 1,
          ...records,
          keys.journal(bucket),
          deadlineMs,
          journal.length,
          ...journal,
          ...changes.flatMap(toArguments),
        ),
      )
      return { kind }
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

/** expect, become, text, ttlMs: what `commit-n.lua` takes for a record. */
function toArguments({ expect = '', become }: Change): (string | number)[] {
  if (become.kind !== 'value') return [expect, become.kind, '', '']
  const { value, ttlMs } = become
  return [expect, 'value', value, ttlMs === undefined ? '' : Math.max(1, Math.round(ttlMs))]
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
const TAKES_NOTHING = /^(BUSY|LOADING|MASTERDOWN|CLUSTERDOWN)$/

async function answered<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply
  } catch (error) {
    const detail = nameFault(error)
    if (detail === 'WRONGTYPE') throw new UssdError('USSD_RECORD_CORRUPT', { detail })
    // An error that Redis itself has said begins with a word in capitals: it read the command and wrote nothing.
    const isRefusal = /^[A-Z]+$/.test(detail) && !detail.startsWith('E') && !TAKES_NOTHING.test(detail)
    throw new UssdError(isRefusal ? 'USSD_STORE_REFUSED' : 'USSD_STORE_UNAVAILABLE', { detail })
  }
}

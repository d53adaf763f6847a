/**
 * What stands for a subscriber in the names of keys: the MSISDN, or a keyed pseudonym of it (decision 0039). A database is
 * named in one way for its whole life, and says so in a record of its own.
 */
import { z } from 'zod'
import { UssdError } from '../../engine/errors.ts'
import type { Keyring } from './keyring.ts'
import type { RecordName, Store } from '../ports.ts'
import { BUCKETS, bucketOf, ownedBy } from './records.ts'
import { parseRecord } from './subscriber.ts'

/** The record that says how the keys are named. Without an MSISDN in it, it has the same name in every database. */
export const NAMING = { bucket: 0, name: 'database:naming' } as const

/** `key`: the id of the secrets key that the pseudonyms are made with. */
export const NamingRecord = z.discriminatedUnion('keysCarry', [
  z.object({ keysCarry: z.literal('msisdns') }),
  z.object({ keysCarry: z.literal('pseudonyms'), key: z.string() }),
])
type NamingRecord = Readonly<z.infer<typeof NamingRecord>>

export interface PseudonymStore {
  /**
   * The store, under names of this kind. Nothing is read or written before the database has agreed to it: until then every
   * operation rejects, with `USSD_MISCONFIGURED` where it is named otherwise. Journals are by bucket, and stay so.
   */
  readonly store: Store
  /**
   * Rejects with `USSD_MISCONFIGURED` when the database is named otherwise, or under a key that the keyring does not hold.
   * A store that does not answer is asked again by the first turn.
   */
  check(): Promise<void>
}

/** Of two processes that name an empty database at the same moment, one finds what the other has written. */
const MAX_TRIES = 3
const COMMIT_TIMEOUT_MS = 5000

/** Characters of base64url: 132 bits. */
const PSEUDONYM_LENGTH = 22

export function withPseudonyms(options: {
  readonly store: Store
  readonly keyring: Keyring
  readonly keysCarry: 'msisdns' | 'pseudonyms'
}): PseudonymStore {
  const { store, keyring, keysCarry } = options

  /** Throws what a database says against the setting; otherwise the key of its pseudonyms, if it has them. */
  function keyOf(record: NamingRecord): string | undefined {
    if (record.keysCarry !== keysCarry) {
      throw misconfigured(
        keysCarry === 'pseudonyms'
          ? 'PSEUDONYMS is on, but keys of this database carry MSISDNs: set it to off, or begin with an empty database'
          : 'PSEUDONYMS is off, but keys of this database carry pseudonyms: set it to on',
      )
    }
    if (record.keysCarry === 'msisdns') return undefined
    if (keyring.mac('pseudonym', [], record.key)) return record.key
    const where = 'it must be SECRETS_KEY or one of SECRETS_KEYS_RETIRED'
    throw misconfigured(
      `the pseudonyms of this database are made with the secrets key ${record.key}: ${where}`,
    )
  }

  async function agree(): Promise<string | undefined> {
    const { bucket, name } = NAMING
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { nowMs, records } = await store.load(bucket, [name])
      if (records[0]) return keyOf(parseRecord(NamingRecord, records[0].value))
      // Earlier versions left no such record, and had MSISDNs in their keys.
      if (keysCarry === 'pseudonyms' && (await hasJournal(store))) keyOf({ keysCarry: 'msisdns' })
      const made: NamingRecord = keysCarry === 'pseudonyms' ? { keysCarry, key: keyring.id } : { keysCarry }
      const write = { kind: 'put', value: JSON.stringify(made) } as const
      const deadlineMs = nowMs + COMMIT_TIMEOUT_MS
      const changes = [{ name, expectedVersion: undefined, write }]
      const committed = await store.commit({ bucket, changes, journal: [], deadlineMs })
      if (committed.kind === 'ok') return keyOf(made)
    }
    throw new UssdError('USSD_CONFLICT', { detail: name })
  }

  let agreed: Promise<string | undefined> | undefined
  const agreement = () => {
    agreed ??= agree().catch((error: unknown) => {
      agreed = undefined
      throw error
    })
    return agreed
  }

  /** Where records that were asked for by MSISDN lie. All of one call are of one subscriber, as they share a bucket. */
  function placed(bucket: number, names: readonly RecordName[], key: string | undefined) {
    if (key === undefined) return { bucket, names }
    const pseudonyms = new Map<string, string>()
    const pseudonym = (...parts: readonly string[]): string => {
      const of = parts.join(':')
      const made =
        pseudonyms.get(of) ??
        (keyring.mac('pseudonym', parts, key)?.toString('base64url').slice(0, PSEUDONYM_LENGTH) as string)
      pseudonyms.set(of, made)
      return made
    }
    let place = bucket
    const renamed = names.map((name) => {
      const owned = ownedBy(name)
      if (!owned) return name
      const { kind, msisdn, rest } = owned
      place = bucketOf(pseudonym(msisdn))
      // Some aggregators' session ids are made of the MSISDN, and a digest without a key could be tried out.
      return [kind, pseudonym(msisdn), ...(rest === '' ? [] : [pseudonym(msisdn, rest)])].join(':')
    })
    return { bucket: place, names: renamed }
  }

  return {
    store: {
      async load(bucket, names) {
        const at = placed(bucket, names, await agreement())
        return store.load(at.bucket, at.names)
      },

      async commit(commit) {
        const { changes } = commit
        const at = placed(
          commit.bucket,
          changes.map(({ name }) => name),
          await agreement(),
        )
        return store.commit({
          ...commit,
          bucket: at.bucket,
          changes: changes.map((change, i) => ({ ...change, name: at.names[i] ?? change.name })),
        })
      },

      async ensureReplicated(bucket, records) {
        const at = placed(
          bucket,
          records.map(({ name }) => name),
          await agreement(),
        )
        return store.ensureReplicated(
          at.bucket,
          records.map((record, i) => ({ ...record, name: at.names[i] ?? record.name })),
        )
      },

      async readJournal(bucket, after, limit) {
        await agreement()
        return store.readJournal(bucket, after, limit)
      },

      async ping() {
        await agreement()
        await store.ping()
      },

      close: () => store.close(),
    },

    async check() {
      await agreement().catch((error: unknown) => {
        if (error instanceof UssdError && error.code.startsWith('USSD_STORE_')) return
        throw error
      })
    },
  }
}

/** Whoever was registered stands in the journal of the bucket. */
async function hasJournal(store: Store): Promise<boolean> {
  const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket)
  const journals = await Promise.all(buckets.map((bucket) => store.readJournal(bucket, undefined, 1)))
  return journals.some((entries) => entries.length > 0)
}

const misconfigured = (detail: string) => new UssdError('USSD_MISCONFIGURED', { detail })

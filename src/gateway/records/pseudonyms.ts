/**
 * Replaces MSISDNs in the names of keys with keyed pseudonyms if `PSEUDONYMS` is on (decision 0039). A database keeps one key
 * naming for its whole life and stores it in a record.
 */
import { z } from 'zod'
import { UssdError } from '../../engine/errors.ts'
import type { Keyring } from './keyring.ts'
import type { RecordName, Store } from '../ports.ts'
import { BUCKETS, bucketOf, ownedBy } from './records.ts'
import { changeOf, put } from '../transaction.ts'
import { parseRecord } from './record-format.ts'

/** The record of the key naming. Its name contains no MSISDN, so pseudonyms do not change it. */
export const NAMING = { bucket: 0, name: 'database:naming' } as const

/** The stored key naming. `key` is the id of the secrets key of the pseudonyms. */
export const NamingRecord = z.discriminatedUnion('keysCarry', [
  z.object({ keysCarry: z.literal('msisdns') }),
  z.object({ keysCarry: z.literal('pseudonyms'), key: z.string() }),
])
type NamingRecord = Readonly<z.infer<typeof NamingRecord>>

export interface PseudonymStore {
  /**
   * The store with this key naming. Every operation checks the naming of the database first, and rejects with
   * `USSD_MISCONFIGURED` when it differs. Journals are named by bucket and do not change.
   */
  readonly store: Store
  /**
   * Rejects with `USSD_MISCONFIGURED` when the database has the other key naming, or its secrets key is not configured. If the
   * store is unavailable, it resolves, and the first turn checks again.
   */
  check(): Promise<void>
}

/** Processes that initialise an empty database at the same time conflict; the loser retries. */
const MAX_TRIES = 3
const COMMIT_TIMEOUT_MS = 5000

/** Characters of base64url: 132 bits. */
const PSEUDONYM_LENGTH = 22

interface NamingOptions {
  readonly store: Store
  readonly keyring: Keyring
  readonly keyNaming: NamingRecord['keysCarry']
}

export function withPseudonyms(options: NamingOptions): PseudonymStore {
  const { store, keyring } = options

  let resolved: Promise<string | undefined> | undefined
  const cachedKey = () => {
    resolved ??= resolveKey(options).catch((error: unknown) => {
      resolved = undefined
      throw error
    })
    return resolved
  }
  const located = async (bucket: number, names: readonly RecordName[]) =>
    locate(keyring, await cachedKey(), bucket, names)

  return {
    store: {
      async load(bucket, names) {
        const at = await located(bucket, names)
        return store.load(at.bucket, at.names)
      },

      async commit(commit) {
        const { changes } = commit
        const at = await located(
          commit.bucket,
          changes.map(({ name }) => name),
        )
        return store.commit({
          ...commit,
          bucket: at.bucket,
          changes: changes.map((change, i) => ({ ...change, name: at.names[i] ?? change.name })),
        })
      },

      async ensureReplicated(bucket, records) {
        const at = await located(
          bucket,
          records.map(({ name }) => name),
        )
        return store.ensureReplicated(
          at.bucket,
          records.map((record, i) => ({ ...record, name: at.names[i] ?? record.name })),
        )
      },

      async readJournal(bucket, after, limit) {
        await cachedKey()
        return store.readJournal(bucket, after, limit)
      },

      async ping() {
        await cachedKey()
        await store.ping()
      },

      close: () => store.close(),
    },

    async check() {
      await cachedKey().catch((error: unknown) => {
        if (error instanceof UssdError && error.code.startsWith('USSD_STORE_')) return
        throw error
      })
    },
  }
}

/**
 * Returns the id of the secrets key of the pseudonyms, or `undefined` for a database without them. Throws
 * `USSD_MISCONFIGURED` when the setting differs from the database.
 */
function keyOf(record: NamingRecord, { keyring, keyNaming }: NamingOptions): string | undefined {
  if (record.keysCarry !== keyNaming) {
    throw misconfigured(
      keyNaming === 'pseudonyms'
        ? 'PSEUDONYMS is on, but the keys of this database contain MSISDNs: set it to off, or use an empty database'
        : 'PSEUDONYMS is off, but the keys of this database contain pseudonyms: set it to on',
    )
  }
  if (record.keysCarry === 'msisdns') return undefined
  if (keyring.mac('pseudonym', [], record.key)) return record.key
  throw misconfigured(
    `the pseudonyms of this database use the secrets key ${record.key}: set it as SECRETS_KEY or in SECRETS_KEYS_RETIRED`,
  )
}

/** Reads the naming of the database, or writes it to an empty one. */
async function resolveKey(options: NamingOptions): Promise<string | undefined> {
  const { store, keyring, keyNaming } = options
  const { bucket, name } = NAMING
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { nowMs, records } = await store.load(bucket, [name])
    if (records[0]) return keyOf(parseRecord(NamingRecord, records[0].value), options)
    // Earlier versions wrote no such record and had MSISDNs in their keys.
    if (keyNaming === 'pseudonyms' && (await hasJournal(store))) keyOf({ keysCarry: 'msisdns' }, options)
    const record: NamingRecord =
      keyNaming === 'pseudonyms' ? { keysCarry: keyNaming, key: keyring.id } : { keysCarry: keyNaming }
    const changes = [changeOf(name, undefined, put(record))]
    const deadlineMs = nowMs + COMMIT_TIMEOUT_MS
    const committed = await store.commit({ bucket, changes, journal: [], deadlineMs })
    if (committed.kind === 'ok') return keyOf(record, options)
  }
  throw new UssdError('USSD_CONFLICT', { detail: name })
}

/** Maps names with an MSISDN to the stored bucket and names. All names of one call belong to one subscriber. */
function locate(keyring: Keyring, key: string | undefined, bucket: number, names: readonly RecordName[]) {
  if (key === undefined) return { bucket, names }
  const pseudonyms = new Map<string, string>()
  const pseudonym = (...parts: readonly string[]): string => {
    const source = parts.join(':')
    const digest =
      pseudonyms.get(source) ??
      (keyring.mac('pseudonym', parts, key)?.toString('base64url').slice(0, PSEUDONYM_LENGTH) as string)
    pseudonyms.set(source, digest)
    return digest
  }
  let storedBucket = bucket
  const renamed = names.map((name) => {
    const owned = ownedBy(name)
    if (!owned) return name
    const { kind, msisdn, rest } = owned
    storedBucket = bucketOf(pseudonym(msisdn))
    // Some aggregators derive session ids from the MSISDN, and a digest without a key can be brute-forced.
    return [kind, pseudonym(msisdn), ...(rest === '' ? [] : [pseudonym(msisdn, rest)])].join(':')
  })
  return { bucket: storedBucket, names: renamed }
}

/** True for a database with registered subscribers: each is in the journal of its bucket. */
async function hasJournal(store: Store): Promise<boolean> {
  const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket)
  const journals = await Promise.all(buckets.map((bucket) => store.readJournal(bucket, undefined, 1)))
  return journals.some((entries) => entries.length > 0)
}

const misconfigured = (detail: string) => new UssdError('USSD_MISCONFIGURED', { detail })

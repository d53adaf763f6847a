/**
 * The secrets keys that values of a database are under. A process that lacks one could not tell a right secret from a wrong
 * one, so it says so before it serves, and is not ready once another process writes under a key it lacks.
 */
import { z } from 'zod'
import { UssdError } from '../../engine/errors.ts'
import type { Keyring } from './keyring.ts'
import type { Store } from '../ports.ts'
import { parseRecord } from './subscriber.ts'

/** The record that lists the keys. Without an MSISDN in it, it has the same name in every database. */
export const KEYS = { bucket: 0, name: 'database:keys' } as const

const KeysRecord = z.looseObject({ keys: z.array(z.string()) })

export interface KeyRegister {
  /**
   * Adds the current key to the list. Rejects with `USSD_MISCONFIGURED` when the list names a key that is not configured; a
   * store that does not answer is asked again by `missing`.
   */
  register(): Promise<void>
  /** A sentence that names the keys this process lacks. Rejects with a fault of the store. */
  missing(): Promise<string | undefined>
}

/** Of processes that register at the same moment, one finds what the other has written. */
const MAX_TRIES = 5
const COMMIT_TIMEOUT_MS = 5000

/** @param lost ids of keys that are gone for good: secrets under them stay unusable until they are set anew */
export function createKeyRegister(options: {
  readonly store: Store
  readonly keyring: Keyring
  readonly lost: readonly string[]
}): KeyRegister {
  const { store, keyring, lost } = options
  const { bucket, name } = KEYS

  async function read() {
    const { nowMs, records } = await store.load(bucket, [name])
    const record = records[0]
    return { nowMs, record, keys: record ? parseRecord(KeysRecord, record.value).keys : [] }
  }

  const lackedOf = (keys: readonly string[]): string | undefined => {
    const lacked = keys.filter((id) => !keyring.ids.includes(id) && !lost.includes(id))
    if (lacked.length === 0) return undefined
    return (
      `The database has secrets under the keys ${lacked.join(', ')}, which are not configured. ` +
      'Add them to SECRETS_KEYS_RETIRED, or their ids to SECRETS_KEYS_LOST if they are gone for good.'
    )
  }

  async function add(): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { nowMs, record, keys } = await read()
      const lacked = lackedOf(keys)
      if (lacked !== undefined) throw new UssdError('USSD_MISCONFIGURED', { detail: lacked })
      if (keys.includes(keyring.id)) return
      const value = JSON.stringify({ keys: [...keys, keyring.id] })
      const changes = [{ name, expectedVersion: record?.version, write: { kind: 'put', value } } as const]
      const deadlineMs = nowMs + COMMIT_TIMEOUT_MS
      if ((await store.commit({ bucket, changes, journal: [], deadlineMs })).kind === 'ok') return
    }
    throw new UssdError('USSD_CONFLICT', { detail: name })
  }

  let isRegistered = false
  return {
    async register() {
      await add().then(
        () => void (isRegistered = true),
        (error: unknown) => {
          if (error instanceof UssdError && error.code.startsWith('USSD_STORE_')) return
          throw error
        },
      )
    },

    async missing() {
      if (!isRegistered) {
        await add()
        isRegistered = true
      }
      return lackedOf((await read()).keys)
    },
  }
}

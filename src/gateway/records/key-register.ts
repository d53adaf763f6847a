/**
 * The register of the secrets keys that a database uses. A process that lacks one of them does not start. A running process
 * becomes not ready when another process registers a key it lacks.
 */
import { z } from 'zod'
import { UssdError } from '../../engine/errors.ts'
import type { Keyring } from './keyring.ts'
import type { Store } from '../ports.ts'
import { changeOf, put } from '../transaction.ts'
import { parseRecord } from './record-format.ts'

/** The record that lists the keys. Its name contains no MSISDN, so pseudonyms do not change it. */
export const KEYS = { bucket: 0, name: 'database:keys' } as const

const KeysRecord = z.looseObject({ keys: z.array(z.string()) })

export interface KeyRegister {
  /**
   * Adds the current key to the list. Rejects with `USSD_MISCONFIGURED` when the list has a key that is not configured. If the
   * store is unavailable, it resolves, and `missing` retries.
   */
  register(): Promise<void>
  /** Returns a message that names the keys this process lacks, or `undefined`. Rejects when the store is unavailable. */
  missing(): Promise<string | undefined>
}

/** Processes that register at the same time conflict; the loser retries. */
const MAX_TRIES = 5
const COMMIT_TIMEOUT_MS = 5000

/** @param options `lost`: ids of keys that are lost for good; secrets under them must be set again */
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

  const missingOf = (keys: readonly string[]): string | undefined => {
    const missing = keys.filter((id) => !keyring.ids.includes(id) && !lost.includes(id))
    if (missing.length === 0) return undefined
    return (
      `The database has secrets under the keys ${missing.join(', ')}, which are not configured. ` +
      'Add them to SECRETS_KEYS_RETIRED, or their ids to SECRETS_KEYS_LOST if they are gone for good.'
    )
  }

  async function add(): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { nowMs, record, keys } = await read()
      const message = missingOf(keys)
      if (message !== undefined) throw new UssdError('USSD_MISCONFIGURED', { detail: message })
      if (keys.includes(keyring.id)) return
      const changes = [changeOf(name, record, put({ keys: [...keys, keyring.id] }))]
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
      return missingOf((await read()).keys)
    },
  }
}

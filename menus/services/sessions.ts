import { randomBytes } from 'node:crypto'
import {
  bucketOf,
  changeOf,
  createTransactions,
  macUnder,
  parseRecord,
  put,
  subscriberName,
  z,
} from '../../src/services/index.ts'
import type { Routes } from '../record.ts'

/** The idle timeout of a session (L6). */
const SESSION_MS = 900_000

const TOKEN_BYTES = 32
const KEY_ID_BYTES = 4

const SelfCareSession = z.looseObject({ msisdn: z.string(), passwordGeneration: z.number() })

/** A session in use: its subscriber and its idle timeout. */
export interface ActiveSession {
  readonly msisdn: string
  readonly expiresInMs: number
}

/**
 * Sessions of logged-in subscribers. A token is a key id and 28 random bytes; the store holds only its digest. A session ends
 * when the password changes or access closes (L10, L12).
 */
export interface SelfCareSessions {
  begin(
    msisdn: string,
    passwordGeneration: number,
  ): Promise<{ readonly token: string; readonly expiresInMs: number }>
  /** Restarts the session's 15 minutes; `undefined` if there is none. */
  use(token: string): Promise<ActiveSession | undefined>
}

export function createSelfCareSessions({
  store,
  keyring,
  format,
  budgetMs,
}: Pick<Routes, 'store' | 'keyring' | 'format' | 'budgetMs'>): SelfCareSessions {
  const run = createTransactions(store, budgetMs)

  /** A token begins with the id of its digest's key, so it survives a key rotation. */
  const recordOf = (token: string) => {
    const tokenKeyId = Buffer.from(token, 'base64url').toString('hex', 0, KEY_ID_BYTES)
    const keyId = keyring.ids.includes(tokenKeyId) ? tokenKeyId : keyring.id
    const digest = macUnder(keyring, keyId, 'token', [token]).toString('base64url').slice(0, 32)
    return { key: digest, name: `self-care:${digest}` }
  }

  async function isValid({ msisdn, passwordGeneration }: z.infer<typeof SelfCareSession>): Promise<boolean> {
    const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
    const subscriber = records[0] && format.parse(records[0].value)
    return subscriber?.access === 'open' && subscriber.passwordGeneration === passwordGeneration
  }

  return {
    async begin(msisdn, passwordGeneration) {
      const token = Buffer.concat([
        Buffer.from(keyring.id, 'hex'),
        randomBytes(TOKEN_BYTES - KEY_ID_BYTES),
      ]).toString('base64url')
      const { key, name } = recordOf(token)
      const write = put({ msisdn, passwordGeneration }, SESSION_MS)
      await run(key, [name], () => ({ result: undefined, changes: [changeOf(name, undefined, write)] }))
      return { token, expiresInMs: SESSION_MS }
    },

    async use(token) {
      const { key, name } = recordOf(token)
      return run<ActiveSession | undefined>(key, [name], async ({ records: [record] }) => {
        if (!record) return { result: undefined }
        const session = parseRecord(SelfCareSession, record.value)
        if (!(await isValid(session)))
          return { result: undefined, changes: [changeOf(name, record, { kind: 'delete' })] }
        return {
          result: { msisdn: session.msisdn, expiresInMs: SESSION_MS },
          changes: [changeOf(name, record, { kind: 'put', value: record.value, ttlMs: SESSION_MS })],
        }
      })
    },
  }
}

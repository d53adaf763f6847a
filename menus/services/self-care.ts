/**
 * Self-care outside a dialogue: setting the password with PUK1 for devices that cannot dial (L3), and logging in (L5, L6, L10).
 *
 * Every refusal does the work of a success: the same loads, commits and hashes, in the same order. A commit counts an attempt
 * before anything is compared, so a store that rejects writes reveals nothing.
 */
import { createRequests, createUnknownLoginThrottle } from '../../src/services/index.ts'
import type { Secret } from '../../src/services/index.ts'
import type { Routes } from '../record.ts'
import { createLogin } from './login.ts'
import type { LoginResult } from './login.ts'
import { createPasswordSetting } from './password-by-puk1.ts'
import { createSelfCareSessions } from './sessions.ts'
import type { ActiveSession } from './sessions.ts'

/**
 * MSISDNs are E.164 with `+`. Every method rejects with `USSD_BUSY`, `USSD_KEY_UNKNOWN` or a fault of the store.
 */
export interface SelfCare {
  /** Returns `false` for every refusal; each takes as long as a wrong PUK1. */
  setPassword(msisdn: string, puk1: Secret, password: Secret): Promise<boolean>
  logIn(msisdn: string, password: Secret): Promise<LoginResult>
  /** Returns the session of a token and restarts its 15 minutes. */
  use(token: string): Promise<ActiveSession | undefined>
}

export function createSelfCare(
  kit: Pick<Routes, 'store' | 'hashing' | 'keyring' | 'secrets' | 'format' | 'budgetMs'>,
): SelfCare {
  const { store, hashing, keyring, format, budgetMs } = kit
  const request = createRequests(store, budgetMs)
  const sessions = createSelfCareSessions(kit)
  const unknownLogins = createUnknownLoginThrottle(keyring)

  return {
    setPassword: createPasswordSetting(kit, { request, unknownLogins }),
    logIn: createLogin({ request, hashing, sessions, unknownLogins, format }),
    use: (token) => sessions.use(token),
  }
}

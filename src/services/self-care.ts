/**
 * Self-care outside a dialogue: setting the password with PUK1 for devices that cannot dial (L3), and logging in (L5, L6, L10).
 *
 * Every refusal does the work of a success: the same loads, commits and hashes, in the same order. A commit counts an attempt
 * before anything is compared, so a store that rejects writes reveals nothing.
 */
import type { Secret } from '../engine/secret.ts'
import type { Store } from '../gateway/ports.ts'
import type { Keyring } from '../gateway/records/keyring.ts'
import type { RecordFormat } from '../gateway/records/record-format.ts'
import type { Hashing } from './hashing/hashing.ts'
import type { Puk1 } from './puk1.ts'
import { createLogin } from './self-care-login.ts'
import type { LoginResult } from './self-care-login.ts'
import { createPasswordSetting } from './self-care-password.ts'
import { createRequests } from './self-care-request.ts'
import { createSelfCareSessions } from './self-care-session.ts'
import type { ActiveSession } from './self-care-session.ts'
import { createUnknownLoginThrottle } from './unknown-login-throttle.ts'

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

export function createSelfCare(options: {
  readonly store: Store
  readonly hashing: Hashing
  readonly puk1: Puk1
  readonly keyring: Keyring
  readonly recordFormat: RecordFormat
  readonly budgetMs: number
}): SelfCare {
  const { store, hashing, puk1, keyring, recordFormat, budgetMs } = options
  const request = createRequests(store, budgetMs)
  const sessions = createSelfCareSessions({ store, keyring, budgetMs })
  const unknownLogins = createUnknownLoginThrottle(keyring)

  return {
    setPassword: createPasswordSetting({ request, hashing, puk1, unknownLogins, recordFormat, budgetMs }),
    logIn: createLogin({ request, hashing, sessions, unknownLogins, recordFormat }),
    use: (token) => sessions.use(token),
  }
}

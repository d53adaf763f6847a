import type { Keyring } from '../gateway/records/keyring.ts'
import type { Hashing } from './hashing/hashing.ts'
import type { WeakPasswordPolicy } from './password.ts'

/** What the bodies of effects may use. */
export interface ServiceKit {
  readonly hashing: Hashing
  readonly keyring: Keyring
  readonly weakPasswords: WeakPasswordPolicy
}

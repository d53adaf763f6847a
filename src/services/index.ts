import type { Keyring } from '../gateway/records/keyring.ts'
import { accessServices } from './access.ts'
import type { Passwords, WeakPasswordPolicy } from './password.ts'
import { passwordServices } from './password.ts'
import type { Puk1 } from './puk1.ts'

/** Creates the services that implement the menus' effects, by name. */
export const createServices = (options: {
  readonly passwords: Passwords
  readonly puk1: Puk1
  readonly keyring: Keyring
  readonly weakPasswords: WeakPasswordPolicy
}) => ({
  ...accessServices(options.puk1),
  ...passwordServices(options),
})

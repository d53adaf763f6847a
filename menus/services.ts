import { accessServices } from '../src/services/access.ts'
import type { ServiceKit } from '../src/services/kit.ts'
import { createPasswords, passwordServices } from '../src/services/password.ts'
import { createPuk1 } from '../src/services/puk1.ts'

/** Creates the services that implement the menus' effects, by name. */
export const createServices = ({ hashing, keyring, weakPasswords }: ServiceKit) => ({
  ...accessServices(createPuk1(hashing)),
  ...passwordServices({ passwords: createPasswords(hashing), keyring, weakPasswords }),
})

import type { Kit } from '../record.ts'
import { accessServices } from './access.ts'
import { passwordServices } from './password.ts'

/** Creates the services that implement the menus' effects, by name. */
export const createServices = (kit: Kit) => ({ ...accessServices(kit), ...passwordServices(kit) })

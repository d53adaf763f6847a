import type { MenuModel } from '../src/testing.ts'
import { model as access } from './access.model.ts'
import type { menus } from './index.ts'
import { model as password } from './password.model.ts'
import type { World } from './self-care.model.ts'

/** Dialled code → model for `ussd explore`, which reports the menus without one. */
export const models: { readonly [Code in keyof typeof menus]?: MenuModel<World> } = {
  '*141*0#': password,
  '*141*3*6#': access,
}

/** The environment of the gateway for an origin's setting. */
export const envOf = (setting: string | undefined): Readonly<Record<string, string>> =>
  setting === undefined ? {} : { WEAK_PASSWORDS: setting }

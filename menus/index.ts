import type { Menu } from '../src/engine/menu.ts'
import * as access from './access.ts'
import * as password from './password.ts'

/** The menu of each dialled code. The longest code that starts the dialled string wins; the rest answers the first screens. */
export const menus = {
  '*141*0#': password,
  '*141*3*6#': access,
} satisfies Record<string, Menu>

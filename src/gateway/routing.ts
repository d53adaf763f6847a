import { isCode, matchShortCode } from '../engine/short-code.ts'
import type { ShortCodeMatch } from '../engine/short-code.ts'
import { compileMenu } from '../engine/menu.ts'
import type { CompiledMenu, Menu } from '../engine/menu.ts'

/** Where a dialled string leads. */
export interface Route extends Omit<ShortCodeMatch, 'code'> {
  readonly menu: CompiledMenu
}

export interface Routing {
  /** The longest code that starts the dialled string wins; `undefined`: nothing is served there. */
  route(dialled: string): Route | undefined
  /** The menu of a stored session, by its code. */
  menu(code: string): CompiledMenu | undefined
}

/** The routing table, made once at start. Throws a TypeError for a code that is not `*digits[*digits…]#`. */
export function createRouting(menus: Readonly<Record<string, Menu>>): Routing {
  const byCode = new Map<string, CompiledMenu>()
  for (const [code, menu] of Object.entries(menus)) {
    if (!isCode(code)) throw new TypeError(`'${code}' is not a code a menu can be reached by`)
    byCode.set(code, compileMenu(code, menu))
  }
  return {
    menu: (code) => byCode.get(code),
    route(dialled) {
      const lead = matchShortCode(dialled, byCode)
      const menu = lead && byCode.get(lead.code)
      return menu && { menu, shortcut: lead.shortcut, latin: lead.latin }
    },
  }
}

import { isCode, matchShortCode } from '../engine/short-code.ts'
import type { ShortCodeMatch } from '../engine/short-code.ts'
import { compileMenu } from '../engine/menu.ts'
import type { CompiledMenu, Menu } from '../engine/menu.ts'

/** The menu of a dialled string. */
export interface Route extends Omit<ShortCodeMatch, 'code'> {
  readonly menu: CompiledMenu
}

export interface Routing {
  /** Finds the menu of a dialled string; the longest matching code wins. `undefined` for an unknown code. */
  route(dialled: string): Route | undefined
  /** The menu of a stored session, by its code. */
  menu(code: string): CompiledMenu | undefined
}

/** Compiles the routing table. Throws a TypeError for a code that is not `*digits[*digits…]#`. */
export function createRouting(menus: Readonly<Record<string, Menu>>): Routing {
  const byCode = new Map<string, CompiledMenu>()
  for (const [code, menu] of Object.entries(menus)) {
    if (!isCode(code)) throw new TypeError(`'${code}' is not a valid code: use *digits[*digits…]#`)
    byCode.set(code, compileMenu(code, menu))
  }
  return {
    menu: (code) => byCode.get(code),
    route(dialled) {
      const match = matchShortCode(dialled, byCode)
      const menu = match && byCode.get(match.code)
      return menu && { menu, shortcut: match.shortcut, latin: match.latin }
    },
  }
}

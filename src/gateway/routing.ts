import { compileMenu } from '../engine/menu.ts'
import type { CompiledMenu, Menu } from '../engine/menu.ts'

/** Where a dialled string leads. */
export interface Route {
  readonly menu: CompiledMenu
  /** What was dialled behind the code: answers to the menu's first screens, given in advance. */
  readonly shortcut: readonly string[]
  /** `#141…#` is `*141…#` in Latin letters, as Belarusian subscribers know it from other operators' codes. */
  readonly latin: boolean
}

export interface Routing {
  /** The longest code that starts the dialled string wins; `undefined`: nothing is served there. */
  route(dialled: string): Route | undefined
  /** The menu of a stored session, by its code. */
  menu(code: string): CompiledMenu | undefined
}

/** One symbol, a code of digits, arguments that are free of `*` and `#` and may be empty, `#` (3GPP TS 22.030 6.5.2). */
const USSD_STRING = /^([*#])(\d+(?:\*[^*#]*)*)#$/

/** The routing table, made once at start. Throws a TypeError for a code that is not `*digits[*digits…]#`. */
export function createRouting(menus: Readonly<Record<string, Menu>>): Routing {
  const byPath = new Map<string, CompiledMenu>()
  const byCode = new Map<string, CompiledMenu>()
  for (const [code, menu] of Object.entries(menus)) {
    if (!/^\*\d+(\*\d+)*#$/.test(code))
      throw new TypeError(`'${code}' is not a code a menu can be reached by`)
    const compiled = compileMenu(code, menu)
    byCode.set(code, compiled)
    byPath.set(code.slice(1, -1), compiled)
  }
  return {
    menu: (code) => byCode.get(code),
    route(dialled) {
      const [, symbol, path] = USSD_STRING.exec(dialled) ?? []
      if (path === undefined) return undefined
      const parts = path.split('*')
      for (let length = parts.length; length > 0; length--) {
        const menu = byPath.get(parts.slice(0, length).join('*'))
        if (menu) return { menu, shortcut: parts.slice(length), latin: symbol === '#' }
      }
      return undefined
    },
  }
}

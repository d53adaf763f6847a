/** The codes by which menus are dialled, and which of them a dialled string leads to. */

/** `*digits[*digits…]#`: what a menu can be reached by. */
export const isCode = (code: string): boolean => /^\*\d+(\*\d+)*#$/.test(code)

/** One symbol, a code of digits, arguments that are free of `*` and `#` and may be empty, `#` (3GPP TS 22.030 6.5.2). */
const USSD_STRING = /^([*#])(\d+(?:\*[^*#]*)*)#$/

export interface ShortCodeMatch {
  readonly code: string
  /** What was dialled behind the code: answers to the menu's first screens, given in advance. */
  readonly shortcut: readonly string[]
  /** `#141…#` is `*141…#` in Latin letters, as Belarusian subscribers know it from other operators' codes. */
  readonly latin: boolean
}

/** The longest code that starts the dialled string wins; `undefined`: it leads nowhere. */
export function matchShortCode(
  dialled: string,
  codes: { has(code: string): boolean },
): ShortCodeMatch | undefined {
  const [, symbol, path] = USSD_STRING.exec(dialled) ?? []
  if (path === undefined) return undefined
  const parts = path.split('*')
  for (let length = parts.length; length > 0; length--) {
    const code = `*${parts.slice(0, length).join('*')}#`
    if (codes.has(code)) return { code, shortcut: parts.slice(length), latin: symbol === '#' }
  }
  return undefined
}

/** What stands behind one code in another that it begins: `*141#` in `*141*3*6#` leaves 3 and 6. */
export function partsAfter(code: string, longer: string): readonly string[] | undefined {
  const start = code.replace(/#$/, '*')
  return longer.startsWith(start) ? longer.slice(start.length, -1).split('*') : undefined
}

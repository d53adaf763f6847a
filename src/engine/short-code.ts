/** Short codes of menus, and the match of a dialled string with them. */

/** True for a valid code of a menu: `*digits[*digits…]#`. */
export const isCode = (code: string): boolean => /^\*\d+(\*\d+)*#$/.test(code)

/** A symbol, a code of digits, arguments without `*` and `#` that may be empty, and `#` (3GPP TS 22.030 6.5.2). */
const USSD_STRING = /^([*#])(\d+(?:\*[^*#]*)*)#$/

export interface ShortCodeMatch {
  readonly code: string
  /** The arguments after the code, which answer the first screens. */
  readonly shortcut: readonly string[]
  /** `#141…#` shows `*141…#` in Latin letters, a convention of Belarusian operators. */
  readonly latin: boolean
}

/** Finds the longest code that the dialled string starts with; `undefined` when there is none. */
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

/** The arguments of a longer code after a shorter one: 3 and 6 for `*141#` in `*141*3*6#`. */
export function partsAfter(code: string, longer: string): readonly string[] | undefined {
  const start = code.replace(/#$/, '*')
  return longer.startsWith(start) ? longer.slice(start.length, -1).split('*') : undefined
}

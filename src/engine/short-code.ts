/** The codes of a project, and the match of a dialled string with them (decision 0052). */

/** Stands for one or more further digits at the end of a code: `*101…#`. */
const MORE_DIGITS = '…'

/** A symbol, digits in segments, and `…` for a digit prefix. */
const CODE = /^[*#]\d+(?:\*\d+)*…?#$/

/** A symbol, a code of digits, arguments without `*` and `#` that may be empty, and `#` (3GPP TS 22.030 6.5.2). */
const USSD_STRING = /^([*#])(\d+(?:\*[^*#]*)*)#$/

/** True for a code that stands for longer numbers: `*101…#`. */
const isDigitPrefix = (code: string): boolean => code.endsWith(`${MORE_DIGITS}#`)

/** The problems of the codes of a project, each with the fix. */
export function codeProblems(codes: readonly string[], latin: boolean): string[] {
  const valid = codes.filter((code) => CODE.test(code))
  return [
    ...codes.filter((code) => !valid.includes(code)).map((code) => `'${code}' is not a code; ${fixOf(code)}`),
    ...(latin ? latinProblems(valid) : []),
  ]
}

const fixOf = (code: string): string =>
  /^[*#]\d+(?:\*\d+)*\.{2,3}#$/.test(code)
    ? `write the one character … (U+2026): '${code.replace(/\.+#$/, '…#')}'`
    : `use *141#, *141*0# or #144#, or *101…# for all numbers that begin with 101`

/** With `latin`, `#144#` dials the Latin form of `*144#`. No other code may take the same string. */
function latinProblems(codes: readonly string[]): string[] {
  const withHash = codes.filter((code) => code.startsWith('#'))
  const withStar = codes.filter((code) => code.startsWith('*'))
  return withHash.flatMap((hash) =>
    withStar
      .filter((star) => overlap(hash.slice(1), star.slice(1)))
      .map(
        (star) =>
          `'${hash}' and the Latin form of '${star}' can be the same dialled string; remove latin or one of the codes`,
      ),
  )
}

/** True if one string can match both codes. Both are without their symbol. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [segmentsOf(one), segmentsOf(other)]
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    if (!segmentsOverlap(a[at] ?? '', b[at] ?? '')) return false
  }
  return true
}

const segmentsOf = (path: string): readonly string[] => path.slice(0, -1).split('*')

function segmentsOverlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map((segment) => segment.replace(MORE_DIGITS, '')) as [string, string]
  if (one !== a && other !== b) return a.startsWith(b) || b.startsWith(a)
  if (one !== a) return b.startsWith(a) && b !== a
  return other === b ? a === b : a.startsWith(b) && a !== b
}

export interface ShortCodeMatch {
  readonly code: string
  /** The arguments after the code, which answer the first screens. */
  readonly shortcut: readonly string[]
  /** `#141…#` shows `*141…#` in Latin letters, a convention of Belarusian operators. */
  readonly latin: boolean
}

/**
 * Finds the code of a dialled string; `undefined` when there is none. A code of whole segments beats a digit prefix; among
 * several, the longest one wins.
 *
 * @param latin `#141#` also dials `*141#`, in Latin letters
 */
export function matchShortCode(
  dialled: string,
  codes: { has(code: string): boolean },
  latin: boolean,
): ShortCodeMatch | undefined {
  const [, symbol, path] = USSD_STRING.exec(dialled) ?? []
  if (symbol === undefined || path === undefined) return undefined
  const match = matchPath(symbol, path, codes)
  if (match) return { ...match, latin: false }
  const inLatin = latin && symbol === '#' ? matchPath('*', path, codes) : undefined
  return inLatin && { ...inLatin, latin: true }
}

function matchPath(
  symbol: string,
  path: string,
  codes: { has(code: string): boolean },
): Omit<ShortCodeMatch, 'latin'> | undefined {
  const parts = path.split('*')
  for (let length = parts.length; length > 0; length--) {
    const code = `${symbol}${parts.slice(0, length).join('*')}#`
    // An argument may be the character … itself.
    if (codes.has(code) && !isDigitPrefix(code)) return { code, shortcut: parts.slice(length) }
  }
  for (let end = path.length - 1; end > 0; end--) {
    const rest = path.slice(end)
    const code = `${symbol}${path.slice(0, end)}${MORE_DIGITS}#`
    if (codes.has(code) && /^\d+(?:\*|$)/.test(rest)) return { code, shortcut: rest.split('*') }
  }
  return undefined
}

/** The arguments of a longer code after a shorter one, both of whole segments: 3 and 6 for `*141#` in `*141*3*6#`. */
export function partsAfter(code: string, longer: string): readonly string[] | undefined {
  if (isDigitPrefix(code) || isDigitPrefix(longer)) return undefined
  const start = code.replace(/#$/, '*')
  return longer.startsWith(start) ? longer.slice(start.length, -1).split('*') : undefined
}

/** The code of whole segments that takes every string of a digit prefix: `*141#` for `*141*5…#`. */
export const takerOf = (prefix: string, codes: readonly string[]): string | undefined =>
  isDigitPrefix(prefix)
    ? codes.find((code) => !isDigitPrefix(code) && prefix.startsWith(code.replace(/#$/, '*')))
    : undefined

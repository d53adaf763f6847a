/** The network's treatment of screens that exceed its limit. */
import { measure } from '../ussd/message.ts'
import type { Profile } from './profiles.ts'

export type FitResult =
  /** At least one page. Several pages have navigation lines. `problem`: the text was truncated. */
  | { readonly kind: 'pages'; readonly pages: readonly string[]; readonly problem?: string }
  | { readonly kind: 'failed'; readonly problem: string }

/** The inputs that turn pages. The network handles them; the application never receives them. */
export const MORE = '98'
export const BACK = '00'

/**
 * Fits a text into a carrier's screen.
 *
 * @param waits true if the application waits for a reply. Otherwise, the last page has no way back: it ends the dialogue.
 */
export function fit(text: string, { max, unit, longer }: Profile['screen'], waits: boolean): FitResult {
  const fits = (part: string) => {
    const { octets, fits: isOneMessage } = measure(part)
    return isOneMessage && (unit === 'octets' ? octets : Array.from(part).length) <= max
  }
  if (fits(text)) return { kind: 'pages', pages: [text] }
  const size = sizeOf(text, max, unit)
  switch (longer) {
    case 'fail':
      return { kind: 'failed', problem: `${size} The network rejected it.` }
    case 'cut':
      return {
        kind: 'pages',
        pages: [longestPrefix(text, fits)],
        problem: `${size} The network truncated it.`,
      }
    case 'paginate':
      return { kind: 'pages', pages: paginate(text, fits, waits) }
  }
}

function sizeOf(text: string, max: number, unit: Profile['screen']['unit']): string {
  const { octets, fits: isOneMessage } = measure(text)
  return isOneMessage && unit === 'characters'
    ? `The screen has ${Array.from(text).length} characters, the limit is ${max}.`
    : `The screen takes ${octets} octets, the limit is ${unit === 'octets' ? Math.min(max, 160) : 160}.`
}

/** Returns the longest prefix of whole characters that fits. Assumes that a longer prefix never takes less space. */
function longestPrefix(text: string, fits: (part: string) => boolean): string {
  const characters = Array.from(text)
  let [longest, tooLong] = [0, characters.length + 1]
  while (tooLong - longest > 1) {
    const middle = (longest + tooLong) >> 1
    if (fits(characters.slice(0, middle).join(''))) longest = middle
    else tooLong = middle
  }
  return characters.slice(0, longest).join('')
}

/** Splits a text at line ends if possible, otherwise at blanks, otherwise anywhere. */
function paginate(text: string, fits: (part: string) => boolean, waits: boolean): readonly string[] {
  const pages: string[] = []
  let rest = text
  for (;;) {
    const back = pages.length > 0 ? `\n${BACK}:Back` : ''
    const last = `${rest}${waits ? back : ''}`
    if (fits(last)) return [...pages, last]
    const navigation = `\n${MORE}:More${back}`
    const part = longestPrefix(rest, (prefix) => fits(`${prefix}${navigation}`))
    const end = Math.max(part.lastIndexOf('\n'), 0) || Math.max(part.lastIndexOf(' '), 0) || part.length
    pages.push(`${rest.slice(0, end)}${navigation}`)
    rest = rest.slice(end).replace(/^[\n ]/, '')
  }
}

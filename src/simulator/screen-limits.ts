/** What a network makes of a screen that is longer than it carries. */
import { measure } from '../ussd/message.ts'
import type { Profile } from './profiles.ts'

export type FitResult =
  | { readonly kind: 'fits' }
  | { readonly kind: 'cut'; readonly text: string; readonly problem: string }
  | { readonly kind: 'failed'; readonly problem: string }
  /** At least two; each with what turns to the next and the one before. */
  | { readonly kind: 'pages'; readonly pages: readonly string[] }

/** What turns pages: the network takes these, and the application never hears of them. */
export const MORE = '98'
export const BACK = '00'

/**
 * Holds a text against the longest screen of a carrier.
 *
 * @param waits whether the application waits for an answer: only then does the last page lead back, because with the last
 * page of a final text the dialogue is over
 */
export function fit(text: string, { most, unit, longer }: Profile['screen'], waits: boolean): FitResult {
  const fits = (part: string) => {
    const { octets, fits: isOneMessage } = measure(part)
    return isOneMessage && (unit === 'octets' ? octets : Array.from(part).length) <= most
  }
  if (fits(text)) return { kind: 'fits' }
  const problem = tooLong(text, most, unit)
  switch (longer) {
    case 'fail':
      return { kind: 'failed', problem: `${problem}, and the network does not carry it.` }
    case 'cut':
      return { kind: 'cut', text: longest(text, fits), problem: `${problem}: the network cut it.` }
    case 'paginate':
      return { kind: 'pages', pages: paginate(text, fits, waits) }
  }
}

function tooLong(text: string, most: number, unit: Profile['screen']['unit']): string {
  const { octets, fits: isOneMessage } = measure(text)
  return isOneMessage && unit === 'characters'
    ? `The screen has ${Array.from(text).length} characters of at most ${most}`
    : `The screen takes ${octets} octets of at most ${unit === 'octets' ? Math.min(most, 160) : 160}`
}

/** The longest beginning that fits, in whole characters. More characters never take less. */
function longest(text: string, fits: (part: string) => boolean): string {
  const characters = Array.from(text)
  let [most, tooMany] = [0, characters.length + 1]
  while (tooMany - most > 1) {
    const middle = (most + tooMany) >> 1
    if (fits(characters.slice(0, middle).join(''))) most = middle
    else tooMany = middle
  }
  return characters.slice(0, most).join('')
}

/** At line ends where there are some, else at blanks, else anywhere. */
function paginate(text: string, fits: (part: string) => boolean, waits: boolean): readonly string[] {
  const pages: string[] = []
  let rest = text
  for (;;) {
    const back = pages.length > 0 ? `\n${BACK}:Back` : ''
    const last = `${rest}${waits ? back : ''}`
    if (fits(last)) return [...pages, last]
    const turning = `\n${MORE}:More${back}`
    const part = longest(rest, (beginning) => fits(`${beginning}${turning}`))
    const end = Math.max(part.lastIndexOf('\n'), 0) || Math.max(part.lastIndexOf(' '), 0) || part.length
    pages.push(`${rest.slice(0, end)}${turning}`)
    rest = rest.slice(end).replace(/^[\n ]/, '')
  }
}

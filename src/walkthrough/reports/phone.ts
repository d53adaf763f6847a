import type { Screen } from '../../simulator/screen.ts'
import { measure } from '../../ussd/message.ts'
import { charactersOf, isLineBreak } from './difference.ts'
import type { Difference } from './difference.ts'
import { html, trusted } from './markup.ts'
import type { Html } from './markup.ts'
import { plain } from './words.ts'

/** A phone with something on its screen. */
export interface DrawnPhone {
  readonly text: string
  /** Undefined for a phone on which no dialogue is. */
  readonly state: Screen['state'] | undefined
  /** Where its text parts from another, and which of the two it is. */
  readonly parting?: { readonly difference: Difference; readonly side: 'expected' | 'shown' } | undefined
  /** Why the network broke off. */
  readonly problem?: string | undefined
  /** `whole`: a measure is given, and it is a screen that was or is to be; else what it is: `a part`. */
  readonly extent: 'whole' | 'a part' | 'a pattern'
}

const OCTETS_CARRIED = 160
const alphabets = { gsm7: 'GSM-7', ucs2: 'UCS-2' } as const

/** A phone as its user sees it: the dialogue's text, and what one may do about it. */
export function phoneOf({ text, state, parting, problem, extent }: DrawnPhone): Html {
  const words =
    text === '' && (problem !== undefined || state === undefined)
      ? html`<p class="text none">${problem === undefined ? 'nothing' : 'no text'}</p>`
      : html`<p class="text" dir="auto" translate="no">${markedText(text, parting)}</p>`
  return html`<div class="phone">
    <div class="case">
      <div class="glass">
        <div class="dialogue">${words}${keysOf(state)}</div>
      </div>
    </div>
    ${problem !== undefined && html`<p class="problem">${plain(problem)}</p>`}
    <p class="caption">${captionOf({ text, state, extent })}</p>
  </div>`
}

const keysOf = (state: DrawnPhone['state']): Html | undefined =>
  state &&
  (state === 'waiting'
    ? html`<div class="keys" aria-hidden="true"><i></i><span>Cancel</span><span>Send</span></div>`
    : html`<div class="keys" aria-hidden="true"><span>OK</span></div>`)

function captionOf({ text, state, extent }: Pick<DrawnPhone, 'text' | 'state' | 'extent'>): Html {
  const how = state === undefined ? '' : state === 'waiting' ? 'waits' : 'ended'
  if (extent !== 'whole') return html`<span>${extent}</span><span>${how}</span>`
  if (text === '') return html`<span>${how}</span>`
  const { alphabet, octets } = measure(text)
  const share = Math.min(100, Math.round((octets / OCTETS_CARRIED) * 100))
  const kind = octets > OCTETS_CARRIED ? 'meter over' : 'meter'
  return html`<span>${alphabets[alphabet]}, ${octets} of ${OCTETS_CARRIED} octets</span><span>${how}</span
    ><span class="${kind}" aria-hidden="true"><b style="width:${share}%"></b></span>`
}

/** The text with the first character that differs marked; one that cannot be seen is shown by a sign. */
function markedText(text: string, parting: DrawnPhone['parting']): Html {
  const characters = charactersOf(text)
  const written = (some: readonly string[]) => some.map((one) => (isLineBreak(one) ? '\n' : one)).join('')
  if (!parting) return html`${written(characters)}`
  const { difference, side } = parting
  const character = characters[difference.at]
  const rest = written(characters.slice(difference.at + 1))
  const mark =
    character === undefined
      ? html`<mark class="${side} end"><span class="unseen">the text ends here</span></mark>`
      : html`<mark class="${side}${signOf(character) === character ? '' : ' sign'}"
          >${signOf(character)}</mark
        >`
  const lineBreak = character !== undefined && isLineBreak(character) ? trusted('\n') : undefined
  return html`${written(characters.slice(0, difference.at))}${mark}${lineBreak}${rest}`
}

function signOf(character: string): string {
  if (isLineBreak(character)) return '↵'
  if (/^\p{Zs}$/u.test(character)) return '␣'
  return /^\p{C}+$/u.test(character) ? '·' : character
}

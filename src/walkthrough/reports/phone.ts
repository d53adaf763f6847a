import type { Screen } from '../../simulator/screen.ts'
import { measure } from '../../ussd/message.ts'
import { charactersOf, isLineBreak } from './difference.ts'
import type { Difference } from './difference.ts'
import { html, trusted } from './markup.ts'
import type { Html } from './markup.ts'
import { oneLine } from './words.ts'

/** A phone to draw. */
export interface DrawnPhone {
  readonly text: string
  /** Undefined for a phone without a dialogue. */
  readonly state: Screen['state'] | undefined
  /** The first difference from the other text, and the side that this phone shows. */
  readonly mark?: { readonly difference: Difference; readonly side: 'expected' | 'actual' } | undefined
  /** The message with which the network ended the dialogue. */
  readonly problem?: string | undefined
  /** The meaning of the text. Only a whole screen is measured. */
  readonly extent: 'whole' | 'contains' | 'matches'
}

const MAX_OCTETS = 160
const alphabets = { gsm7: 'GSM-7', ucs2: 'UCS-2' } as const

/** Draws a phone with the text and the soft keys. */
export function phoneOf({ text, state, mark, problem, extent }: DrawnPhone): Html {
  const words =
    text === '' && (problem !== undefined || state === undefined)
      ? html`<p class="text none">${problem === undefined ? 'nothing' : 'no text'}</p>`
      : html`<p class="text" dir="auto" translate="no">${markedText(text, mark)}</p>`
  return html`<div class="phone">
    <div class="case">
      <div class="glass">
        <div class="dialogue">${words}${keysOf(state)}</div>
      </div>
    </div>
    ${problem !== undefined && html`<p class="problem">${oneLine(problem)}</p>`}
    <p class="caption">${captionOf({ text, state, extent })}</p>
  </div>`
}

const keysOf = (state: DrawnPhone['state']): Html | undefined =>
  state &&
  (state === 'waiting'
    ? html`<div class="keys" aria-hidden="true"><i></i><span>Cancel</span><span>Send</span></div>`
    : html`<div class="keys" aria-hidden="true"><span>OK</span></div>`)

function captionOf({ text, state, extent }: Pick<DrawnPhone, 'text' | 'state' | 'extent'>): Html {
  const status = state ?? ''
  if (extent !== 'whole') return html`<span>${extent}</span><span>${status}</span>`
  if (text === '') return html`<span>${status}</span>`
  const { alphabet, octets } = measure(text)
  const share = Math.min(100, Math.round((octets / MAX_OCTETS) * 100))
  const kind = octets > MAX_OCTETS ? 'meter over' : 'meter'
  return html`<span>${alphabets[alphabet]}, ${octets} of ${MAX_OCTETS} octets</span><span>${status}</span
    ><span class="${kind}" aria-hidden="true"><b style="width:${share}%"></b></span>`
}

/** The text with the first different character marked. An invisible one is replaced with a sign. */
function markedText(text: string, place: DrawnPhone['mark']): Html {
  const characters = charactersOf(text)
  const written = (some: readonly string[]) => some.map((one) => (isLineBreak(one) ? '\n' : one)).join('')
  if (!place) return html`${written(characters)}`
  const { difference, side } = place
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

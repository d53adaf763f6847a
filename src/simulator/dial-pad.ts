import { measure } from '../ussd/message.ts'
import { dropInvisible } from '../ussd/invisible.ts'
import { parseDialled } from '../ussd/mmi.ts'

/** An input that the phone rejects. Nothing is sent and the screen stays. `message` is one English sentence. */
export interface Refused {
  readonly kind: 'refused'
  readonly message: string
}

/** The phone's treatment of a typed line. */
export type KeyedInput =
  /** Goes to the network. `text` is NFC; a code is trimmed. */
  | { readonly kind: 'sent'; readonly text: string }
  /** Handled by the phone itself, which shows `text`. */
  | { readonly kind: 'kept'; readonly text: string }
  | Refused

/** The capacity of one USSD message in Latin characters. */
const MAX_CHARACTERS = 182

/** Sends a text within the carrier's limit. */
function send(text: string, maxCharacters: number): KeyedInput {
  return Array.from(text).length > maxCharacters
    ? refused(`This is too long: the network takes at most ${maxCharacters} characters.`)
    : { kind: 'sent', text }
}

const hasControls = /\p{Cc}/u
const oneLineOnly = 'Type one line, without control characters.'

/**
 * Dials a code on an idle phone (3GPP TS 22.030, 6.5.3.2): only a USSD string goes to an application. Messages never quote the
 * input, which may contain a PIN.
 *
 * @param maxCharacters the carrier's limit
 */
export function dial(typed: string, maxCharacters = MAX_CHARACTERS): KeyedInput {
  if (hasControls.test(typed.trim())) return refused(oneLineOnly)
  const dialled = parseDialled(dropInvisible(typed).normalize('NFC'))
  switch (dialled.kind) {
    case 'ussd':
      return send(dialled.ussdString, maxCharacters)
    case 'ss':
      return kept('This is a setting of the network, such as call forwarding: no application is asked.')
    case 'local':
      return kept('This code is for the phone and its SIM: nothing was sent.')
    case 'call':
      return kept('This would be a call: a USSD code ends with #.')
    case 'callControl':
      return kept('This is for a call in progress, and there is none.')
    case 'invalid':
      return refused(invalidCode[dialled.why])
  }
}

const invalidCode = {
  empty: 'Nothing was typed: dial a code such as *141*0#.',
  alphabet: 'A USSD code has digits, *, # and Latin letters: this one has other characters.',
  length: 'This is too long: a USSD code takes at most 182 characters.',
} as const

/** Replies in a dialogue: any text that fits one USSD message, including an empty one and one that looks like a code. */
export function reply(typed: string, maxCharacters = MAX_CHARACTERS): KeyedInput {
  const text = typed.normalize('NFC')
  if (hasControls.test(text)) return refused(oneLineOnly)
  const { alphabet, fits } = measure(text)
  if (fits) return send(text, maxCharacters)
  const limit = alphabet === 'gsm7' ? '182 characters' : '80 characters that are not all Latin'
  return refused(`This is too long: one USSD message takes at most ${limit}.`)
}

const kept = (text: string): KeyedInput => ({ kind: 'kept', text })
export const refused = (message: string): Refused => ({ kind: 'refused', message })

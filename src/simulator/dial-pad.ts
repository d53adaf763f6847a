import { measure } from '../ussd/message.ts'
import { parseDialled } from '../ussd/mmi.ts'

/** What a phone does with what is typed on it. */
export type KeyedInput =
  /** Goes to the network. `text` is trimmed where it is a code, and NFC. */
  | { readonly kind: 'sent'; readonly text: string }
  /** The phone deals with it; `sentence` is what it shows. */
  | { readonly kind: 'kept'; readonly sentence: string }
  /** Cannot be sent at all; `sentence` says why. */
  | { readonly kind: 'refused'; readonly sentence: string }

/** Latin letters in one USSD message. */
const MESSAGE_CHARACTERS = 182

const lengthOf = (text: string) => Array.from(text).length

/** Nobody types these on a phone, and a line break would mean that two inputs were taken for one. */
const hasControls = /\p{Cc}/u

/**
 * A code typed on an idle phone (3GPP TS 22.030 6.5.3.2): only a USSD string goes to an application. The sentences never
 * repeat what was typed: behind a code there may be a PIN.
 *
 * @param most characters that the carrier takes
 */
export function dial(typed: string, most = MESSAGE_CHARACTERS): KeyedInput {
  const code = typed.normalize('NFC').trim()
  if (hasControls.test(code)) return refused('Type one line, without control characters.')
  const dialled = parseDialled(code)
  switch (dialled.kind) {
    case 'ussd':
      return lengthOf(code) > most
        ? refused(`This is too long: the network takes at most ${most} characters.`)
        : { kind: 'sent', text: dialled.ussdString }
    case 'ss':
      return kept('This is a setting of the network, such as call forwarding: no application is asked.')
    case 'local':
      return kept('This code is for the phone and its SIM: nothing was sent.')
    case 'call':
      return kept('This would be a call: a USSD code ends with #.')
    case 'callControl':
      return kept('This is for a call in progress, and there is none.')
    case 'invalid':
      return refused(whyInvalid[dialled.why])
  }
}

const whyInvalid = {
  empty: 'Nothing was typed: dial a code such as *141*0#.',
  alphabet: 'A USSD code has digits, *, # and Latin letters: this one has other characters.',
  length: 'This is too long: a USSD code takes at most 182 characters.',
} as const

/** An answer typed in a dialogue: anything that one USSD message takes, also nothing, also what looks like a code. */
export function reply(typed: string, most = MESSAGE_CHARACTERS): KeyedInput {
  const text = typed.normalize('NFC')
  if (hasControls.test(text)) return refused('Type one line, without control characters.')
  const { alphabet, fits } = measure(text)
  if (fits) {
    return lengthOf(text) > most
      ? refused(`This is too long: the network takes at most ${most} characters.`)
      : { kind: 'sent', text }
  }
  const fitting = alphabet === 'gsm7' ? '182 characters' : '80 characters that are not all Latin'
  return refused(`This is too long: one USSD message takes at most ${fitting}.`)
}

const kept = (sentence: string): KeyedInput => ({ kind: 'kept', sentence })
const refused = (sentence: string): KeyedInput => ({ kind: 'refused', sentence })

import type { Callback, Heard } from '../../src/gateway/ports.ts'
import { subscriberName } from '../../src/gateway/records.ts'
import type { Recognised } from '../../src/gateway/transcript.ts'
import type { DialoguePlan, Form, Place } from './plan.ts'

/** One callback as it came to a gateway; its copies are deliveries of their own. */
export interface Delivery {
  readonly dialogue: DialoguePlan
  readonly callback: Callback
  /** The same for the same bytes of one dialogue. */
  readonly key: string
  readonly place: Place
  /** When it reached the gateway. */
  arrivedMs: number
  /** As what the gateway took it up last; `undefined` before that. */
  recognised: Recognised | undefined
}

export const msisdnOf = (subscriber: number): string => `+37529123456${subscriber}`

export const subscriberOf = (subscriber: number): string => subscriberName(msisdnOf(subscriber))

/** The callback of a dialogue in which so much was answered. */
export function deliveryOf(dialogue: DialoguePlan, answers: readonly string[], place: Place): Delivery {
  const { code, form, name } = dialogue
  const heard = heardOf(form, code, answers)
  const text = answers.join('*')
  const callback: Callback = {
    dialect: form,
    sessionId: name,
    msisdn: msisdnOf(dialogue.subscriber),
    dialled: form === 'deep-transcript' && text !== '' ? `${code.slice(0, -1)}*${text}#` : code,
    heard,
  }
  return { dialogue, callback, key: keyOf(heard), place, arrivedMs: 0, recognised: undefined }
}

function heardOf(form: Form, code: string, answers: readonly string[]): Heard {
  const text = answers.join('*')
  switch (form) {
    case 'transcript':
      return { kind: 'transcript', code, text, begins: 'empty' }
    case 'deep-transcript':
      return { kind: 'transcript', code, text, begins: 'unknown' }
    case 'numbered':
      return { kind: 'numbered', number: answers.length + 1, typed: answers.at(-1) }
    case 'unnumbered':
      return { kind: 'unnumbered', typed: answers.at(-1) }
  }
}

function keyOf(heard: Heard): string {
  if (heard.kind === 'transcript') return `'${heard.text}'`
  const typed = heard.typed === undefined ? 'begin' : `'${heard.typed}'`
  return heard.kind === 'numbered' ? `${heard.number} ${typed}` : typed
}

export const nameOf = ({ dialogue, key }: Delivery): string => `${dialogue.name} ${key}`

import type { Callback, ReportedInput, SignedDelivery } from '../../../src/gateway/ports.ts'
import { subscriberName } from '../../../src/gateway/records/records.ts'
import type { TurnClass } from '../../../src/gateway/turn-identity.ts'
import type { DialoguePlan, Form, Place } from './schedule.ts'

/** One callback as it came to a gateway; its copies are deliveries of their own. */
export interface Delivery {
  readonly dialogue: DialoguePlan
  readonly callback: Callback
  /** The same for the same bytes of one dialogue. */
  readonly key: string
  readonly place: Place
  /** The first callback of what the subscriber has typed, and no copy of it. */
  readonly isFirst: boolean
  /** What the subscriber saw and answered; `undefined` where nobody did. */
  readonly screen: string | undefined
  /** When it reached the gateway, and what the store's clock said then. */
  arrivedMs: number
  arrivedStoreMs: number
  /** As what the gateway took it up last, at which time of the store; `undefined` before that. */
  recognised: TurnClass | undefined
  readMs: number | undefined
}

export const msisdnOf = (subscriber: number): string => `+37529123456${subscriber}`

export const subscriberOf = (subscriber: number): string => subscriberName(msisdnOf(subscriber))

/** Whether other dialogues come under the same session id: where nothing numbers a dialogue's callbacks, it may be. */
export const isReused = ({ form, under }: DialoguePlan): boolean =>
  form === 'latest-only' && under !== undefined

const sessionOf = (dialogue: DialoguePlan): string =>
  isReused(dialogue) ? (dialogue.under ?? '') : dialogue.name

/** Names the session of a dialogue. */
export const lineName = (dialogue: DialoguePlan): string => `${dialogue.subscriber} ${sessionOf(dialogue)}`

/** The callback of a dialogue in which so much was answered. */
export function deliveryOf(
  dialogue: DialoguePlan,
  answers: readonly string[],
  of: {
    readonly place: Place
    readonly isFirst?: boolean
    readonly screen?: string | undefined
    readonly signed?: SignedDelivery | undefined
  },
): Delivery {
  const { code, form } = dialogue
  const { place, isFirst = false, screen, signed } = of
  const heard = heardOf(form, code, answers)
  const text = answers.join('*')
  const callback: Callback = {
    dialect: form,
    sessionId: sessionOf(dialogue),
    msisdn: msisdnOf(dialogue.subscriber),
    dialled: form === 'deep-cumulative' && text !== '' ? `${code.slice(0, -1)}*${text}#` : code,
    reported: heard,
    ...(isReused(dialogue) && { reusesSessionId: true }),
    ...(signed && { signed }),
  }
  return {
    dialogue,
    callback,
    key: keyOf(heard),
    place,
    isFirst,
    screen,
    arrivedMs: 0,
    arrivedStoreMs: 0,
    recognised: undefined,
    readMs: undefined,
  }
}

function heardOf(form: Form, code: string, answers: readonly string[]): ReportedInput {
  const text = answers.join('*')
  switch (form) {
    case 'cumulative':
      return { kind: 'cumulative', code, text, begins: 'empty' }
    case 'deep-cumulative':
      return { kind: 'cumulative', code, text, begins: 'unknown' }
    case 'sequenced':
      return { kind: 'sequenced', number: answers.length + 1, typed: answers.at(-1) }
    case 'latest-only':
      return { kind: 'latest-only', typed: answers.at(-1) }
  }
}

function keyOf(heard: ReportedInput): string {
  if (heard.kind === 'cumulative') return `'${heard.text}'`
  const typed = heard.typed === undefined ? 'begin' : `'${heard.typed}'`
  return heard.kind === 'sequenced' ? `${heard.number} ${typed}` : typed
}

export const nameOf = ({ dialogue, key }: Delivery): string => `${dialogue.name} ${key}`

/** What was typed last, as it was taken up, without what only a phone sees; `undefined` at the begin. */
export function typedIn({ callback: { reported: heard }, recognised }: Delivery): string | undefined {
  // In a transcript only the gateway can tell where an answer begins: it may have stars.
  if (recognised?.kind === 'reply') return recognised.typed.trim()
  return heard.kind === 'cumulative' ? undefined : heard.typed?.trim()
}

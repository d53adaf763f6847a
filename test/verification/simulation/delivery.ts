import type { Callback, ReportedInput, SignedDelivery } from '../../../src/gateway/ports.ts'
import { subscriberName } from '../../../src/gateway/records/records.ts'
import type { TurnClass } from '../../../src/gateway/turn-identity.ts'
import type { DialoguePlan, Form, NodeIndex } from './plan.ts'

/** One callback sent to a gateway. Each duplicate is its own delivery. */
export interface Delivery {
  readonly dialogue: DialoguePlan
  readonly callback: Callback
  /** Identifies the input within its dialogue; equal for duplicates. */
  readonly key: string
  readonly node: NodeIndex
  /** The first sending, not a duplicate. */
  readonly isFirst: boolean
  /** The screen that the subscriber replied to, if any. */
  readonly screen: string | undefined
  /** Arrival at the gateway, in virtual time and on the store's clock. */
  arrivedMs: number
  arrivedStoreMs: number
  /** The last classification by the gateway, and the store time of that load. */
  turnClass: TurnClass | undefined
  readMs: number | undefined
}

export const msisdnOf = (subscriber: number): string => `+37529123456${subscriber}`

export const subscriberOf = (subscriber: number): string => subscriberName(msisdnOf(subscriber))

/** Returns true when other dialogues share the session id, as some aggregators without turn numbers do. */
export const isReused = ({ form, sharedSessionId }: DialoguePlan): boolean =>
  form === 'latest-only' && sharedSessionId !== undefined

const sessionOf = (dialogue: DialoguePlan): string =>
  isReused(dialogue) ? (dialogue.sharedSessionId ?? '') : dialogue.name

/** Returns the key of a dialogue's session. */
export const sessionKey = (dialogue: DialoguePlan): string => `${dialogue.subscriber} ${sessionOf(dialogue)}`

/** Creates the callback of a dialogue after these replies. */
export function deliveryOf(
  dialogue: DialoguePlan,
  answers: readonly string[],
  of: {
    readonly node: NodeIndex
    readonly isFirst?: boolean
    readonly screen?: string | undefined
    readonly signed?: SignedDelivery | undefined
  },
): Delivery {
  const { code, form } = dialogue
  const { node, isFirst = false, screen, signed } = of
  const reported = reportedInput(form, code, answers)
  const text = answers.join('*')
  const callback: Callback = {
    dialect: form,
    sessionId: sessionOf(dialogue),
    msisdn: msisdnOf(dialogue.subscriber),
    dialled: form === 'deep-cumulative' && text !== '' ? `${code.slice(0, -1)}*${text}#` : code,
    reported,
    ...(isReused(dialogue) && { reusesSessionId: true }),
    ...(signed && { signed }),
  }
  return {
    dialogue,
    callback,
    key: keyOf(reported, code),
    node,
    isFirst,
    screen,
    arrivedMs: 0,
    arrivedStoreMs: 0,
    turnClass: undefined,
    readMs: undefined,
  }
}

function reportedInput(form: Form, code: string, answers: readonly string[]): ReportedInput {
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

/** Dialling another code is another begin, also under a shared session id. */
function keyOf(reported: ReportedInput, code: string): string {
  if (reported.kind === 'cumulative') return `'${reported.text}'`
  const typed = reported.typed === undefined ? `begin ${code}` : `'${reported.typed}'`
  return reported.kind === 'sequenced' ? `${reported.number} ${typed}` : typed
}

export const nameOf = ({ dialogue, key }: Delivery): string => `${dialogue.name} ${key}`

/** Returns the last reply as the gateway understood it, trimmed; `undefined` at the begin. */
export function typedIn({ callback: { reported }, turnClass }: Delivery): string | undefined {
  // Replies may contain stars, so only the gateway knows where the last one starts in cumulative input.
  if (turnClass?.kind === 'reply') return turnClass.typed.trim()
  return reported.kind === 'cumulative' ? undefined : reported.typed?.trim()
}

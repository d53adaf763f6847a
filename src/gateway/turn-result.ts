/** The results of turns, and the system messages that end a dialogue. */
import type { Language } from '../engine/authoring.ts'
import type { UssdError } from '../engine/errors.ts'
import type { Answer, Ended } from './ports.ts'
import type { Project } from './project.ts'
import type { SystemMessage } from './system-messages.ts'

/** The outcome of a turn: `shown` and `not-understood` ran the menu, `repeat` replayed a receipt, the others are system messages. */
export type Outcome =
  | 'shown'
  | 'not-understood'
  | 'repeat'
  | 'not-served'
  | 'unknown-code'
  | 'expired'
  | 'ended'
  | 'out-of-step'
  | 'menu-changed'
  | 'unavailable'
  | 'busy'
  /** The time of a signed callback is too far from the store's. */
  | 'signature-expired'
  /** The network ended the dialogue. */
  | Ended['why']

/** The answer of a turn, and what the log may contain about it. */
export interface TurnResult {
  readonly answer: Answer
  readonly outcome: Outcome
  readonly turn?: number
  readonly menu?: string
  readonly screen?: string
  /** The fault, also where the menu had a screen for it. */
  readonly fault?: UssdError
  /** The state in which a failed turn started. */
  readonly state?: string
}

const messageOf: Record<
  Exclude<Outcome, 'shown' | 'not-understood' | 'repeat' | Ended['why']>,
  SystemMessage
> = {
  'not-served': 'notServed',
  'unknown-code': 'unknownCode',
  expired: 'expired',
  ended: 'ended',
  'out-of-step': 'outOfStep',
  'menu-changed': 'menuChanged',
  unavailable: 'unavailable',
  busy: 'busy',
  'signature-expired': 'expired',
}

/** Ends the dialogue with a system message. Nothing is stored, so a duplicate gets the same answer. */
export const systemReply = (
  { messages, languages }: Project,
  outcome: keyof typeof messageOf,
  language = languages[0],
): TurnResult => ({
  outcome,
  answer: { text: messages[messageOf[outcome]][language] ?? '', waits: false },
})

/** The result of a turn that failed: a system message, and the fault for the log. */
export const failedTurn = (project: Project, fault: UssdError, language?: Language): TurnResult => ({
  ...systemReply(project, fault.code === 'USSD_BUSY' ? 'busy' : 'unavailable', language),
  fault,
})

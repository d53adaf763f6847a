/** What a run knows of its dialogues: what was sent, what was acknowledged, and with which words. */
import type { Outcome, Step } from './script.ts'

/** What one callback was answered with, other than "unavailable". */
export interface Reply {
  /** Status and body as they came. */
  readonly bytes: string
  /** The screen in it. */
  readonly text: string
}

/** One turn: a callback, however often it was sent. */
export interface TurnHistory {
  readonly step: Step
  readonly replies: Reply[]
  /** What the subscriber saw, if that is one of the step's outcomes: from then on the turn is acknowledged. */
  outcome?: Outcome
}

/** `numbered`: whether its dialect tells turns apart whenever they come. */
export interface DialogueHistory {
  readonly name: string
  readonly dialect: string
  readonly numbered: boolean
  readonly sessionId: string
  readonly password: string | undefined
  readonly turns: TurnHistory[]
  /** What was wrong while it lasted. */
  readonly wrong: Violation[]
  /** What happened, in words without secrets; `atMs` since the run began. */
  readonly events: HistoryEvent[]
}

export interface HistoryEvent {
  readonly atMs: number
  readonly what: string
}

/** A subscriber as it was registered, and all its dialogues. */
export interface SubscriberHistory {
  /** E.164 with `+`. */
  readonly msisdn: string
  /** What the record's count of passwords began with. */
  readonly passwordGeneration: number
  readonly registered: 'open' | 'closed-by-subscriber'
  /** In the order in which they were begun. */
  readonly dialogues: DialogueHistory[]
}

export const violationKinds = [
  'double effect',
  'lost acknowledged',
  'differing reply',
  'unanswered',
  'unexpected answer',
  'invented effect',
  'record differs',
  'guess not counted',
] as const
export type ViolationKind = (typeof violationKinds)[number]

/** Something that must not be. */
export interface Violation {
  readonly kind: ViolationKind
  /** One sentence without secrets. */
  readonly sentence: string
  /** How often: how many effects were doubled or lost, say. */
  readonly count: number
}

export const violation = (kind: ViolationKind, sentence: string, count = 1): Violation => ({
  kind,
  sentence,
  count,
})

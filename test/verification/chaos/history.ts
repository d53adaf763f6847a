/** What a run knows of its dialogues: what was sent, what was acknowledged, and with which words. */
import type { Outcome, Step } from './script.ts'

/** What one callback was answered with, other than "unavailable". */
export interface Reply {
  /** Status and body as they came. */
  readonly bytes: string
  /** The screen in it. */
  readonly text: string
  /** It answers a duplicate that came when `REPEAT_WITHIN_MS` was over. */
  readonly late?: true
}

/** One sending of a callback, on the clock of this machine; `endedMs` is absent while nothing came back. */
export interface Sending {
  readonly sentMs: number
  endedMs?: number
}

/** One turn: a callback, however often it was sent. */
export interface TurnHistory {
  readonly step: Step
  readonly replies: Reply[]
  readonly sendings: Sending[]
  /** The id of the turn as the gateway makes it, where it can be told from the callback alone. */
  readonly id: string | undefined
  /** When the answer was there that the subscriber was shown. */
  answeredMs?: number
  /** What the subscriber saw, if that is one of the step's outcomes: from then on the turn is acknowledged. */
  outcome?: Outcome
}

/** When aggregators send again what was answered: at once, or 10 to 25 seconds later. */
export type Retries = 'soon' | 'late'

/** `numbered`: its dialect tells turns apart whenever they come; `shared`: its session is that of all dialogues of the number. */
export interface DialogueHistory {
  readonly name: string
  readonly dialect: string
  readonly numbered: boolean
  readonly shared: boolean
  readonly retries: Retries
  readonly sessionId: string
  readonly password: string | undefined
  readonly turns: TurnHistory[]
  /** What was wrong while it lasted. */
  readonly wrong: Violation[]
  /** What happened, in words without secrets; `atMs` since the run began. */
  readonly events: HistoryEvent[]
  /** The subscriber was shown another page than the script expects, as a late duplicate may cause. */
  moved: boolean
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
  'done by a duplicate',
  'record differs',
  'guess not counted',
  'attempt left pending',
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

/** Whether a sending came, or may have come, when the turn's answer was no quick repeat any more. */
export const isLate = (
  { sendings }: Pick<TurnHistory, 'sendings'>,
  { endedMs = Infinity }: Sending,
  repeatWithinMs: number,
): boolean => endedMs - (sendings[0]?.sentMs ?? Infinity) >= repeatWithinMs

/** Whether a duplicate of one of these turns came late. */
export const hadLateDuplicate = (turns: readonly TurnHistory[], repeatWithinMs: number): boolean =>
  turns.some((turn) => turn.sendings.slice(1).some((sending) => isLate(turn, sending, repeatWithinMs)))

import type { Outcome, Step } from './script.ts'

/** An answer to a callback, other than "unavailable". */
export interface Reply {
  /** Status and body, unparsed. */
  readonly bytes: string
  /** The screen in it. */
  readonly text: string
  /** Set for the answer to a duplicate later than `REPEAT_WITHIN_MS`. */
  readonly late?: true
}

/** One sending of a callback, in wall-clock time; `endedMs` is absent while unanswered. */
export interface Sending {
  readonly sentMs: number
  endedMs?: number
}

/** One turn: a callback and all its sendings. */
export interface TurnHistory {
  readonly step: Step
  readonly replies: Reply[]
  readonly sendings: Sending[]
  /** The gateway's turn id, if the callback alone determines it. */
  readonly id: string | undefined
  /** When the subscriber was shown the answer. */
  answeredMs?: number
  /** The outcome shown to the subscriber; it acknowledges the turn. */
  outcome?: Outcome
}

/** When aggregators duplicate answered callbacks: at once, or 10 to 25 seconds later. */
export type Retries = 'soon' | 'late'

export interface DialogueHistory {
  readonly name: string
  readonly dialect: string
  /** Callbacks identify their turn. */
  readonly numbered: boolean
  /** All dialogues of the number share one session. */
  readonly shared: boolean
  readonly retries: Retries
  readonly sessionId: string
  readonly password: string | undefined
  readonly turns: TurnHistory[]
  /** Violations seen during the dialogue. */
  readonly wrong: Violation[]
  /** Events, without secrets; `atMs` is relative to the start of the run. */
  readonly events: HistoryEvent[]
  /** A late duplicate moved the dialogue, so that the subscriber saw another screen than the script expects. */
  moved: boolean
}

export interface HistoryEvent {
  readonly atMs: number
  readonly what: string
}

/** A subscriber and all its dialogues. */
export interface SubscriberHistory {
  /** E.164 with `+`. */
  readonly msisdn: string
  /** The `passwordGeneration` of the record at the start. */
  readonly passwordGeneration: number
  readonly registered: 'open' | 'closed-by-subscriber'
  /** Ordered by begin. */
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

/** A broken promise. */
export interface Violation {
  readonly kind: ViolationKind
  /** One sentence, without secrets. */
  readonly message: string
  /** The number of effects concerned. */
  readonly count: number
}

export const violation = (kind: ViolationKind, message: string, count = 1): Violation => ({
  kind,
  message,
  count,
})

/** Returns true when a sending was or may have been processed after `repeatWithinMs`. */
export const isLate = (
  { sendings }: Pick<TurnHistory, 'sendings'>,
  { endedMs = Infinity }: Sending,
  repeatWithinMs: number,
): boolean => endedMs - (sendings[0]?.sentMs ?? Infinity) >= repeatWithinMs

/** Returns the late duplicates of a turn. */
export const lateDuplicatesOf = (turn: TurnHistory, repeatWithinMs: number): readonly Sending[] =>
  turn.sendings.slice(1).filter((sending) => isLate(turn, sending, repeatWithinMs))

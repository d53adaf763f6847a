import type { Ended } from '../../../src/gateway/ports.ts'

/** The ways in which a dialect identifies a turn: all input so far (two variants), a number, or nothing. */
export const forms = ['cumulative', 'deep-cumulative', 'sequenced', 'latest-only'] as const
export type Form = (typeof forms)[number]

export const BUDGET_MS = 2000
export const REPEAT_WITHIN_MS = 3000
/** The command timeout of the Redis client. */
export const COMMAND_TIMEOUT_MS = 400

export interface DialoguePlan {
  /** A letter; every word typed in the dialogue starts with it. */
  readonly name: string
  readonly form: Form
  readonly subscriber: number
  readonly code: string
  readonly startMs: number
  /** The session id shared by all dialogues of a number, if the aggregator has none for each. */
  readonly sharedSessionId?: string
  /** Set when its callbacks are signed. */
  readonly signed?: true
  /** Replies in order while the dialogue waits; each is sent `afterMs` after the screen. */
  readonly answers: readonly { readonly typed: string; readonly afterMs: number }[]
  /** Retry a turn once that is answered with "unavailable" or "busy". */
  readonly retries: boolean
}

/** The index of one of the two gateways. */
export type NodeIndex = 0 | 1

/** One fault. Its address does not change when other faults are removed. */
export type Fault =
  /** A duplicate of a turn's callback, `afterMs` after the first sending. */
  | { kind: 'duplicate'; dialogue: string; turn: number; afterMs: number; node: NodeIndex }
  /** Another reply for the same turn, beside the real one. */
  | { kind: 'rival'; dialogue: string; turn: number; typed: string; afterMs: number; node: NodeIndex }
  /** The callback of the following turn, as if this one had been answered. */
  | { kind: 'ahead'; dialogue: string; turn: number; afterMs: number; node: NodeIndex }
  /** The callback is delayed. */
  | { kind: 'slow'; dialogue: string; turn: number; ms: number }
  /** The answer is lost, and the aggregator retries. */
  | { kind: 'answer-lost'; dialogue: string; turn: number }
  /** The subscriber pauses before the reply. */
  | { kind: 'pause'; dialogue: string; turn: number; ms: number }
  /** The network reports the end of the dialogue. */
  | { kind: 'hang-up'; dialogue: string; turn: number; afterMs: number; why: Ended['why']; node: NodeIndex }
  /** The n-th command to the store, or its reply, is delayed or lost. */
  | { kind: 'command-slow'; command: number; ms: number }
  | { kind: 'reply-slow'; command: number; ms: number }
  | { kind: 'command-lost'; command: number }
  | { kind: 'reply-lost'; command: number }
  /** The connection is reset before or after the command executes. */
  | { kind: 'reset'; command: number; executed: 'executed' | 'not-executed' }
  | { kind: 'rejected'; command: number }
  /** From the n-th commit on, the store rejects writes for `ms`. */
  | { kind: 'read-only'; commit: number; ms: number }
  /** The store's clock jumps. */
  | { kind: 'clock-step'; atMs: number; byMs: number }
  /** For `ms`, commands are lost, reset or executed afterwards, or the circuit is open. */
  | { kind: 'outage'; fromMs: number; ms: number; how: 'silent' | 'reset' | 'frozen' | 'circuit-open' }
  /** A gateway crashes: before or after it sends the n-th command, or at a time. */
  | { kind: 'crash-at'; command: number; when: 'before' | 'after'; downMs: number }
  | { kind: 'crash'; node: NodeIndex; atMs: number; downMs: number }
  /** A gateway pauses, then continues. */
  | { kind: 'stall'; node: NodeIndex; atMs: number; ms: number }
  /** The n-th effect is slow or fails. */
  | { kind: 'effect-slow'; effect: number; ms: number }
  | { kind: 'effect-failed'; effect: number }
  /** The n-th PUK1 comparison finds the hashing lane full. */
  | { kind: 'hash-busy'; hash: number }
  /** The operator restores all attempts of a subscriber. */
  | { kind: 'unlock'; subscriber: number; atMs: number }

export type KeyName = 'old' | 'new'

/** The keys of each gateway, the current one first, and the key that PUK1 is hashed with at the start. */
export interface KeyPlan {
  readonly nodes: readonly [readonly [KeyName, ...KeyName[]], readonly [KeyName, ...KeyName[]]]
  readonly puk1: KeyName
}

/** The store's clock at virtual time 0. */
export const EPOCH_MS = 1_700_000_000_000

/** One schedule. A seed determines it; shrinking removes parts of it. */
export interface Plan {
  readonly seed: number
  readonly idleMs: number
  /** Network latency: drawn from the seed, or 1 ms. */
  readonly latency: 'random' | 'fixed'
  /** With replicas, an answer without a commit waits for `ensureReplicated`. */
  readonly replicas: 'none' | 'some'
  readonly keys: KeyPlan
  readonly subscribers: number
  /** PUK1 attempts left for each subscriber at the start. */
  readonly attempts: number
  readonly dialogues: readonly DialoguePlan[]
  readonly faults: readonly Fault[]
}

export const ONE_KEY: KeyPlan = { nodes: [['old'], ['old']], puk1: 'old' }

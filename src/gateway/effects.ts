import type { Attempt } from './attempts.ts'
import type { Draft } from './records/subscriber.ts'

/** What an effect's body is told beside its input. */
export interface EffectContext {
  /** E.164 with `+`. */
  readonly msisdn: string
  /** The subscriber as this turn would leave it; changing it is the only way to change anything. */
  readonly subscriber: Draft
  /** Names the dialogue: what is sealed in one dialogue means nothing in another. */
  readonly dialogue: string
  /** The id of the secrets key the dialogue was begun under; what is sealed in it is sealed under that. */
  readonly keyId: string
  /** This turn's attempt at a secret; what compares one must reserve it first. */
  readonly attempt: Attempt
  /** The store's clock, milliseconds since the epoch. */
  readonly nowMs: number
  /** Aborted when nobody waits for the turn any more. */
  readonly signal: AbortSignal
}

/**
 * The bodies of the menus' effects by name. A body returns an outcome its menu can branch on, and rejects only when it could
 * not find out. What it does to the draft counts if the turn is committed, and did not happen otherwise.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- each effect has an input of its own; compose.ts holds bodies against menus
export type Services = Readonly<Record<string, (input: any, call: EffectContext) => Promise<unknown>>>

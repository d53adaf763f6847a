import type { Attempt } from './attempts.ts'
import type { Draft } from './records/draft.ts'
import type { Subscriber } from './records/subscriber.ts'

/** The context of an effect: everything its body receives besides the input. */
export interface EffectContext<S extends Subscriber = Subscriber> {
  /** E.164 with `+`. */
  readonly msisdn: string
  /** The subscriber as this turn would leave it. A body changes only this. */
  readonly subscriber: Draft<S>
  /** Id of the dialogue. A sealed digest is valid in its own dialogue only. */
  readonly dialogue: string
  /** Id of the secrets key at the start of the dialogue, which seals its digests. */
  readonly keyId: string
  /** This turn's attempt at a secret. A body that compares secrets must reserve it first. */
  readonly attempt: Attempt
  /** The store's clock, milliseconds since the epoch. */
  readonly nowMs: number
  /** Aborted when the turn has exceeded its budget. */
  readonly signal: AbortSignal
}

/**
 * The bodies of the menus' effects, by name. A body returns an outcome that its menu can branch on, and rejects when the
 * outcome is unknown. Its changes to the draft take effect with the commit of the turn.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- each effect has its own input; `EffectsOf` checks the bodies against the menus
export type Services = Readonly<Record<string, (input: any, context: EffectContext<any>) => Promise<unknown>>>

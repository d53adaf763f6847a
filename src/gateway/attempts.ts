/**
 * Attempts at a secret. Each is reserved in a commit of its own before anything is compared, and the commit that reveals the
 * outcome settles it (decision 0040). A store that refuses writes therefore has nothing compared, and a process that dies in
 * between has cost one attempt, which the same turn finds again when its callback is delivered again.
 */
import { z } from 'zod'
import type { UssdError } from '../engine/errors.ts'

/** A reserved attempt whose outcome nobody was told yet. */
export const PendingAttempt = z.looseObject({
  /** The turn it belongs to: a keyed digest. */
  turn: z.string(),
  /** The run that compares. */
  owner: z.string(),
  /** The store's time until which that run may be at it. */
  untilMs: z.number(),
  /** How many attempts are left behind this one. */
  left: z.number(),
  /** An earlier run may have compared already. */
  wasTakenOver: z.literal(true).exactOptional(),
})
export type PendingAttempt = Readonly<
  Pick<z.infer<typeof PendingAttempt>, 'turn' | 'owner' | 'untilMs' | 'left' | 'wasTakenOver'>
>

/** One turn's attempt at a secret. */
export interface Attempt {
  /** Names the turn: the same when its transaction runs again, and when its callback is delivered again. */
  readonly turn: string
  /** Names this run of the turn. */
  readonly owner: string
  /** The store's time of the load. */
  readonly nowMs: number
  /** How long a run may take. */
  readonly budgetMs: number
  /** True for a run of this process that has ended: it settles nothing any more, so nobody waits for it. */
  isOver(owner: string): boolean
  /** Compares at most once in this run, however often its transaction is repeated. A rejection is forgotten. */
  once<T>(compare: () => Promise<T>): Promise<T>
}

/** The state of a turn's reservation. */
export type Claim =
  /** This run holds it and may compare. `isFresh`: no other run has held it, so nothing was compared yet. */
  | { readonly kind: 'reserved'; readonly left: number; readonly isFresh: boolean }
  /** Another run of the same turn may still be comparing. */
  | { readonly kind: 'in-progress' }
  /** `pending` and `left` must be committed first. An attempt whose run has died costs no other. */
  | { readonly kind: 'unreserved'; readonly pending: readonly PendingAttempt[]; readonly left: number }
  /** No attempt is left. */
  | { readonly kind: 'exhausted' }

/** @param left how many attempts are left before this one */
export function claim(pending: readonly PendingAttempt[], left: number, attempt: Attempt): Claim {
  const { turn, owner, nowMs, budgetMs } = attempt
  const own = pending.find((one) => one.turn === turn)
  if (own?.owner === owner) return { kind: 'reserved', left: own.left, isFresh: !own.wasTakenOver }
  // No run lasts longer than its budget: a later end was written by a clock that has been set back since.
  const forMs = own ? own.untilMs - nowMs : 0
  if (own && forMs > 0 && forMs <= budgetMs && !attempt.isOver(own.owner)) return { kind: 'in-progress' }
  if (!own && left === 0) return { kind: 'exhausted' }
  const mine = {
    turn,
    owner,
    untilMs: nowMs + budgetMs,
    left: own?.left ?? left - 1,
    ...(own && { wasTakenOver: true as const }),
  }
  return { kind: 'unreserved', pending: [...settled(pending, turn), mine], left: own ? left : left - 1 }
}

/** The pending attempts without that of one turn. */
export const settled = (pending: readonly PendingAttempt[], turn: string): readonly PendingAttempt[] =>
  pending.filter((one) => one.turn !== turn)

/** Creates the attempt of one run; `compared` outlives the repetitions of its transaction. */
export function createAttempt(of: Omit<Attempt, 'once'>, compared: Map<string, Promise<unknown>>): Attempt {
  return {
    ...of,
    once<T>(compare: () => Promise<T>): Promise<T> {
      const known = compared.get(of.turn) as Promise<T> | undefined
      if (known) return known
      const comparing = compare()
      compared.set(of.turn, comparing)
      comparing.catch(() => compared.delete(of.turn))
      return comparing
    },
  }
}

/**
 * Thrown by an effect to leave the turn before its end. It is not an error: the gateway commits the patch, or waits, and runs
 * the turn again, or ends it with the fault.
 */
export class Deferral<Patch> extends Error {
  /** `patch` applies to the record as it was loaded: what other effects did to the draft is not committed. */
  readonly next:
    | { readonly kind: 'reserve'; readonly patch: Patch }
    | { readonly kind: 'wait' }
    | { readonly kind: 'release'; readonly patch: Patch; readonly fault: UssdError }

  constructor(next: Deferral<Patch>['next']) {
    super(`the turn is deferred: ${next.kind}`)
    this.name = 'Deferral'
    this.next = next
  }
}

/**
 * Attempts at a secret. A commit of its own reserves each attempt before the comparison, and the commit that reveals the
 * outcome settles it (decision 0040). Nothing is compared while the store rejects writes. A crash in between costs one
 * attempt, which a retry of the same callback resumes.
 */
import { z } from 'zod'
import type { UssdError } from '../engine/errors.ts'

/** A reserved attempt whose outcome is not yet revealed. */
export const PendingAttempt = z.looseObject({
  /** Keyed digest of the turn. */
  turn: z.string(),
  /** The id of the run that compares. */
  owner: z.string(),
  /** The store's time at which that run's budget ends. */
  untilMs: z.number(),
  /** Attempts left after this one. */
  left: z.number(),
  /** Set when an earlier run may have compared already. */
  wasTakenOver: z.literal(true).exactOptional(),
})
export type PendingAttempt = Readonly<
  Pick<z.infer<typeof PendingAttempt>, 'turn' | 'owner' | 'untilMs' | 'left' | 'wasTakenOver'>
>

/** One turn's attempt at a secret. */
export interface Attempt {
  /** Id of the turn: the same for a retry of its transaction and for a duplicate of its callback. */
  readonly turn: string
  /** Id of this run of the turn. */
  readonly owner: string
  /** The store's time at the load. */
  readonly nowMs: number
  /** The time budget of a run. */
  readonly budgetMs: number
  /** True for a run of this process that has ended and can no longer settle its attempt. */
  isOver(owner: string): boolean
  /**
   * Compares with a stored secret once per run, however often its transaction is retried. A rejected comparison is repeated, and so
   * is one whose stored secret has been replaced: a retry must not use the result for the former secret.
   */
  once<T>(stored: string, compare: () => Promise<T>): Promise<T>
}

/** The state of a turn's reservation. */
export type Claim =
  /** This run holds the reservation and may compare. `isFresh`: no other run has held it or compared. */
  | { readonly kind: 'reserved'; readonly left: number; readonly isFresh: boolean }
  /** Another run of the same turn may still be comparing. */
  | { readonly kind: 'in-progress' }
  /** `pending` and `left` must be committed first. Taking over from a dead run costs no further attempt. */
  | { readonly kind: 'unreserved'; readonly pending: readonly PendingAttempt[]; readonly left: number }
  /** No attempt is left. */
  | { readonly kind: 'exhausted' }

/**
 * Determines the state of a turn's reservation.
 * @param left attempts left before this one
 */
export function claim(pending: readonly PendingAttempt[], left: number, attempt: Attempt): Claim {
  const { turn, owner, nowMs, budgetMs } = attempt
  const own = pending.find((one) => one.turn === turn)
  if (own?.owner === owner) return { kind: 'reserved', left: own.left, isFresh: !own.wasTakenOver }
  // A run ends within its budget: a later end means that the clock was set back.
  const remainingMs = own ? own.untilMs - nowMs : 0
  if (own && remainingMs > 0 && remainingMs <= budgetMs && !attempt.isOver(own.owner))
    return { kind: 'in-progress' }
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

/** Removes the attempt of one turn from the pending ones. */
export const settled = (pending: readonly PendingAttempt[], turn: string): readonly PendingAttempt[] =>
  pending.filter((one) => one.turn !== turn)

/** Creates the attempt of one run. `compared` is shared by the retries of its transaction. */
export function createAttempt(of: Omit<Attempt, 'once'>, compared: Map<string, Promise<unknown>>): Attempt {
  return {
    ...of,
    once<T>(stored: string, compare: () => Promise<T>): Promise<T> {
      const comparison = `${of.turn} ${stored}`
      const known = compared.get(comparison) as Promise<T> | undefined
      if (known) return known
      const comparing = compare()
      compared.set(comparison, comparing)
      comparing.catch(() => compared.delete(comparison))
      return comparing
    },
  }
}

/**
 * Thrown by an effect to leave the turn early. `reserve`: the gateway commits the patch and retries the turn. `wait`: it
 * retries after a pause. `release`: it commits the patch and ends the turn with the fault.
 */
export class Deferral<Patch> extends Error {
  /** `patch` applies to the record as loaded; other changes to the draft are dropped. */
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

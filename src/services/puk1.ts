import type { Secret } from '../engine/secret.ts'
import { Deferral, claim, settled } from '../gateway/attempts.ts'
import type { Attempt } from '../gateway/attempts.ts'
import { PUK1_ATTEMPTS } from '../gateway/records/subscriber.ts'
import type { Draft } from '../gateway/records/draft.ts'
import type { Subscriber } from '../gateway/records/subscriber.ts'
import { compareSecret, asRejection } from './compare-secret.ts'
import type { Hashing } from './hashing/hashing.ts'

export type Guess =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly attemptsLeft: number }
  /** Ten wrong guesses in a row; only the operator can unlock PUK1. Nothing was compared. */
  | { readonly kind: 'locked' }

export interface Puk1 {
  /**
   * Compares a guess with the operator's record. The first run defers the turn to reserve the attempt. The next run compares
   * and settles the attempt in the draft, so one commit writes the count and the outcome. A right guess restores all ten
   * attempts (L7). At most ten guesses are compared, whatever fails.
   *
   * Rejects with `Deferral`, and with `USSD_KEY_UNKNOWN` before a reservation.
   */
  guess(
    puk1: Secret,
    of: {
      readonly msisdn: string
      readonly subscriber: Draft
      readonly attempt: Attempt
      readonly signal: AbortSignal
    },
  ): Promise<Guess>
}

export function createPuk1(hashing: Hashing): Puk1 {
  return {
    async guess(puk1, { msisdn, subscriber, attempt, signal }) {
      const { puk1: stored, puk1AttemptsLeft, puk1Pending } = subscriber.current
      const claimed = claim(puk1Pending, puk1AttemptsLeft, attempt)
      if (claimed.kind === 'exhausted') return { kind: 'locked' }
      if (claimed.kind === 'in-progress') throw new Deferral<Partial<Subscriber>>({ kind: 'wait' })
      if (claimed.kind === 'unreserved') {
        if (stored) hashing.assertKnown(stored)
        const patch = { puk1AttemptsLeft: claimed.left, puk1Pending: claimed.pending }
        throw new Deferral<Partial<Subscriber>>({ kind: 'reserve', patch })
      }

      const others = settled(puk1Pending, attempt.turn)
      const { matches, renewed } = await attempt
        .once(stored?.hash ?? '', () =>
          compareSecret(hashing, { stored, domain: 'puk1', msisdn, secret: puk1, signal }),
        )
        .catch((error: unknown) => {
          const fault = asRejection(error)
          // An earlier run may have compared before it died, so the attempt is spent.
          if (!claimed.isFresh) throw fault
          const patch = { puk1AttemptsLeft: puk1AttemptsLeft + 1, puk1Pending: others }
          throw new Deferral<Partial<Subscriber>>({ kind: 'release', patch, fault })
        })
      if (matches) {
        if (renewed) subscriber.patchSilently({ puk1: renewed })
        subscriber.patchSilently({ puk1AttemptsLeft: PUK1_ATTEMPTS, puk1Pending: [] })
        return { kind: 'right' }
      }
      subscriber.change({ puk1Pending: others }, claimed.left === 0 ? 'puk1-locked' : 'puk1-refused')
      return claimed.left === 0 ? { kind: 'locked' } : { kind: 'wrong', attemptsLeft: claimed.left }
    },
  }
}

import type { Secret } from '../engine/secret.ts'
import { PUK1_ATTEMPTS } from '../gateway/subscriber.ts'
import type { Draft } from '../gateway/subscriber.ts'
import type { Hashing } from './hashing.ts'

export type Guess =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly attemptsLeft: number }
  /** Ten wrong in a row; only the operator makes it answer again. */
  | { readonly kind: 'locked' }

export interface Puk1 {
  /**
   * Compares a guess with the operator's record and counts it in the draft, so that the count and the outcome become known in
   * one commit: guesses side by side gain nothing. A right one gives all ten attempts back (L7). `openly`: whoever asks may
   * know that PUK1 is locked; otherwise the locked case works as long as the others.
   */
  guess(
    puk1: Secret,
    of: { readonly msisdn: string; readonly subscriber: Draft; readonly signal: AbortSignal },
    lock: 'openly' | 'silently',
  ): Promise<Guess>
}

export function createPuk1(hashing: Hashing): Puk1 {
  return {
    async guess(puk1, { msisdn, subscriber, signal }, lock) {
      const { puk1: stored, puk1AttemptsLeft } = subscriber.now
      if (puk1AttemptsLeft === 0) {
        if (lock === 'silently') await hashing.verify(undefined, 'puk1', msisdn, puk1, { signal })
        return { kind: 'locked' }
      }
      const { matches, stale } = await hashing.verify(stored ?? undefined, 'puk1', msisdn, puk1, { signal })
      if (matches) {
        if (stale) subscriber.tidy({ puk1: await hashing.hash('puk1', msisdn, puk1, { signal }) })
        subscriber.tidy({ puk1AttemptsLeft: PUK1_ATTEMPTS })
        return { kind: 'right' }
      }
      const attemptsLeft = puk1AttemptsLeft - 1
      subscriber.change(
        { puk1AttemptsLeft: attemptsLeft },
        attemptsLeft === 0 ? 'puk1-locked' : 'puk1-refused',
      )
      return attemptsLeft === 0 ? { kind: 'locked' } : { kind: 'wrong', attemptsLeft }
    },
  }
}

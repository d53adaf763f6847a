/**
 * How many turns are under way in this process. What is more is refused before any work is done for it (decision 0035): work
 * that will be too late costs those who could still be served.
 */
export interface Admission {
  readonly inFlight: number
  /** False when there is no place, which counts as refused; whoever was let in must `leave`. */
  tryEnter(): boolean
  /** True, and one more refused, when there is no place. */
  tryShed(): boolean
  leave(): void
}

/** The process has begun to refuse turns, or takes all again: `refused` of them were told to come later. */
export type AdmissionEvent = { readonly kind: 'full' } | { readonly kind: 'open'; readonly refused: number }

export function createAdmission({
  maxInFlight: most,
  onChange: changed,
}: {
  readonly maxInFlight: number
  readonly onChange: (news: AdmissionEvent) => void
}): Admission {
  let inFlight = 0
  let refused = 0
  function turnAway(): boolean {
    if (inFlight < most) return false
    refused += 1
    if (refused === 1) changed({ kind: 'full' })
    return true
  }

  return {
    get inFlight() {
      return inFlight
    },
    tryShed: turnAway,
    tryEnter() {
      if (turnAway()) return false
      inFlight += 1
      return true
    },
    leave() {
      inFlight -= 1
      // At half: at the limit itself it would change its mind with every turn.
      if (refused === 0 || inFlight > most / 2) return
      changed({ kind: 'open', refused })
      refused = 0
    },
  }
}

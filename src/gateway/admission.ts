/**
 * Limits the turns in flight in this process. Turns above the limit are rejected before any work is done for them, because a
 * late answer costs those who could still be served (decision 0035).
 */
export interface Admission {
  readonly inFlight: number
  /** Takes a place; `leave` gives it back. Returns false and counts a rejection when there is none. */
  tryEnter(): boolean
  /** Returns true and counts a rejection when there is no place. */
  tryShed(): boolean
  leave(): void
}

/** `full`: the process starts to shed load. `open`: it accepts all turns again, after `refused` rejections. */
export type AdmissionEvent = { readonly kind: 'full' } | { readonly kind: 'open'; readonly refused: number }

export function createAdmission({
  maxInFlight,
  onChange,
}: {
  readonly maxInFlight: number
  readonly onChange: (event: AdmissionEvent) => void
}): Admission {
  let inFlight = 0
  let rejected = 0
  function tryShed(): boolean {
    if (inFlight < maxInFlight) return false
    rejected += 1
    if (rejected === 1) onChange({ kind: 'full' })
    return true
  }

  return {
    get inFlight() {
      return inFlight
    },
    tryShed,
    tryEnter() {
      if (tryShed()) return false
      inFlight += 1
      return true
    },
    leave() {
      inFlight -= 1
      // Reopens at half the limit; at the limit itself it would flap with every turn.
      if (rejected === 0 || inFlight > maxInFlight / 2) return
      onChange({ kind: 'open', refused: rejected })
      rejected = 0
    },
  }
}

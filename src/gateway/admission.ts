/**
 * Limits the turns in flight in this process. Turns above the limit are shed before any work is done for them, because a
 * late answer costs those who could still be served (decision 0035).
 */
export interface Admission {
  readonly inFlight: number
  /** Takes a place, which `leave` gives back. Returns false and sheds the turn when there is none. */
  tryEnter(): boolean
  /** Returns true and sheds the turn when there is no place. */
  tryShed(): boolean
  leave(): void
}

/** `full`: the process starts to shed load. `open`: it accepts all turns again, after `shed` rejections. */
export type AdmissionEvent = { readonly kind: 'full' } | { readonly kind: 'open'; readonly shed: number }

export function createAdmission({
  maxInFlight,
  onChange,
}: {
  readonly maxInFlight: number
  readonly onChange: (event: AdmissionEvent) => void
}): Admission {
  let inFlight = 0
  let shed = 0
  function tryShed(): boolean {
    if (inFlight < maxInFlight) return false
    shed += 1
    if (shed === 1) onChange({ kind: 'full' })
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
      if (shed === 0 || inFlight > maxInFlight / 2) return
      onChange({ kind: 'open', shed })
      shed = 0
    },
  }
}

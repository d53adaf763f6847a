import type { EffectContext } from '../../gateway/effects.ts'

/**
 * Tells the first performance of an effect from a repetition: a turn whose attempt at a secret is reserved first runs its
 * effects again on the same load. Returns false for a repetition.
 */
export function createPerformances(): { isFirst(call: EffectContext): boolean } {
  const placeInRun = new WeakMap<EffectContext, number>()
  const known = new Set<string>()
  return {
    isFirst(call) {
      const place = (placeInRun.get(call) ?? 0) + 1
      placeInRun.set(call, place)
      const performance = `${call.msisdn} ${call.attempt.turn} ${call.nowMs} ${place}`
      if (known.has(performance)) return false
      known.add(performance)
      return true
    },
  }
}

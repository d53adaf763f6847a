import type { EffectContext } from '../../gateway/effects.ts'

/**
 * Distinguishes the first run of an effect from a repetition. A turn that must reserve an attempt at a secret runs its effects
 * twice on the same records.
 */
export function createPerformances(): {
  /** Returns false for a repetition. */
  isFirst(context: EffectContext): boolean
} {
  const positions = new WeakMap<EffectContext, number>()
  const known = new Set<string>()
  return {
    isFirst(context) {
      const position = (positions.get(context) ?? 0) + 1
      positions.set(context, position)
      const run = `${context.msisdn} ${context.attempt.turn} ${context.nowMs} ${position}`
      if (known.has(run)) return false
      known.add(run)
      return true
    },
  }
}

/** Chances that can be repeated: the same seed draws the same. */
export interface Chance {
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  /** True once in `times`. */
  once(times: number): boolean
  pick<T>(from: readonly T[]): T
}

/** Mulberry32: quick, and even enough to choose what to send. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    below,
    once: (times) => below(times) === 0,
    pick: <T>(from: readonly T[]): T => from[below(from.length)] as T,
  }
}

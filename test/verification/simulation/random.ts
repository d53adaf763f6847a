import { createRandom } from '../../../src/simulator/faults.ts'

/** What a seed decides, one draw after another. */
export interface Draws {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number
  /** Whether something happens that does so once in `times`. */
  onceIn(times: number): boolean
  of<T>(choices: readonly [T, ...T[]]): T
}

export function createDraws(seed: number, about: string): Draws {
  const chance = createRandom(seed, about, 0)
  const below = (limit: number) => Math.floor(chance() * limit)
  return {
    below,
    onceIn: (times) => below(times) === 0,
    of: (choices) => choices[below(choices.length)] ?? choices[0],
  }
}

/**
 * 32 bits that depend on the seed and the place alone, so that what is drawn for one event moves when no other is left out
 * (the finaliser of MurmurHash3).
 */
export function drawnAt(seed: number, place: number): number {
  let mixed = Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

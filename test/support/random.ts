import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Repeatable random choices: the same seed and purpose give the same sequence. */
export interface Random {
  /** A whole number from 0 to `end` - 1; 0 when `end` is 0. */
  below(end: number): number
  /** True once in `times` draws on average. */
  oneIn(times: number): boolean
  pick<T>(choices: readonly T[]): T
  /** A number from 0 up to, but not including, 1. */
  fraction(): number
}

/** Creates the generator of one purpose, so that draws for one purpose do not shift those for another. */
export function createRandom(seed: number, purpose = ''): Random {
  const generator = xoroshiro128plus(createHash('sha256').update(`${seed} ${purpose}`).digest().readInt32LE())
  const below = (end: number) => (end > 0 ? uniformInt(generator, 0, end - 1) : 0)
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: <T>(choices: readonly T[]): T => choices[below(choices.length)] as T,
    fraction: () => uniformFloat64(generator),
  }
}

/**
 * Returns 32 bits that depend only on the seed and the position (the finaliser of MurmurHash3). Removing one event from a
 * schedule therefore does not change what is drawn for the others.
 */
export function randomAt(seed: number, position: number): number {
  let mixed = Math.imul(seed, 0x9e3779b1) ^ Math.imul(position + 1, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

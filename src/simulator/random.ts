import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** A seeded random generator. A call returns a float from 0 up to, but not including, 1. */
export interface Random {
  (): number
  /** Returns an integer from 0 to `end` - 1. */
  below(end: number): number
  /** Returns true with a probability of 1 in `times`. */
  oneIn(times: number): boolean
  /** Returns one of the choices, of which there must be at least one. */
  pick<T>(choices: readonly T[]): T
}

/** Creates a generator that always draws the same sequence for the same seed, and another one for any other seed. */
export function createRandom(...seed: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(seed)).digest()
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)))
  const below = (end: number) => uniformInt(generator, 0, end - 1)
  return Object.assign(() => uniformFloat64(generator), {
    below,
    oneIn: (times: number) => below(times) === 0,
    pick: <T>(choices: readonly T[]): T => choices[below(choices.length)] as T,
  })
}

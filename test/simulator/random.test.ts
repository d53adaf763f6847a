import { describe, expect, it } from '@jest/globals'
import { createRandom } from '../../src/simulator/random.ts'

const draw = (...seed: (string | number)[]) => {
  const random = createRandom(...seed)
  return Array.from({ length: 5 }, () => random())
}

describe('a random generator', () => {
  it('repeats its sequence for the same seed', () => {
    expect(draw(7, '+375291234567', 0)).toEqual(draw(7, '+375291234567', 0))
  })

  it.each([[[8, 'a', 0]], [[7, 'b', 0]], [[7, 'a', 1]], [[7, 'a 0']], [['7', 'a', 0]]])(
    'draws another sequence for the seed %j',
    (seed) => {
      expect(draw(...seed)).not.toEqual(draw(7, 'a', 0))
    },
  )

  it('keeps the sequence of a seed across versions', () => {
    const random = createRandom(1)
    expect([random(), random.below(1000), random.oneIn(2), random.pick(['a', 'b', 'c'])]).toEqual([
      0.9250723237908967,
      80,
      false,
      'a',
    ])
  })

  it('draws floats from 0 to below 1 and integers below their end, evenly', () => {
    const random = createRandom(3)
    const counts = [0, 0, 0, 0, 0]
    for (let at = 0; at < 10_000; at++) {
      const value = random()
      expect(value >= 0 && value < 1).toBe(true)
      counts[random.below(5)]! += 1
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200)
  })

  it('picks every choice, and is true about once in as many times', () => {
    const random = createRandom(4)
    const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))
    expect(picked).toEqual(new Set(['a', 'b', 'c']))
    const times = Array.from({ length: 10_000 }, () => random.oneIn(10)).filter(Boolean).length
    expect(Math.abs(times - 1000)).toBeLessThan(150)
  })
})

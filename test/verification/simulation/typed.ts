import type { Random } from '../../../src/simulator/random.ts'

/** The codes that subscribers dial. */
export const CODES = { counter: '*100#', access: '*141*3*6#', password: '*141*0#' } as const

export const PUK1 = '12345678'

/** Draws unique words and moves; one dialogue in 100 is longer than the stored receipts. */
export function wordsFor(random: Random, name: string): readonly string[] {
  const count = random.oneIn(100) ? 20 : 1 + random.below(3)
  const typed: string[] = []
  for (let turn = 1; turn <= count; turn++) {
    const kind = random.below(10)
    if (kind < 6) typed.push(`${name}${turn}`)
    else if (kind < 8) typed.push('1')
    else if (kind === 8) typed.push('9', '1')
    else typed.push('9', `${name}${turn}`, '1')
  }
  const end = random.below(4)
  return [...typed, ...(end === 0 ? ['0'] : end === 1 ? [`z${name}`] : [])]
}

/** Draws replies for a shipped menu. */
export const realAnswers = (random: Random, menu: 'access' | 'password'): readonly string[] =>
  random.pick(SHIPPED_REPLIES[menu]).split(' ')

const SHIPPED_REPLIES = {
  password: ['80291 80291', '12 80291 80292 80291 80291'],
  access: ['1 2', `1 ${PUK1}`, `1 00000000 00000000 ${PUK1}`, '1 00000000 00000001 00000002'],
} as const

import { describe, expect, it } from '@jest/globals'
import { check } from '../../src/menu-analysis/check.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { compiled, inAll, soundMenuBut } from '../support/machines.ts'

type Context = { left: number; isNew: boolean; name: string | null; used: number }

/** The menu's last screen says this, and its context begins with three left, nobody's name and nothing used. */
function problemsOf(text: (context: Context) => string, samples: readonly Partial<Context>[] = []): string[] {
  const context = () => ({ left: 3, isNew: false, name: null, used: 0 })
  const { machine, screens } = soundMenuBut({}, { bye: { ...inAll('Goodbye'), en: text } }, { context })
  return check(compiled(machine, screens), systemMessages.notUnderstood, samples)
}

const tooLong = (octets: number, sample = '') => [
  `bye/en: longer than one USSD message (${octets} of 160 octets)${sample}`,
]

describe('a text that depends on the context is measured', () => {
  it.each<[string, (context: Context) => string, string]>([
    ['with a flag the other way', ({ isNew }) => (isNew ? 'я'.repeat(81) : 'Old'), '{"isNew":true}'],
    ['with none', ({ left }) => (left === 0 ? 'я'.repeat(81) : 'Some'), '{"left":0}'],
    ['with one', ({ left }) => (left === 1 ? 'я'.repeat(81) : 'Some'), '{"left":1}'],
    ['with few', ({ left }) => (left === 2 ? 'я'.repeat(81) : 'Some'), '{"left":2}'],
  ])('%s', (_what, text, sample) => {
    expect(problemsOf(text)).toEqual(tooLong(162, ` with ${sample}`))
  })

  it('with what a dialogue begins with first, and else with what makes it longest', () => {
    expect(problemsOf(({ left }) => 'я'.repeat(84 - left))).toEqual(tooLong(162))
    expect(problemsOf(({ left }) => 'я'.repeat(83 - left))).toEqual(tooLong(166, ' with {"left":0}'))
  })

  it('with the samples of its author, and what varies about each', () => {
    const named = ({ name, isNew }: Context) => 'я'.repeat(1 + (name?.length ?? 0) + (isNew ? 1 : 0))
    expect(problemsOf(named)).toEqual([])
    expect(problemsOf(named, [{ name: 'x'.repeat(79) }])).toEqual(
      tooLong(162, ` with {"name":"${'x'.repeat(79)}","isNew":true}`),
    )
    expect(problemsOf(named, [{ name: 'x'.repeat(78) }])).toEqual([])
  })

  it('up to the largest number a sample gives, and never above', () => {
    const five = ({ used }: Context) => (used === 5 ? 'я'.repeat(81) : 'Few')
    expect(problemsOf(five)).toEqual([])
    expect(problemsOf(five, [{ used: 5 }])).toEqual(tooLong(162, ' with {"used":5}'))
    expect(problemsOf(five, [{ used: 20 }])).toEqual(tooLong(162, ' with {"used":5}'))
    expect(problemsOf(({ left }) => 'я'.repeat(77 + left))).toEqual([])
  })

  it('and a context that may never come makes no mistake', () => {
    const steps = ['', 'one', 'two', 'three']
    expect(problemsOf(({ left }) => `${'я'.repeat(77)}${steps[left]?.slice(0, 3)}`)).toEqual([])
    expect(problemsOf(({ left }) => (left === 1 ? (null as never as string).trim() : 'x'))).toEqual([])
    expect(problemsOf(({ left }) => (left === 1 ? `${'я'.repeat(80)} undefined` : 'x'))).toEqual([])
    expect(problemsOf(({ isNew }) => (isNew ? '' : 'x'))).toEqual([])
  })
})

describe('a text that only some contexts make', () => {
  const whose = ({ name }: Context) => `Hello ${(name as string).trim()}`

  it('is made with the first sample that makes it', () => {
    expect(problemsOf(whose, [{ left: 1 }, { name: 'Anna' }])).toEqual([])
  })

  it('is a mistake where no context is given that makes it', () => {
    const problem = "bye/en: cannot be made: Cannot read properties of null (reading 'trim')"
    expect(problemsOf(whose)).toEqual([problem])
    expect(problemsOf(whose, [{ left: 1 }])).toEqual([problem])
    const ifNew = ({ isNew, name }: Context) => (isNew ? 'Welcome' : (name as string).trim())
    expect(problemsOf(ifNew)).toEqual([problem])
  })

  it('is a mistake where it is no text, or empty', () => {
    expect(problemsOf(() => undefined as never)).toEqual(['bye/en: cannot be made: it is undefined'])
    expect(problemsOf(({ name }) => name ?? 'x', [{ name: ' ' }])).toEqual(['bye/en: is empty'])
  })

  it('lists its digits as the dialogue begins', () => {
    expect(problemsOf(() => 'Bye\n0 Exit')).toEqual(['bye/en: lists [0] but takes []'])
  })
})

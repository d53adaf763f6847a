import project from '../../menus/index.ts'
import { describe, expect, it } from '@jest/globals'
import { check } from '../../src/menu-analysis/check.ts'
import { compiled, inAll, soundMenuWith } from '../support/machines.ts'

type Context = { left: number; isNew: boolean; name: string | null; used: number }

/** Checks a menu with this text on its last screen. */
function problemsOf(text: (context: Context) => string, samples: readonly Partial<Context>[] = []): string[] {
  const context = () => ({ left: 3, isNew: false, name: null, used: 0 })
  const { machine, screens } = soundMenuWith({}, { bye: { ...inAll('Goodbye'), en: text } }, { context })
  return check(compiled(machine, screens), project, samples)
}

const tooLong = (octets: number, sample = '') => [
  `bye/en: longer than one USSD message (${octets} of 160 octets)${sample}`,
]

describe('a text that depends on the context is measured', () => {
  it.each<[string, (context: Context) => string, string]>([
    ['with a flag inverted', ({ isNew }) => (isNew ? 'я'.repeat(81) : 'Old'), '{"isNew":true}'],
    ['with zero', ({ left }) => (left === 0 ? 'я'.repeat(81) : 'Some'), '{"left":0}'],
    ['with one', ({ left }) => (left === 1 ? 'я'.repeat(81) : 'Some'), '{"left":1}'],
    ['with a few', ({ left }) => (left === 2 ? 'я'.repeat(81) : 'Some'), '{"left":2}'],
  ])('%s', (_case, text, sample) => {
    expect(problemsOf(text)).toEqual(tooLong(162, ` with ${sample}`))
  })

  it('in the initial context first, otherwise in the one that makes it longest', () => {
    expect(problemsOf(({ left }) => 'я'.repeat(84 - left))).toEqual(tooLong(162))
    expect(problemsOf(({ left }) => 'я'.repeat(83 - left))).toEqual(tooLong(166, ' with {"left":0}'))
  })

  it('with the samples, and with variations of each', () => {
    const named = ({ name, isNew }: Context) => 'я'.repeat(1 + (name?.length ?? 0) + (isNew ? 1 : 0))
    expect(problemsOf(named)).toEqual([])
    expect(problemsOf(named, [{ name: 'x'.repeat(79) }])).toEqual(
      tooLong(162, ` with {"name":"${'x'.repeat(79)}","isNew":true}`),
    )
    expect(problemsOf(named, [{ name: 'x'.repeat(78) }])).toEqual([])
  })

  it('with numbers up to the largest in a sample', () => {
    const five = ({ used }: Context) => (used === 5 ? 'я'.repeat(81) : 'Few')
    expect(problemsOf(five)).toEqual([])
    expect(problemsOf(five, [{ used: 5 }])).toEqual(tooLong(162, ' with {"used":5}'))
    expect(problemsOf(five, [{ used: 20 }])).toEqual(tooLong(162, ' with {"used":5}'))
    expect(problemsOf(({ left }) => 'я'.repeat(77 + left))).toEqual([])
  })

  it('without reporting errors of a varied context', () => {
    const steps = ['', 'one', 'two', 'three']
    expect(problemsOf(({ left }) => `${'я'.repeat(77)}${steps[left]?.slice(0, 3)}`)).toEqual([])
    expect(problemsOf(({ left }) => (left === 1 ? (null as never as string).trim() : 'x'))).toEqual([])
    expect(problemsOf(({ left }) => (left === 1 ? `${'я'.repeat(80)} undefined` : 'x'))).toEqual([])
    expect(problemsOf(({ isNew }) => (isNew ? '' : 'x'))).toEqual([])
  })
})

describe('a text that only some contexts render', () => {
  const greeting = ({ name }: Context) => `Hello ${(name as string).trim()}`

  it('is rendered with the first sample that allows it', () => {
    expect(problemsOf(greeting, [{ left: 1 }, { name: 'Anna' }])).toEqual([])
  })

  it('is reported if no context renders it', () => {
    const problem = "bye/en: cannot be rendered: Cannot read properties of null (reading 'trim')"
    expect(problemsOf(greeting)).toEqual([problem])
    expect(problemsOf(greeting, [{ left: 1 }])).toEqual([problem])
    const ifNew = ({ isNew, name }: Context) => (isNew ? 'Welcome' : (name as string).trim())
    expect(problemsOf(ifNew)).toEqual([problem])
  })

  it('is reported if it is empty or not a string', () => {
    expect(problemsOf(() => undefined as never)).toEqual([
      'bye/en: cannot be rendered: the text is undefined',
    ])
    expect(problemsOf(({ name }) => name ?? 'x', [{ name: ' ' }])).toEqual(['bye/en: is empty'])
  })

  it('must list the accepted digits in the initial context', () => {
    expect(problemsOf(() => 'Bye\n0 Exit')).toEqual(['bye/en: lists [0] but accepts []'])
  })
})

import project from '../../menus/index.ts'
import { describe, expect, it } from '@jest/globals'
import { check } from '../../src/menu-analysis/check.ts'
import { compiled, inAll, soundMenuWith } from '../support/machines.ts'
import type { States, Texts } from '../support/machines.ts'

function problemsOf(states: States, texts: Texts = {}): string[] {
  const { machine, screens } = soundMenuWith(states, texts)
  return check(compiled(machine, screens), project)
}

const guarded = { guard: 'isAmount', target: 'bye' }

describe('check reports a branch that is never taken', () => {
  it.each<[string, States, string]>([
    [
      'behind one without a guard',
      { amount: { on: { text: 'open', 0: [{ target: 'bye' }, guarded] } } },
      'amount: branch 2 of digit 0 is never taken: branch 1 has no guard',
    ],
    [
      'of text, behind one without a guard',
      { amount: { on: { text: [guarded, { target: 'open' }, { target: 'bye' }], 0: 'bye' } } },
      'amount: branch 3 of text is never taken: branch 2 has no guard',
    ],
    [
      'of secret, behind one without a guard',
      { amount: { on: { secret: [{ target: 'open' }, { target: 'bye' }], 0: 'bye' } } },
      'amount: branch 2 of secret is never taken: branch 1 has no guard',
    ],
    [
      'behind one with the same guard',
      {
        amount: {
          on: { text: [guarded, { guard: 'isAmount', target: 'open' }, { target: 'open' }], 0: 'bye' },
        },
      },
      'amount: branch 2 of text is never taken: branch 1 has the same guard',
    ],
    [
      'of onDone',
      {
        lookingUp: {
          invoke: { src: 'look', onDone: [{ target: 'open' }, { target: 'bye' }], onError: 'bye' },
        },
      },
      'lookingUp: branch 2 of onDone is never taken: branch 1 has no guard',
    ],
    [
      'of onError',
      {
        lookingUp: {
          invoke: { src: 'look', onDone: 'open', onError: [{ target: 'open' }, { target: 'bye' }] },
        },
      },
      'lookingUp: branch 2 of onError is never taken: branch 1 has no guard',
    ],
  ])('%s', (_case, states, problem) => {
    expect(problemsOf(states)).toEqual([problem])
  })

  it('but not a branch with another guard', () => {
    const on = {
      text: [guarded, { guard: () => false, target: 'open' }, { guard: () => false, target: 'open' }],
      0: 'bye',
    }
    expect(problemsOf({ amount: { on } })).toEqual([])
  })
})

describe('a choice of a parent state', () => {
  const inside = (list: object, more: object, listed: string): [States, Texts] => [
    {
      amount: {
        initial: 'list',
        on: { 5: '#bye', 0: '#bye' },
        states: { list: { on: { 1: 'more', ...list } }, more: { on: more } },
      },
      bye: { id: 'bye', type: 'final' },
    },
    {
      amount: undefined,
      'amount.list': inAll(`List\n1 More\n${listed}0 Exit`),
      'amount.more': inAll('More\n5 Read\n0 Exit'),
    },
  ]

  it('may be overridden or blocked by some nested states', () => {
    expect(problemsOf(...inside({ 5: 'more' }, {}, '5 More\n'))).toEqual([])
    expect(problemsOf(...inside({ 5: undefined }, {}, ''))).toEqual([])
  })

  it('is named for a screen that lists it but blocks it', () => {
    const problem = "lists [015] but accepts [01]; 'amount' accepts 5, but a nested state blocks it"
    expect(problemsOf(...inside({ 5: undefined }, {}, '5 Read\n'))).toEqual(
      ['ru', 'be', 'en'].map((language) => `amount.list/${language}: ${problem}`),
    )
  })

  it('is named when it belongs to the root', () => {
    const { machine, screens } = soundMenuWith(...inside({ 8: undefined }, {}, '8 Exit\n'), {
      on: { 8: '.bye' },
    })
    expect(check(compiled(machine, screens), project)).toContain(
      "amount.list/ru: lists [018] but accepts [015]; 'the machine' accepts 8, but a nested state blocks it",
    )
  })

  it('is reported if every nested state overrides it', () => {
    const hidden = 'amount: digit 5 is never taken: every nested state handles or blocks it'
    expect(problemsOf(...inside({ 5: 'more' }, { 5: 'list' }, '5 More\n'))).toEqual([hidden])
    expect(problemsOf(...inside({ 5: undefined }, { 5: 'list' }, ''))).toEqual([hidden])
  })

  it('counts as reachable behind a guard', () => {
    const some = { guard: 'isAmount', target: 'list' }
    expect(problemsOf(...inside({ 5: undefined }, { 5: some }, ''))).toEqual([])
  })
})

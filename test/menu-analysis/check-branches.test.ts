import { describe, expect, it } from '@jest/globals'
import { check } from '../../src/menu-analysis/check.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { compiled, inAll, soundMenuBut } from '../support/machines.ts'
import type { States, Texts } from '../support/machines.ts'

function problemsOf(states: States, texts: Texts = {}): string[] {
  const { machine, screens } = soundMenuBut(states, texts)
  return check(compiled(machine, screens), systemMessages.notUnderstood)
}

const guarded = { guard: 'isAmount', target: 'bye' }

describe('a branch that is never taken is found', () => {
  it.each<[string, States, string]>([
    [
      'behind one without a guard',
      { amount: { on: { text: 'open', 0: [{ target: 'bye' }, guarded] } } },
      'amount: branch 2 of digit 0 is never taken: branch 1 has no guard',
    ],
    [
      'behind one without a guard, among texts',
      { amount: { on: { text: [guarded, { target: 'open' }, { target: 'bye' }], 0: 'bye' } } },
      'amount: branch 3 of text is never taken: branch 2 has no guard',
    ],
    [
      'behind one without a guard, among secrets',
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
      'among outcomes',
      {
        lookingUp: {
          invoke: { src: 'look', onDone: [{ target: 'open' }, { target: 'bye' }], onError: 'bye' },
        },
      },
      'lookingUp: branch 2 of onDone is never taken: branch 1 has no guard',
    ],
    [
      'among failures',
      {
        lookingUp: {
          invoke: { src: 'look', onDone: 'open', onError: [{ target: 'open' }, { target: 'bye' }] },
        },
      },
      'lookingUp: branch 2 of onError is never taken: branch 1 has no guard',
    ],
  ])('%s', (_what, states, problem) => {
    expect(problemsOf(states)).toEqual([problem])
  })

  it('and guards that differ are left alone', () => {
    const on = {
      text: [guarded, { guard: () => false, target: 'open' }, { guard: () => false, target: 'open' }],
      0: 'bye',
    }
    expect(problemsOf({ amount: { on } })).toEqual([])
  })
})

describe('a choice of a state with others inside', () => {
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

  it('may be taken otherwise, or kept away, by some of them', () => {
    expect(problemsOf(...inside({ 5: 'more' }, {}, '5 More\n'))).toEqual([])
    expect(problemsOf(...inside({ 5: undefined }, {}, ''))).toEqual([])
  })

  it('is named where a screen lists it that keeps it away', () => {
    const problem = "lists [015] but takes [01]; 'amount' takes 5, and a state inside keeps it away"
    expect(problemsOf(...inside({ 5: undefined }, {}, '5 Read\n'))).toEqual(
      ['ru', 'be', 'en'].map((language) => `amount.list/${language}: ${problem}`),
    )
  })

  it('is named where it is one of the machine itself', () => {
    const { machine, screens } = soundMenuBut(...inside({ 8: undefined }, {}, '8 Exit\n'), {
      on: { 8: '.bye' },
    })
    expect(check(compiled(machine, screens), systemMessages.notUnderstood)).toContain(
      "amount.list/ru: lists [018] but takes [015]; 'the machine' takes 8, and a state inside keeps it away",
    )
  })

  it('is found when none of them lets it through', () => {
    const hidden = 'amount: digit 5 is never taken: every state inside takes it first or keeps it away'
    expect(problemsOf(...inside({ 5: 'more' }, { 5: 'list' }, '5 More\n'))).toEqual([hidden])
    expect(problemsOf(...inside({ 5: undefined }, { 5: 'list' }, ''))).toEqual([hidden])
  })

  it('is let through by a guard', () => {
    const some = { guard: 'isAmount', target: 'list' }
    expect(problemsOf(...inside({ 5: undefined }, { 5: some }, ''))).toEqual([])
  })
})

import { describe, expect, it } from '@jest/globals'
import { check } from '../../src/menu-analysis/check.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import * as contacts from '../docs/contacts-menu.ts'
import { compiled, inAll, soundMenuBut } from '../support/machines.ts'
import type { States, Texts } from '../support/machines.ts'

function problemsOf(states: States, texts: Texts = {}): string[] {
  const { machine, screens } = soundMenuBut(states, texts)
  return check(compiled(machine, screens), systemMessages.notUnderstood)
}

const trapped = (name: string) => `${name}: is a dead end: no reply leads from here to the end`
const shut = (name: string) => `${name}: has no way out; let 0 end the dialogue or go back`

describe('a dead end is found', () => {
  it('where a screen leads to itself alone', () => {
    expect(problemsOf({ amount: { on: { text: 'amount', 0: 'amount' } } })).toEqual([trapped('amount')])
    expect(problemsOf({ amount: { on: { text: { actions: 'count' }, 0: { actions: 'count' } } } })).toEqual([
      trapped('amount'),
    ])
  })

  it('where two screens lead to each other alone', () => {
    const states = { amount: { on: { text: 'more', 0: 'more' } }, more: { on: { 0: 'amount' } } }
    expect(problemsOf(states, { more: inAll('More?\n0 Back') })).toEqual([trapped('amount'), trapped('more')])
  })

  it('where only a service that fails ends the dialogue', () => {
    const states = {
      amount: { on: { text: 'lookingAgain', 0: 'lookingAgain' } },
      lookingAgain: { invoke: { src: 'look', onDone: 'amount', onError: 'bye' } },
    }
    expect(problemsOf(states)).toEqual([trapped('amount')])
  })

  it('where effects follow each other for ever', () => {
    const states = {
      lookingUp: { invoke: { src: 'look', onDone: 'lookingOn', onError: 'open' } },
      lookingOn: { invoke: { src: 'look', onDone: 'lookingUp', onError: 'bye' } },
    }
    expect(problemsOf(states)).toEqual([
      'lookingUp: performs effects without end: no onDone leads to a screen',
      'lookingOn: performs effects without end: no onDone leads to a screen',
    ])
  })

  it('and not where effects are tried again until one of them succeeds', () => {
    const again = [{ guard: 'isAmount', target: 'lookingUp' }, { target: 'open' }]
    expect(problemsOf({ lookingUp: { invoke: { src: 'look', onDone: again, onError: 'bye' } } })).toEqual([])
  })
})

describe('a screen without a way out is found', () => {
  const amount = (on: object, ...lines: string[]): [States, Texts] => [
    { amount: { on } },
    { amount: inAll(['How much?', ...lines].join('\n')) },
  ]

  it.each<[string, [States, Texts]]>([
    ['where no digit is taken', amount({ text: 'open' })],
    ['where every digit leads on', amount({ 1: 'sure' }, '1 Close')],
    ['where 0 stays where it is', amount({ text: 'open', 0: { actions: 'count' } }, '0 Exit')],
    [
      'where a branch leads on',
      amount({ 9: [{ guard: 'isAmount', target: 'bye' }, { target: 'sure' }] }, '9 Exit'),
    ],
  ])('%s', (_what, [states, texts]) => {
    expect(problemsOf(states, texts)).toEqual([shut('amount')])
  })

  it('where the only digit that ends the dialogue changes something', () => {
    expect(
      problemsOf(
        { sure: { tags: 'confirmation', on: { 2: 'closingAll' } } },
        { sure: inAll('Sure?\n2 Yes') },
      ),
    ).toEqual([shut('sure')])
  })

  it('at the very beginning', () => {
    const open = { open: { on: { 1: 'sure', 3: 'amount' } } }
    expect(problemsOf(open, { open: inAll('Open\n1 Close\n3 Amount') })).toEqual([shut('open')])
  })

  it.each<[string, [States, Texts]]>([
    ['a digit that goes back', amount({ 9: 'open' }, '9 Back')],
    ['a digit that looks something up and goes back', amount({ 9: 'lookingUp' }, '9 Back')],
    ['a digit that ends', amount({ 1: 'bye' }, '1 Read on')],
    [
      'a digit whose branches all go back or end',
      amount({ 9: [{ guard: 'isAmount', target: 'bye' }, { target: 'open' }] }, '9 Back'),
    ],
  ])('and %s is one', (_what, [states, texts]) => {
    expect(problemsOf(states, texts)).toEqual([])
  })

  it('and 0 is one that leads from a notice to the main menu behind it', () => {
    const states = {
      lookingUp: { invoke: { src: 'look', onDone: 'notice', onError: 'bye' } },
      notice: { on: { 0: 'open' } },
    }
    expect(problemsOf(states, { notice: inAll('You owe 5\n0 Menu') })).toEqual([])
  })

  it('and the one digit of the menu the documents show', () => {
    expect(check(compiled(contacts.machine, contacts.screens), systemMessages.notUnderstood)).toEqual([])
  })
})

import project from '../../menus/index.ts'
import { describe, expect, it } from '@jest/globals'
import { check } from '../../src/menu-analysis/check.ts'
import * as contacts from '../docs/contacts-menu.ts'
import { compiled, inAll, soundMenuWith } from '../support/machines.ts'
import type { States, Texts } from '../support/machines.ts'

function problemsOf(states: States, texts: Texts = {}): string[] {
  const { machine, screens } = soundMenuWith(states, texts)
  return check(compiled(machine, screens), project)
}

const deadEnd = (name: string) => `${name}: is a dead end: no reply leads to an end of the dialogue`
const noWayOut = (name: string) => `${name}: has no way out; let 0 end the dialogue or go back`

describe('check reports a dead end', () => {
  it('where a screen leads only to itself', () => {
    expect(problemsOf({ amount: { on: { text: 'amount', 0: 'amount' } } })).toEqual([deadEnd('amount')])
    expect(problemsOf({ amount: { on: { text: { actions: 'count' }, 0: { actions: 'count' } } } })).toEqual([
      deadEnd('amount'),
    ])
  })

  it('where two screens lead only to each other', () => {
    const states = { amount: { on: { text: 'more', 0: 'more' } }, more: { on: { 0: 'amount' } } }
    expect(problemsOf(states, { more: inAll('More?\n0 Back') })).toEqual([deadEnd('amount'), deadEnd('more')])
  })

  it('where only a failing service ends the dialogue', () => {
    const states = {
      amount: { on: { text: 'lookingAgain', 0: 'lookingAgain' } },
      lookingAgain: { invoke: { src: 'look', onDone: 'amount', onError: 'bye' } },
    }
    expect(problemsOf(states)).toEqual([deadEnd('amount')])
  })

  it('where effects form a loop', () => {
    const states = {
      lookingUp: { invoke: { src: 'look', onDone: 'lookingOn', onError: 'open' } },
      lookingOn: { invoke: { src: 'look', onDone: 'lookingUp', onError: 'bye' } },
    }
    expect(problemsOf(states)).toEqual([
      'lookingUp: runs effects in a loop: no onDone leads to a screen',
      'lookingOn: runs effects in a loop: no onDone leads to a screen',
    ])
  })

  it('but not where effects are retried until one succeeds', () => {
    const again = [{ guard: 'isAmount', target: 'lookingUp' }, { target: 'open' }]
    expect(problemsOf({ lookingUp: { invoke: { src: 'look', onDone: again, onError: 'bye' } } })).toEqual([])
  })
})

describe('check reports a screen without a way out', () => {
  const amount = (on: object, ...lines: string[]): [States, Texts] => [
    { amount: { on } },
    { amount: inAll(['How much?', ...lines].join('\n')) },
  ]

  it.each<[string, [States, Texts]]>([
    ['where no digit is accepted', amount({ text: 'open' })],
    ['where every digit leads forward', amount({ 1: 'sure' }, '1 Close')],
    ['where 0 stays on the screen', amount({ text: 'open', 0: { actions: 'count' } }, '0 Exit')],
    [
      'where a branch leads forward',
      amount({ 9: [{ guard: 'isAmount', target: 'bye' }, { target: 'sure' }] }, '9 Exit'),
    ],
  ])('%s', (_case, [states, texts]) => {
    expect(problemsOf(states, texts)).toEqual([noWayOut('amount')])
  })

  it('where the only digit that ends the dialogue changes something', () => {
    expect(
      problemsOf(
        { sure: { tags: 'confirmation', on: { 2: 'closingAll' } } },
        { sure: inAll('Sure?\n2 Yes') },
      ),
    ).toEqual([noWayOut('sure')])
  })

  it('at the start of the dialogue', () => {
    const open = { open: { on: { 1: 'sure', 3: 'amount' } } }
    expect(problemsOf(open, { open: inAll('Open\n1 Close\n3 Amount') })).toEqual([noWayOut('open')])
  })

  it.each<[string, [States, Texts]]>([
    ['a digit that goes back', amount({ 9: 'open' }, '9 Back')],
    ['a digit that runs a lookup and goes back', amount({ 9: 'lookingUp' }, '9 Back')],
    ['a digit that ends the dialogue', amount({ 1: 'bye' }, '1 Read on')],
    [
      'a digit whose branches all go back or end',
      amount({ 9: [{ guard: 'isAmount', target: 'bye' }, { target: 'open' }] }, '9 Back'),
    ],
  ])('but not one with %s', (_case, [states, texts]) => {
    expect(problemsOf(states, texts)).toEqual([])
  })

  it("but not a notice that the project's key for back leaves", () => {
    const { machine, screens } = soundMenuWith(
      {
        lookingUp: { invoke: { src: 'look', onDone: 'notice', onError: 'bye' } },
        notice: { on: { 9: 'open' } },
      },
      { notice: inAll('News\n9 Back') },
    )
    const menu = compiled(machine, screens)
    const withoutWayOut = (name: string, key: string) =>
      `${name}: has no way out; let ${key} end the dialogue or go back`
    expect(check(menu, project)).toEqual([withoutWayOut('notice', '0')])
    expect(check(menu, { ...project, keys: { back: '9' } })).toEqual([])
  })

  it('but not a notice whose 0 leads to the main menu', () => {
    const states = {
      lookingUp: { invoke: { src: 'look', onDone: 'notice', onError: 'bye' } },
      notice: { on: { 0: 'open' } },
    }
    expect(problemsOf(states, { notice: inAll('You owe 5\n0 Menu') })).toEqual([])
  })

  it('but not the menu of the documentation', () => {
    expect(check(compiled(contacts.machine, contacts.screens), project)).toEqual([])
  })
})

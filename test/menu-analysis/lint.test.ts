/** Mistakes of a menu's author, and the messages that locate them. */
import { describe, expect, it } from '@jest/globals'
import project, { menus } from '../../menus/index.ts'
import { lintMenus } from '../../src/menu-analysis/lint.ts'
import type { LintedMenu } from '../../src/menu-analysis/lint.ts'
import type { Shortcut } from '../../src/menu-analysis/lint-shortcuts.ts'
import * as contacts from '../docs/contacts-menu.ts'
import { inAll, soundMenuWith } from '../support/machines.ts'

const problemsOf = (
  table: Readonly<Record<string, LintedMenu>>,
  shortcuts: readonly Shortcut[] = [],
): readonly string[] => lintMenus({ ...project, codes: table }, shortcuts)

const sound = soundMenuWith()
const at = (...but: Parameters<typeof soundMenuWith>) => ({ '*100#': soundMenuWith(...but) })
const one = (language: string, text: string) => ({
  ...inAll('Open\n1 Close\n3 Amount\n0 Exit'),
  [language]: text,
})
const forms = 'use *141#, *141*0# or #144#, or *101…# for all numbers that begin with 101'
const entry = (dialled: string, ...leadsTo: string[]): Shortcut => ({ dialled, says: 'close it', leadsTo })

describe('lintMenus', () => {
  it('accepts the shipped menus, the menu of the documentation, and the one that the tests below break', () => {
    expect(problemsOf({ ...menus, '*141*5#': contacts, '*100#': sound })).toEqual([])
  })

  it('accepts codes with a common prefix that shadow no shortcut', () => {
    expect(problemsOf({ '*100#': sound, '*100*5#': sound, '*100*10#': sound, '*1001#': sound })).toEqual([])
  })

  it('accepts an empty table', () => {
    expect(problemsOf({})).toEqual([])
  })
})

const quick = { lookingUp: { invoke: { src: 'look', onDone: 'open', onError: 'bye' } } }

describe('lintMenus reports', () => {
  it.each<[string, Readonly<Record<string, LintedMenu>>, readonly Shortcut[], string[]]>([
    [
      'an unreachable state',
      at({ lost: { on: { 0: 'bye' } } }, { lost: inAll('Lost\n0 Exit') }),
      [],
      ['*100# lost: is unreachable: no transition leads here'],
    ],
    [
      'a dead end',
      at({ amount: { on: { text: 'amount', 0: 'amount' } } }),
      [],
      ['*100# amount: is a dead end: no reply leads to an end of the dialogue'],
    ],
    [
      'a loop of effects',
      at({ ...quick, lookingUp: { invoke: { src: 'look', onDone: 'lookingUp', onError: 'open' } } }),
      [],
      ['*100# lookingUp: runs effects in a loop: no onDone leads to a screen'],
    ],
    [
      'a screen without a way out',
      at({ amount: { on: { text: 'open' } } }, { amount: inAll('How much?') }),
      [],
      ['*100# amount: has no way out; let 0 end the dialogue or go back'],
    ],
    [
      'a way out that one language does not list',
      at({}, { open: one('be', 'Open\n1 Close\n3 Amount') }),
      [],
      ['*100# open/be: lists [13] but accepts [013]; 0 is listed in ru, en'],
    ],
    [
      'a branch behind one without a guard',
      at({ amount: { on: { text: [{ target: 'open' }, { guard: 'isAmount', target: 'bye' }], 0: 'bye' } } }),
      [],
      ['*100# amount: branch 2 of text is never taken: branch 1 has no guard'],
    ],
    [
      'a choice that every nested state overrides',
      at(
        {
          amount: { initial: 'list', on: { 5: '#bye' }, states: { list: { on: { 5: '#open', 0: '#bye' } } } },
          open: { id: 'open', on: { 1: 'sure', 3: 'amount', 0: 'bye' } },
          bye: { id: 'bye', type: 'final' },
        },
        { amount: undefined, 'amount.list': inAll('List\n5 Open\n0 Exit') },
      ),
      [],
      ['*100# amount: digit 5 is never taken: every nested state handles or blocks it'],
    ],
    [
      'a digit for two choices in one language',
      at({}, { open: one('en', 'Open\n1 Close\n1 Shut\n3 Amount\n0 Exit') }),
      [],
      ['*100# open/en: lists 1 twice'],
    ],
    [
      'a digit that is listed but not accepted',
      at({}, { bye: inAll('Goodbye\n9 Again') }),
      [],
      ['ru', 'be', 'en'].map((language) => `*100# bye/${language}: lists [9] but accepts []`),
    ],
    [
      'a text that is too long',
      at({}, { bye: { ...inAll('Goodbye'), ru: 'я'.repeat(81) } }),
      [],
      ['*100# bye/ru: longer than one USSD message (162 of 160 octets)'],
    ],
    [
      'a text that is too long in some context',
      {
        '*100#': {
          ...soundMenuWith(
            {},
            {
              bye: { ...inAll('Goodbye'), ru: (c: object) => 'я'.repeat(79) + ('n' in c ? String(c.n) : '') },
            },
          ),
          samples: [{ n: 7 }, { n: 10 }],
        },
      },
      [],
      ['*100# bye/ru: longer than one USSD message (162 of 160 octets) with {"n":10}'],
    ],
    ['a missing language', at({}, { bye: { ru: 'Пока', be: 'Пакуль' } }), [], ['*100# bye/en: has no text']],
    [
      'a change without a confirmation',
      at({ sure: { on: { 2: 'closingAll', 0: 'bye' } } }),
      [],
      ["*100# sure: 2 runs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a confirmation by the digit that leads to it',
      at(
        { sure: { tags: 'confirmation', on: { 1: 'closingAll', 0: 'bye' } } },
        { sure: inAll('Sure?\n1 Yes\n0 No') },
      ),
      [],
      ["*100# sure: accepts digit 1, which also leads to it from 'open'; use another digit"],
    ],
    [
      'an effect without onError',
      at({ closingAll: { invoke: { src: 'change', onDone: 'bye' } } }),
      [],
      ['*100# closingAll: has no onError'],
    ],
    [
      'a timer',
      at({ amount: { on: { text: 'open', 0: 'bye' }, after: { 1000: 'bye' } } }),
      [],
      ["*100# amount: has 'after', but a menu has no timers; the network ends idle dialogues"],
    ],
    [
      'a code that phones do not send as USSD',
      { '*21#': sound },
      [],
      ['*21#: is supplementary service 21, which a phone does not send as USSD'],
    ],
    [
      'a code that shadows a choice of another',
      { '*100#': sound, '*100*3#': sound },
      [],
      ['*100#: accepts 3, but *100*3# dials another menu'],
    ],
    [
      'a published shortcut whose digit was removed',
      at(
        { open: { on: { 1: 'sure', 0: 'bye' } }, amount: undefined },
        { open: inAll('Open\n1 Close\n0 Exit'), amount: undefined },
      ),
      [entry('*100*3#', 'amount', 'bye')],
      [
        "shortcut *100*3# (close it): no screen of *100# on the way accepts '3'",
        'shortcut *100*3# (close it): leads to [bye, open] of *100#, but its entry says [amount, bye]',
      ],
    ],
    [
      'a published shortcut that leads elsewhere',
      at({ open: { on: { 1: 'bye', 3: 'sure', 0: 'bye' } }, amount: undefined }, { amount: undefined }),
      [entry('*100*1#', 'sure', 'bye')],
      ['shortcut *100*1# (close it): leads to [bye] of *100#, but its entry says [bye, sure]'],
    ],
  ])('%s', (_case, table, shortcuts, problems) => {
    expect(problemsOf(table, shortcuts)).toEqual(problems)
  })
})

describe('a code', () => {
  it.each([
    ['*#06#', '*#06#: is handled by the phone and never sent'],
    ['*04*1*2*3#', '*04*1*2*3#: is handled by the phone and never sent'],
    [
      '*21*375291234567#',
      '*21*375291234567#: is supplementary service 21, which a phone does not send as USSD',
    ],
    ['*31#375291234567', '*31#375291234567: is dialled as a call, not sent as USSD'],
    ['150', '150: is dialled as a call, not sent as USSD'],
    ['7', `'7' is not a code; ${forms}`],
    ['**141#', `'**141#' is not a code; ${forms}`],
    ['*141# ', `'*141# ' is not a code; ${forms}`],
    ['*141*#', `'*141*#' is not a code; ${forms}`],
    ['*101...#', "'*101...#' is not a code; write the one character … (U+2026): '*101…#'"],
    ['#21#', '#21#: is supplementary service 21, which a phone does not send as USSD'],
    ['*21*5…#', '*21*5…#: is supplementary service 21, which a phone does not send as USSD'],
    ['*141*я#', '*141*я#: has a character that phones do not send in a code'],
    [`*${'1'.repeat(181)}#`, `*${'1'.repeat(181)}#: exceeds the 182 septets that a phone sends`],
    ['', "'': is empty"],
  ])('such as %s is rejected', (code, problem) => {
    expect(problemsOf({ [code]: sound })).toEqual([problem])
  })

  it.each(['*141#', '#144#', '*101…#', '*2…#', '*1#', '*211#', '*21*1*2*3*4#', `*${'1'.repeat(180)}#`])(
    'such as %s is accepted',
    (code) => {
      expect(problemsOf({ [code]: sound })).toEqual([])
    },
  )
})

describe('a digit prefix', () => {
  it('is reported when a shorter code takes every string of it', () => {
    expect(problemsOf({ '*100#': sound, '*100*5…#': sound })).toEqual([
      '*100*5…#: is never reached, because *100# takes every string of it',
    ])
    expect(problemsOf({ '*100#': sound, '*100…#': sound, '*1002#': sound, '#100*5…#': sound })).toEqual([])
  })
})

describe('a code with the prefix of another', () => {
  const hidden = (parts: string, code: string) => [`*100#: accepts ${parts}, but ${code} dials another menu`]

  it('shadows a sequence of choices', () => {
    const open = { on: { 1: 'sure', 3: 'amount', 0: 'bye' } }
    const amount = { on: { 6: 'open', 0: 'bye' } }
    const first = soundMenuWith({ open, amount }, { amount: inAll('Amount\n6 More\n0 Exit') })
    expect(problemsOf({ '*100#': first, '*100*3*6#': sound })).toEqual(hidden('3, then 6', '*100*3*6#'))
    expect(problemsOf({ '*100#': first, '*100*3*7#': sound })).toEqual([])
    expect(problemsOf({ '*100#': first, '*100*6#': sound })).toEqual([])
  })

  it('shadows a choice that depends on an outcome', () => {
    const first = soundMenuWith(
      {
        lookingUp: { invoke: { src: 'look', onDone: 'open', onError: 'amount' } },
        amount: { on: { 7: 'open', 0: 'bye' } },
      },
      { amount: inAll('Amount\n7 More\n0 Exit') },
    )
    expect(problemsOf({ '*100#': first, '*100*7#': sound })).toEqual(hidden('7', '*100*7#'))
  })

  it('shadows free text, unless a guard can reject it', () => {
    const free = soundMenuWith({ amount: { on: { text: 'open', 0: 'bye' } } })
    expect(problemsOf({ '*100#': free, '*100*3*250#': sound })).toEqual(hidden('3, then 250', '*100*3*250#'))
    expect(problemsOf({ '*100#': sound, '*100*3*250#': sound })).toEqual([])
  })

  it('shadows nothing behind a confirmation or a secret, where a shortcut stops', () => {
    expect(problemsOf({ '*100#': sound, '*100*1*2#': sound })).toEqual([])
    const secret = soundMenuWith({ amount: { on: { secret: 'open', 0: 'bye' } } })
    expect(problemsOf({ '*100#': secret, '*100*3*0#': sound })).toEqual([])
  })
})

describe('a published shortcut', () => {
  const table = { '*100#': sound }

  it.each([
    ['a code alone', entry('*100#', 'open', 'bye')],
    ['a code and digits', entry('*100*1#', 'bye', 'sure')],
    ['free text that a guard can reject', entry('*100*3*250#', 'amount', 'open', 'bye')],
    ['a string for Latin letters', entry('#100*1#', 'sure', 'bye')],
  ])('may be %s', (_case, shortcut) => {
    expect(problemsOf(table, [shortcut])).toEqual([])
  })

  it('is for Latin letters only if the project has them', () => {
    const plain = { ...project, latin: false, codes: { '*100#': sound } }
    expect(lintMenus(plain, [entry('#100*1#', 'sure', 'bye')])).toEqual([
      'shortcut #100*1# (close it): matches no menu',
    ])
  })

  it('may begin with a digit prefix', () => {
    expect(problemsOf({ '*100…#': sound }, [entry('*1001#', 'sure', 'bye')])).toEqual([])
  })

  it('leads to the menu with the longest matching code', () => {
    const both = { '*100#': sound, '*100*5#': contacts }
    expect(problemsOf(both, [entry('*100*5*1#', 'phone')])).toEqual([])
  })

  it.each([
    [entry('*101#', 'open'), 'matches no menu'],
    [entry('100', 'open'), 'is dialled as a call, not sent as USSD'],
    [entry('*21*1#', 'open'), 'is supplementary service 21, which a phone does not send as USSD'],
    [entry('*100##', 'open'), 'matches no menu'],
    [entry('*100*9#', 'open', 'bye'), "no screen of *100# on the way accepts '9'"],
    [entry('*100*1*2#', 'sure', 'bye'), "no screen of *100# on the way accepts '2'"],
    [entry('*100*1#', 'sure'), 'leads to [bye, sure] of *100#, but its entry says [sure]'],
    [
      entry('*100*1#', 'sure', 'bye', 'gone'),
      'leads to [bye, sure] of *100#, but its entry says [bye, gone, sure]',
    ],
  ])('is reported: %j', (shortcut, problem) => {
    expect(problemsOf(table, [shortcut])).toEqual([`shortcut ${shortcut.dialled} (close it): ${problem}`])
  })
})

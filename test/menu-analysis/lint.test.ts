/** The mistakes an author can make, each with the message that names the place. */
import { describe, expect, it } from '@jest/globals'
import { menus } from '../../menus/index.ts'
import { lintMenus } from '../../src/menu-analysis/lint.ts'
import type { LintedMenu } from '../../src/menu-analysis/lint.ts'
import type { Shortcut } from '../../src/menu-analysis/lint-shortcuts.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import * as contacts from '../docs/contacts-menu.ts'
import { inAll, soundMenuBut } from '../support/machines.ts'

const { notUnderstood } = systemMessages

const problemsOf = (
  table: Readonly<Record<string, LintedMenu>>,
  shortcuts: readonly Shortcut[] = [],
): readonly string[] => lintMenus(table, { notUnderstood, shortcuts })

const sound = soundMenuBut()
const at = (...but: Parameters<typeof soundMenuBut>) => ({ '*100#': soundMenuBut(...but) })
const one = (language: string, text: string) => ({
  ...inAll('Open\n1 Close\n3 Amount\n0 Exit'),
  [language]: text,
})
const told = (dialled: string, ...leadsTo: string[]): Shortcut => ({ dialled, says: 'close it', leadsTo })

describe('sound menus', () => {
  it('have no problems: those of the routing table, the one of the documents, and the one that is broken below', () => {
    expect(problemsOf({ ...menus, '*141*5#': contacts, '*100#': sound })).toEqual([])
  })

  it('may stand at codes that begin alike, and at those that begin with another whose digits they do not hide', () => {
    expect(problemsOf({ '*100#': sound, '*100*5#': sound, '*100*10#': sound, '*1001#': sound })).toEqual([])
  })

  it('may be none', () => {
    expect(problemsOf({})).toEqual([])
  })
})

const quick = { lookingUp: { invoke: { src: 'look', onDone: 'open', onError: 'bye' } } }

describe('a mistake is found', () => {
  it.each<[string, Readonly<Record<string, LintedMenu>>, readonly Shortcut[], string[]]>([
    [
      'a state that no reply leads to',
      at({ lost: { on: { 0: 'bye' } } }, { lost: inAll('Lost\n0 Exit') }),
      [],
      ['*100# lost: no reply leads here'],
    ],
    [
      'a dead end',
      at({ amount: { on: { text: 'amount', 0: 'amount' } } }),
      [],
      ['*100# amount: is a dead end: no reply leads from here to the end'],
    ],
    [
      'effects without end',
      at({ ...quick, lookingUp: { invoke: { src: 'look', onDone: 'lookingUp', onError: 'open' } } }),
      [],
      ['*100# lookingUp: performs effects without end: no onDone leads to a screen'],
    ],
    [
      'a screen without a way out',
      at({ amount: { on: { text: 'open' } } }, { amount: inAll('How much?') }),
      [],
      ['*100# amount: has no way out; let 0 end the dialogue or go back'],
    ],
    [
      'the way out lost in one language',
      at({}, { open: one('be', 'Open\n1 Close\n3 Amount') }),
      [],
      ['*100# open/be: lists [13] but takes [013]; 0 is listed in ru, en'],
    ],
    [
      'a branch behind one that is always taken',
      at({ amount: { on: { text: [{ target: 'open' }, { guard: 'isAmount', target: 'bye' }], 0: 'bye' } } }),
      [],
      ['*100# amount: branch 2 of text is never taken: branch 1 has no guard'],
    ],
    [
      'a choice that every state inside hides',
      at(
        {
          amount: { initial: 'list', on: { 5: '#bye' }, states: { list: { on: { 5: '#open', 0: '#bye' } } } },
          open: { id: 'open', on: { 1: 'sure', 3: 'amount', 0: 'bye' } },
          bye: { id: 'bye', type: 'final' },
        },
        { amount: undefined, 'amount.list': inAll('List\n5 Open\n0 Exit') },
      ),
      [],
      ['*100# amount: digit 5 is never taken: every state inside takes it first or keeps it away'],
    ],
    [
      'a digit for two choices in one language',
      at({}, { open: one('en', 'Open\n1 Close\n1 Shut\n3 Amount\n0 Exit') }),
      [],
      ['*100# open/en: lists 1 twice'],
    ],
    [
      'a digit listed and not taken',
      at({}, { bye: inAll('Goodbye\n9 Again') }),
      [],
      ['ru', 'be', 'en'].map((language) => `*100# bye/${language}: lists [9] but takes []`),
    ],
    [
      'a text that is too long',
      at({}, { bye: { ...inAll('Goodbye'), ru: 'я'.repeat(81) } }),
      [],
      ['*100# bye/ru: longer than one USSD message (162 of 160 octets)'],
    ],
    [
      'a text that grows too long with the context',
      {
        '*100#': {
          ...soundMenuBut(
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
    [
      'a language that is missing',
      at({}, { bye: { ru: 'Пока', be: 'Пакуль' } }),
      [],
      ['*100# bye/en: has no text'],
    ],
    [
      'a change that asks nobody',
      at({ sure: { on: { 2: 'closingAll', 0: 'bye' } } }),
      [],
      ["*100# sure: 2 performs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a confirmation by the digit that led to it',
      at(
        { sure: { tags: 'confirmation', on: { 1: 'closingAll', 0: 'bye' } } },
        { sure: inAll('Sure?\n1 Yes\n0 No') },
      ),
      [],
      ["*100# sure: takes the digit 1 that led to it from 'open'"],
    ],
    [
      'an effect that nothing catches',
      at({ closingAll: { invoke: { src: 'change', onDone: 'bye' } } }),
      [],
      ['*100# closingAll: has no onError'],
    ],
    [
      'time that passes in the machine',
      at({ amount: { on: { text: 'open', 0: 'bye' }, after: { 1000: 'bye' } } }),
      [],
      ["*100# amount: has 'after', but time is the network's"],
    ],
    [
      'a code that a phone keeps',
      { '*21#': sound },
      [],
      ['*21#: is supplementary service 21, which a phone does not send as USSD'],
    ],
    [
      'a code that hides a choice of another',
      { '*100#': sound, '*100*3#': sound },
      [],
      ['*100#: takes 3, which cannot be dialled: *100*3# is another menu'],
    ],
    [
      'a published shortcut whose digit was taken away',
      at(
        { open: { on: { 1: 'sure', 0: 'bye' } }, amount: undefined },
        { open: inAll('Open\n1 Close\n0 Exit'), amount: undefined },
      ),
      [told('*100*3#', 'amount', 'bye')],
      [
        "shortcut *100*3# (close it): no screen of *100# on the way takes '3'",
        'shortcut *100*3# (close it): leads to [bye, open] of *100#, but is said to lead to [amount, bye]',
      ],
    ],
    [
      'a published shortcut that leads elsewhere',
      at({ open: { on: { 1: 'bye', 3: 'sure', 0: 'bye' } }, amount: undefined }, { amount: undefined }),
      [told('*100*1#', 'sure', 'bye')],
      ['shortcut *100*1# (close it): leads to [bye] of *100#, but is said to lead to [bye, sure]'],
    ],
  ])('%s', (_what, table, shortcuts, problems) => {
    expect(problemsOf(table, shortcuts)).toEqual(problems)
  })
})

describe('a code', () => {
  it.each([
    ['*#06#', '*#06#: is handled in the phone itself and never sent'],
    ['*04*1*2*3#', '*04*1*2*3#: is handled in the phone itself and never sent'],
    [
      '*21*375291234567#',
      '*21*375291234567#: is supplementary service 21, which a phone does not send as USSD',
    ],
    ['*31#375291234567', '*31#375291234567: is called, not sent as USSD'],
    ['150', '150: is called, not sent as USSD'],
    ['7', '7: is not of the form *digits[*digits…]#'],
    ['**141#', '**141#: is not of the form *digits[*digits…]#'],
    ['#141#', '#141#: is not of the form *digits[*digits…]#'],
    ['*141# ', '*141# : is not of the form *digits[*digits…]#'],
    ['*141*#', '*141*#: is not of the form *digits[*digits…]#'],
    ['*141*я#', '*141*я#: has a character that no phone sends in a code'],
    [`*${'1'.repeat(181)}#`, `*${'1'.repeat(181)}#: is longer than the 182 septets that a phone sends`],
    ['', "'': is empty"],
  ])('such as %s is refused', (code, problem) => {
    expect(problemsOf({ [code]: sound })).toEqual([problem])
  })

  it.each(['*141#', '*1#', '*211#', '*21*1*2*3*4#', `*${'1'.repeat(180)}#`])(
    'such as %s is sound',
    (code) => {
      expect(problemsOf({ [code]: sound })).toEqual([])
    },
  )
})

describe('a code that begins with another', () => {
  const hidden = (parts: string, code: string) => [
    `*100#: takes ${parts}, which cannot be dialled: ${code} is another menu`,
  ]

  it('hides choices one after the other', () => {
    const open = { on: { 1: 'sure', 3: 'amount', 0: 'bye' } }
    const amount = { on: { 6: 'open', 0: 'bye' } }
    const first = soundMenuBut({ open, amount }, { amount: inAll('Amount\n6 More\n0 Exit') })
    expect(problemsOf({ '*100#': first, '*100*3*6#': sound })).toEqual(hidden('3, then 6', '*100*3*6#'))
    expect(problemsOf({ '*100#': first, '*100*3*7#': sound })).toEqual([])
    expect(problemsOf({ '*100#': first, '*100*6#': sound })).toEqual([])
  })

  it('hides a choice that some outcome brings', () => {
    const first = soundMenuBut(
      {
        lookingUp: { invoke: { src: 'look', onDone: 'open', onError: 'amount' } },
        amount: { on: { 7: 'open', 0: 'bye' } },
      },
      { amount: inAll('Amount\n7 More\n0 Exit') },
    )
    expect(problemsOf({ '*100#': first, '*100*7#': sound })).toEqual(hidden('7', '*100*7#'))
  })

  it('hides a text that anything may be, and not one that a guard may refuse', () => {
    const free = soundMenuBut({ amount: { on: { text: 'open', 0: 'bye' } } })
    expect(problemsOf({ '*100#': free, '*100*3*250#': sound })).toEqual(hidden('3, then 250', '*100*3*250#'))
    expect(problemsOf({ '*100#': sound, '*100*3*250#': sound })).toEqual([])
  })

  it('hides nothing behind a confirmation or a secret, where what was dialled stops', () => {
    expect(problemsOf({ '*100#': sound, '*100*1*2#': sound })).toEqual([])
    const secret = soundMenuBut({ amount: { on: { secret: 'open', 0: 'bye' } } })
    expect(problemsOf({ '*100#': secret, '*100*3*0#': sound })).toEqual([])
  })
})

describe('a published shortcut', () => {
  const table = { '*100#': sound }

  it.each([
    ['the code alone', told('*100#', 'open', 'bye')],
    ['digits behind it', told('*100*1#', 'bye', 'sure')],
    ['a text, which a guard may refuse', told('*100*3*250#', 'amount', 'open', 'bye')],
    ['Latin letters', told('#100*1#', 'sure', 'bye')],
  ])('is sound: %s', (_what, shortcut) => {
    expect(problemsOf(table, [shortcut])).toEqual([])
  })

  it('leads to the menu whose code is longest', () => {
    const both = { '*100#': sound, '*100*5#': contacts }
    expect(problemsOf(both, [told('*100*5*1#', 'phone')])).toEqual([])
  })

  it.each([
    [told('*101#', 'open'), 'leads to no menu'],
    [told('100', 'open'), 'is called, not sent as USSD'],
    [told('*21*1#', 'open'), 'is supplementary service 21, which a phone does not send as USSD'],
    [told('*100##', 'open'), 'leads to no menu'],
    [told('*100*9#', 'open', 'bye'), "no screen of *100# on the way takes '9'"],
    [told('*100*1*2#', 'sure', 'bye'), "no screen of *100# on the way takes '2'"],
    [told('*100*1#', 'sure'), 'leads to [bye, sure] of *100#, but is said to lead to [sure]'],
    [
      told('*100*1#', 'sure', 'bye', 'gone'),
      'leads to [bye, sure] of *100#, but is said to lead to [bye, gone, sure]',
    ],
  ])('is a mistake: %j', (shortcut, problem) => {
    expect(problemsOf(table, [shortcut])).toEqual([`shortcut ${shortcut.dialled} (close it): ${problem}`])
  })
})

import { describe, expect, it } from '@jest/globals'
import { assign, raise, spawnChild } from 'xstate'
import { effect } from '../../src/engine/authoring.ts'
import type { Language } from '../../src/engine/authoring.ts'
import { check } from '../../src/menu-analysis/check.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { compiled, inAll, soundMenuBut, subjects } from '../support/machines.ts'
import type { States, Texts } from '../support/machines.ts'

function problemsOf(...but: Parameters<typeof soundMenuBut>): string[] {
  const { machine, screens } = soundMenuBut(...but)
  return check(compiled(machine, screens), systemMessages.notUnderstood)
}

describe('a sound menu', () => {
  it.each(subjects.map(({ menu }) => ({ code: menu.code, menu })))('is $code', ({ menu }) => {
    expect(check(menu, systemMessages.notUnderstood)).toEqual([])
  })

  it('is the one that the mistakes below are made in', () => {
    expect(problemsOf()).toEqual([])
  })

  it('may have nested states, whose parents take replies for them', () => {
    const nested = {
      open: {
        initial: 'list',
        on: { 0: 'bye', 3: 'amount', 4: 'amount' },
        states: {
          list: { on: { 1: 'more', 4: undefined } },
          more: { on: { 2: '#sure', 3: undefined, 4: [{ guard: 'isAmount', target: 'list' }] } },
        },
      },
      amount: { id: 'amount', on: { text: 'open', 0: 'bye' } },
      sure: { id: 'sure', tags: 'confirmation', on: { 9: 'closingAll', 0: 'bye' } },
    }
    const texts = {
      open: undefined,
      'open.list': inAll('List\n1 More\n3 Amount\n0 Exit'),
      'open.more': inAll('More\n2 Close\n4 List\n0 Exit'),
      sure: inAll('Sure?\n9 Yes\n0 No'),
    }
    expect(problemsOf(nested, texts)).toEqual([])
  })

  it('may look things up by any reply', () => {
    expect(problemsOf({ amount: { on: { text: 'lookingUp', 0: 'lookingUp' } } })).toEqual([])
  })

  it('may perform an effect by a secret, which is never dialled', () => {
    expect(problemsOf({ amount: { on: { secret: 'closingAll', 0: 'bye' } } })).toEqual([])
  })

  it('may assign on the way, by name or in place', () => {
    const actions = ['count', assign({ left: 1 })]
    expect(
      problemsOf({ amount: { entry: actions, on: { text: { target: 'open', actions }, 0: 'bye' } } }),
    ).toEqual([])
  })

  it('may say what depends on its context', () => {
    expect(problemsOf({}, { bye: inAll(({ left }: { left: number }) => `Left: ${left}`) })).toEqual([])
  })
})

const withText = (name: string, language: Language, text: unknown): Texts => ({
  [name]: { ...inAll(name === 'bye' ? 'Goodbye' : 'Open\n1 Close\n3 Amount\n0 Exit'), [language]: text },
})

describe('a mistake in the texts is found', () => {
  it.each<[string, Texts, string[]]>([
    [
      'a digit listed that is not taken',
      withText('open', 'be', 'Open\n1 Close\n3 Amount\n4 More\n0 Exit'),
      ['open/be: lists [0134] but takes [013]'],
    ],
    [
      'a digit taken that one language does not list',
      withText('open', 'en', 'Open\n1 Close\n0 Exit'),
      ['open/en: lists [01] but takes [013]; 3 is listed in ru, be'],
    ],
    [
      'a digit listed twice',
      withText('open', 'ru', 'Open\n1 Close\n1 Shut\n3 Amount\n0 Exit'),
      ['open/ru: lists 1 twice'],
    ],
    [
      'the way out lost in one language',
      withText('open', 'be', 'Open\n1 Close\n3 Amount'),
      ['open/be: lists [13] but takes [013]; 0 is listed in ru, en'],
    ],
    [
      'a digit in place of another in one language',
      withText('open', 'be', 'Open\n1 Close\n4 Amount\n0 Exit'),
      ['open/be: lists [014] but takes [013]; 3 is listed in ru, en'],
    ],
    [
      'a digit listed on a screen that ends',
      withText('bye', 'ru', 'Goodbye\n0 Exit'),
      ['bye/ru: lists [0] but takes []'],
    ],
    [
      'a text too long in Cyrillic',
      withText('bye', 'ru', 'я'.repeat(81)),
      ['bye/ru: longer than one USSD message (162 of 160 octets)'],
    ],
    [
      'a text too long in plain letters',
      withText('bye', 'en', 'x'.repeat(183)),
      ['bye/en: longer than one USSD message (161 of 160 octets)'],
    ],
    [
      'a text that one Cyrillic letter makes too long',
      withText('bye', 'en', `${'x'.repeat(80)}я`),
      ['bye/en: longer than one USSD message (162 of 160 octets)'],
    ],
    [
      'a text too long only in Latin letters',
      withText('bye', 'ru', 'щ'.repeat(46)),
      ['bye/ru in Latin letters: longer than one USSD message (161 of 160 octets)'],
    ],
    [
      'a text that one sign keeps from plain Latin letters',
      withText('bye', 'be', `${'ж'.repeat(41)}☎`),
      ['bye/be in Latin letters: longer than one USSD message (166 of 160 octets)'],
    ],
    [
      'a text too long only under the line that nothing was understood',
      withText('open', 'ru', `${'я'.repeat(44)}\n1 Close\n3 Amount\n0 Exit`),
      ['open/ru: longer than one USSD message (166 of 160 octets)'],
    ],
    ['an empty text', withText('bye', 'be', ' \n'), ['bye/be: is empty']],
    ['a missing language', { bye: { ru: 'Пока', be: 'Пакуль' } }, ['bye/en: has no text']],
    [
      'a missing screen',
      { bye: undefined },
      ['bye/ru: has no text', 'bye/be: has no text', 'bye/en: has no text'],
    ],
    ['a surplus screen', { gone: inAll('Gone') }, ['gone: there is no such state']],
    ['a screen of a state with others inside', { '': inAll('Root') }, [': there is no such state']],
    [
      'a screen of a state that works',
      { closingAll: inAll('Please wait') },
      ['closingAll: is named with a gerund, so it is never seen, and has a screen'],
    ],
    [
      'a text that cannot be made',
      withText('bye', 'be', ({ gone }: { gone: { name: string } }) => gone.name),
      [`bye/be: cannot be made: Cannot read properties of undefined (reading 'name')`],
    ],
    [
      'a text too long with the context a dialogue begins with',
      withText('bye', 'ru', ({ left }: { left: number }) => 'я'.repeat(78 + left)),
      ['bye/ru: longer than one USSD message (162 of 160 octets)'],
    ],
  ])('%s', (_what, texts, problems) => {
    expect(problemsOf({}, texts)).toEqual(problems)
  })

  it.each([
    ['80 characters in Cyrillic', withText('bye', 'ru', 'я'.repeat(80))],
    ['182 plain characters', withText('bye', 'en', 'x'.repeat(182))],
    [
      '80 characters in Cyrillic with the line above',
      withText('open', 'ru', `${'я'.repeat(40)}\n1 Close\n3 Amount\n0 Exit`),
    ],
  ])('and not %s', (_what, texts) => {
    expect(problemsOf({}, texts)).toEqual([])
  })

  it('but the line does not stand over a screen that takes whatever is typed', () => {
    const texts = { amount: inAll(`${'я'.repeat(73)}\n0 Exit`) }
    expect(problemsOf({ amount: { on: { text: 'open', 0: 'bye' } } }, texts)).toEqual([])
    expect(problemsOf({}, texts)).toContain('amount/ru: longer than one USSD message (190 of 160 octets)')
  })
})

describe('a mistake in a state is found', () => {
  it.each<[string, States, Texts, string[]]>([
    [
      'a working state that invokes nothing',
      { closingAll: { on: {} } },
      {},
      ['closingAll: is named with a gerund and invokes 0 effects'],
    ],
    [
      'a working state that invokes two effects',
      {
        closingAll: {
          invoke: [
            { src: 'look', id: 'a', onDone: 'bye', onError: 'bye' },
            { src: 'look', id: 'b', onDone: 'bye', onError: 'bye' },
          ],
        },
      },
      {},
      ['closingAll: is named with a gerund and invokes 2 effects'],
    ],
    [
      'a working state that takes replies',
      { closingAll: { invoke: { src: 'change', onDone: 'bye', onError: 'bye' }, on: { 1: 'bye' } } },
      {},
      ['closingAll: is named with a gerund and takes replies'],
    ],
    [
      'an effect without onError',
      { closingAll: { invoke: { src: 'change', onDone: 'bye' } } },
      {},
      ['closingAll: has no onError'],
    ],
    [
      'an effect without onDone',
      { closingAll: { invoke: { src: 'change', onError: 'bye' } } },
      {},
      ['closingAll: has no onDone'],
    ],
    [
      'an outcome that leads nowhere because a guard stands before the last branch too',
      {
        closingAll: {
          invoke: { src: 'change', onDone: [{ guard: 'isAmount', target: 'bye' }], onError: 'bye' },
        },
      },
      {},
      ['closingAll: the last branch of onDone has a guard; where neither leads, nothing is shown'],
    ],
    [
      'an outcome without a target',
      { closingAll: { invoke: { src: 'change', onDone: 'bye', onError: { actions: 'count' } } } },
      {},
      ['closingAll: a branch of onError has no target'],
    ],
    [
      'an effect that setup does not declare',
      { closingAll: { invoke: { src: effect<undefined>(), onDone: 'bye', onError: 'bye' } } },
      {},
      ['closingAll: invokes what setup() does not declare'],
    ],
    [
      'a screen that invokes',
      { amount: { on: { text: 'open', 0: 'bye' }, invoke: { src: 'look', onDone: 'open', onError: 'bye' } } },
      {},
      ['amount: invokes an effect; name it with a gerund'],
    ],
    [
      'a final screen that takes replies',
      { bye: { type: 'final', on: { 1: 'open' } } },
      { bye: inAll('Bye\n1 Again') },
      ['bye: is final and takes replies'],
    ],
    [
      'a screen that waits and takes nothing',
      { amount: {} },
      { amount: inAll('?') },
      ['amount: takes no reply, and is not final'],
    ],
    [
      'a screen that waits and takes nothing that does anything',
      { amount: { on: { 1: {} } } },
      { amount: inAll('?') },
      ['amount: takes no reply, and is not final'],
    ],
    [
      'text and a secret together',
      { amount: { on: { text: 'open', secret: 'open', 0: 'bye' } } },
      {},
      ['amount: takes text and a secret'],
    ],
    [
      "'after'",
      { amount: { on: { text: 'open', 0: 'bye' }, after: { 1000: 'bye' } } },
      {},
      ["amount: has 'after', but time is the network's"],
    ],
    [
      "'always'",
      { amount: { on: { text: 'open', 0: 'bye' }, always: { guard: 'isAmount', target: 'bye' } } },
      {},
      ["amount: has 'always'; branch where it is entered"],
    ],
    [
      'an action with a body',
      { amount: { entry: () => {}, on: { text: 'open', 0: 'bye' } } },
      {},
      ['amount: has an action that is no assign; use an effect'],
    ],
    [
      'a named action with a body',
      { amount: { exit: 'speak', on: { text: 'open', 0: 'bye' } } },
      {},
      ['amount: has an action that is no assign; use an effect'],
    ],
    [
      'a named action that is nowhere',
      { amount: { on: { text: { target: 'open', actions: 'gone' }, 0: 'bye' } } },
      {},
      ['amount: has an action that is no assign; use an effect'],
    ],
    [
      'an action that raises',
      { amount: { on: { text: { target: 'open', actions: raise({ type: '0' }) }, 0: 'bye' } } },
      {},
      ['amount: has an action that is no assign; use an effect'],
    ],
    [
      'an action that spawns',
      { amount: { entry: spawnChild('look' as never), on: { text: 'open', 0: 'bye' } } },
      {},
      ['amount: has an action that is no assign; use an effect'],
    ],
    [
      'an action on an outcome',
      {
        lookingUp: { invoke: { src: 'look', onDone: { target: 'open', actions: 'speak' }, onError: 'bye' } },
      },
      {},
      ['lookingUp: has an action that is no assign; use an effect'],
    ],
    [
      'an event that no subscriber can send',
      { amount: { on: { text: 'open', 0: 'bye', CANCEL: 'bye' } } },
      {},
      ["amount: takes 'CANCEL', which no subscriber can send"],
    ],
    [
      'a choice of two digits',
      { amount: { on: { text: 'open', 0: 'bye', 10: 'bye' } } },
      {},
      ["amount: takes '10', which no subscriber can send"],
    ],
    [
      'any event at all',
      { amount: { on: { text: 'open', 0: 'bye', '*': 'bye' } } },
      {},
      ["amount: takes '*', which no subscriber can send"],
    ],
    [
      'a screen that no reply leads to',
      { lost: { on: { 0: 'bye' } } },
      { lost: inAll('Lost\n0 Exit') },
      ['lost: no reply leads here'],
    ],
    [
      'a final state that works',
      { endingAll: { type: 'final' }, amount: { on: { text: 'endingAll', 0: 'bye' } } },
      {},
      ['endingAll: is final and named with a gerund: nothing is shown'],
    ],
  ])('%s', (_what, states, texts, problems) => {
    expect(problemsOf(states, texts)).toEqual(problems)
  })

  const inside = (of: object, states: States = {}) => ({
    amount: { initial: 'list', ...of, states: { list: { on: { text: '#open', 0: '#bye' } }, ...states } },
    open: { id: 'open', on: { 1: 'sure', 3: 'amount', 0: 'bye' } },
    bye: { id: 'bye', type: 'final' },
  })
  const insideTexts = { amount: undefined, 'amount.list': inAll('How much?\n0 Exit') }

  it.each<[string, object, States, Texts, string]>([
    [
      "'after' of a parent",
      { after: { 1000: 'bye' } },
      {},
      {},
      "amount: has 'after', but time is the network's",
    ],
    [
      "'always' of a parent",
      { always: { guard: 'isAmount', target: 'bye' } },
      {},
      {},
      "amount: has 'always'; branch where it is entered",
    ],
    [
      'an effect of a parent',
      { invoke: { src: 'look', onDone: 'bye', onError: 'bye' } },
      {},
      {},
      'amount: invokes an effect and has states inside; a state of its own must invoke it',
    ],
    [
      'an action of a parent',
      { entry: 'speak' },
      {},
      {},
      'amount: has an action that is no assign; use an effect',
    ],
    [
      'an action of a first transition',
      { initial: { target: 'list', actions: 'speak' } },
      {},
      {},
      'amount: has an action that is no assign; use an effect',
    ],
    [
      'an unknown event of a parent',
      { on: { CANCEL: 'bye' } },
      {},
      {},
      "amount: takes 'CANCEL', which no subscriber can send",
    ],
    [
      'an end that ends nothing',
      { on: { 1: '.end' } },
      { end: { type: 'final' } },
      { 'amount.list': inAll('?\n1 End\n0 Exit'), 'amount.end': inAll('End') },
      "amount.end: is final inside 'amount', which does not end the dialogue",
    ],
    [
      'a digit of a parent that no text lists',
      { on: { 7: 'bye' } },
      {},
      {},
      'amount.list/ru: lists [0] but takes [07]',
    ],
  ])('%s', (_what, of, states, texts, problem) => {
    const problems = problemsOf(inside(of, states), { ...insideTexts, ...texts })
    expect(problems).toContain(problem)
  })

  it('a history state', () => {
    const problems = problemsOf(
      inside({ on: { 1: '.before' } }, { before: { type: 'history' } }),
      insideTexts,
    )
    expect(problems).toContain('amount.before: is a history state, which is not kept between turns')
  })

  it('parallel states, wherever they are', () => {
    const states = { left: { on: { text: '#open', 0: '#bye' } }, right: { on: { 5: '#bye' } } }
    const problems = problemsOf({ ...inside({}), amount: { type: 'parallel', states } }, insideTexts)
    expect(problems).toContain('amount: is parallel, and a subscriber sees one screen')
    expect(problemsOf({}, {}, { type: 'parallel', initial: undefined })).toContain(
      'the machine: is parallel, and a subscriber sees one screen',
    )
  })

  it('what stands at the top of the machine', () => {
    expect(problemsOf({}, {}, { after: { 1: '.bye' } })).toEqual([
      "the machine: has 'after', but time is the network's",
    ])
    expect(problemsOf({}, {}, { on: { HANGUP: '.bye' } })).toEqual([
      "the machine: takes 'HANGUP', which no subscriber can send",
    ])
    expect(problemsOf({}, {}, { on: { 9: '.bye' } })).toContain('open/ru: lists [013] but takes [0139]')
    expect(problemsOf({}, {}, { invoke: { src: 'look', onDone: '.bye', onError: '.bye' } })).toEqual([
      'the machine: invokes an effect and has states inside; a state of its own must invoke it',
    ])
  })

  it('a context that cannot be made', () => {
    const context = ({ input }: { input: { gone: { left: number } } }) => ({ left: input.gone.left })
    expect(problemsOf({}, {}, { context })).toEqual([
      `the machine: has no context to begin with: Cannot read properties of undefined (reading 'left')`,
    ])
  })
})

describe('a change that what was dialled, or a reply delivered twice, could make is found', () => {
  const sure = (on: object, tags: string[] = ['confirmation']) => ({
    sure: { tags, on: { ...on, 0: 'bye' } },
  })
  const takes = (...digits: number[]) => ({
    sure: inAll(['Sure?', ...digits.map((digit) => `${digit} Yes`), '0 No'].join('\n')),
  })

  it.each<[string, States, Texts, string[]]>([
    [
      'a choice without the tag',
      sure({ 2: 'closingAll' }, []),
      {},
      ["sure: 2 performs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a choice behind a guard, among others',
      sure({ 2: [{ guard: 'isAmount', target: 'bye' }, { target: 'closingAll' }] }, []),
      {},
      ["sure: 2 performs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a choice that looks something up first',
      {
        ...sure({ 2: 'lookingAgain' }, []),
        lookingAgain: {
          invoke: {
            src: 'look',
            onDone: [{ guard: 'isAmount', target: 'bye' }, { target: 'closingAll' }],
            onError: 'bye',
          },
        },
      },
      {},
      ["sure: 2 performs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a choice of a parent',
      {
        sure: { initial: 'ask', on: { 2: 'closingAll' }, states: { ask: { on: { 0: '#bye' } } } },
        bye: { id: 'bye', type: 'final' },
      },
      { sure: undefined, 'sure.ask': inAll('Sure?\n2 Yes\n0 No') },
      ["sure.ask: 2 performs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'free text',
      { amount: { on: { text: 'closingAll', 0: 'bye' } } },
      {},
      ["amount: text performs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'dialling the code',
      { lookingUp: { invoke: { src: 'look', onDone: 'closingAll', onError: 'open' } } },
      {},
      ['closingAll: is performed by dialling the code alone; ask for a confirmation first'],
    ],
    [
      'the digit that led to the confirmation',
      sure({ 1: 'closingAll' }),
      takes(1),
      ["sure: takes the digit 1 that led to it from 'open'"],
    ],
    [
      'the digit that led there behind a guard',
      {
        ...sure({ 2: 'closingAll' }),
        open: {
          on: {
            1: 'sure',
            2: [{ guard: 'isAmount', target: 'bye' }, { target: 'sure' }],
            3: 'amount',
            0: 'bye',
          },
        },
      },
      { open: inAll('Open\n1 Close\n2 Shut\n3 Amount\n0 Exit') },
      ["sure: takes the digit 2 that led to it from 'open'"],
    ],
    [
      'the digit that led there by way of a lookup',
      {
        ...sure({ 1: 'closingAll' }),
        open: { on: { 1: 'lookingAgain', 3: 'amount', 0: 'bye' } },
        lookingAgain: { invoke: { src: 'look', onDone: 'sure', onError: 'bye' } },
      },
      takes(1),
      ["sure: takes the digit 1 that led to it from 'open'"],
    ],
    [
      'the digit that led there by way of the first state inside',
      {
        open: { on: { 1: 'sure', 3: 'amount', 0: 'bye' } },
        sure: { initial: 'ask', tags: 'confirmation', states: { ask: { on: { 1: '#closing', 0: '#bye' } } } },
        closingAll: { id: 'closing', invoke: { src: 'change', onDone: 'bye', onError: 'bye' } },
        bye: { id: 'bye', type: 'final' },
      },
      { sure: undefined, 'sure.ask': inAll('Sure?\n1 Yes\n0 No') },
      ["sure.ask: takes the digit 1 that led to it from 'open'"],
    ],
    [
      'the digit that stays there first',
      sure({ 2: [{ guard: 'isAmount', actions: 'count' }, { target: 'closingAll' }] }),
      {},
      ["sure: takes the digit 2 that led to it from 'sure'"],
    ],
    [
      'the digit that led back there when the effect failed',
      { closingAll: { invoke: { src: 'change', onDone: 'bye', onError: 'sure' } } },
      {},
      ["sure: takes the digit 2 that led to it from 'sure'"],
    ],
    [
      'a digit that may be typed as the text that led there',
      { amount: { on: { text: 'sure', 0: 'bye' } } },
      {},
      ["sure: takes the digit 2 that led to it from 'amount'"],
    ],
  ])('by %s', (_what, states, texts, problems) => {
    expect(problemsOf(states, texts)).toEqual(problems)
  })

  it('and not where a guard, or a choice of the screen before, keeps that digit from leading there', () => {
    const guarded = { amount: { on: { text: { guard: 'isAmount', target: 'sure' }, 0: 'bye' } } }
    expect(problemsOf(guarded)).toEqual([])
    const chosen = { amount: { on: { text: 'sure', 2: 'bye', 0: 'bye' } } }
    expect(problemsOf(chosen, { amount: inAll('How much?\n2 Nothing\n0 Exit') })).toEqual([])
  })
})

describe('the states that are never seen', () => {
  it.each(['savingPassword', 'waiting', 'loading2', 'ingA'])('%s is one', (name) => {
    const problems = problemsOf({ [name]: { on: { 0: 'bye' } }, amount: { on: { text: name, 0: 'bye' } } })
    expect(problems).toContain(`${name}: is named with a gerund and invokes 0 effects`)
  })

  it.each(['settings', 'bringup', 'openSettingX', 'singingX', 'password'])('%s is none', (name) => {
    const problems = problemsOf({ [name]: { on: { 0: 'bye' } }, amount: { on: { text: name, 0: 'bye' } } })
    expect(problems).toContain(`${name}/ru: has no text`)
  })
})

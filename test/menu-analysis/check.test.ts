import project from '../../menus/index.ts'
import { describe, expect, it } from '@jest/globals'
import { assign, raise, spawnChild } from 'xstate'
import { effect } from '../../src/engine/authoring.ts'
import type { Language } from '../../src/engine/authoring.ts'
import { check } from '../../src/menu-analysis/check.ts'
import { compiled, inAll, soundMenuWith, menusWithOutcomes } from '../support/machines.ts'
import type { States, Texts } from '../support/machines.ts'

function problemsOf(...but: Parameters<typeof soundMenuWith>): string[] {
  const { machine, screens } = soundMenuWith(...but)
  return check(compiled(machine, screens), project)
}

describe('a sound menu', () => {
  it.each(menusWithOutcomes.map(({ menu }) => ({ code: menu.code, menu })))('is $code', ({ menu }) => {
    expect(check(menu, project)).toEqual([])
  })

  it('is the one that the tests below break', () => {
    expect(problemsOf()).toEqual([])
  })

  it('may have nested states whose parents handle replies', () => {
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

  it('may run a lookup on any reply', () => {
    expect(problemsOf({ amount: { on: { text: 'lookingUp', 0: 'lookingUp' } } })).toEqual([])
  })

  it('may run an effect on a secret, which is never part of a dialled string', () => {
    expect(problemsOf({ amount: { on: { secret: 'closingAll', 0: 'bye' } } })).toEqual([])
  })

  it('may assign, by name or inline', () => {
    const actions = ['count', assign({ left: 1 })]
    expect(
      problemsOf({ amount: { entry: actions, on: { text: { target: 'open', actions }, 0: 'bye' } } }),
    ).toEqual([])
  })

  it('may have texts that depend on the context', () => {
    expect(problemsOf({}, { bye: inAll(({ left }: { left: number }) => `Left: ${left}`) })).toEqual([])
  })
})

const withText = (name: string, language: Language, text: unknown): Texts => ({
  [name]: { ...inAll(name === 'bye' ? 'Goodbye' : 'Open\n1 Close\n3 Amount\n0 Exit'), [language]: text },
})

describe('check reports', () => {
  it.each<[string, Texts, string[]]>([
    [
      'a digit that is listed but not accepted',
      withText('open', 'be', 'Open\n1 Close\n3 Amount\n4 More\n0 Exit'),
      ['open/be: lists [0134] but accepts [013]'],
    ],
    [
      'an accepted digit that one language does not list',
      withText('open', 'en', 'Open\n1 Close\n0 Exit'),
      ['open/en: lists [01] but accepts [013]; 3 is listed in ru, be'],
    ],
    [
      'a digit that is listed twice',
      withText('open', 'ru', 'Open\n1 Close\n1 Shut\n3 Amount\n0 Exit'),
      ['open/ru: lists 1 twice'],
    ],
    [
      'a way out that one language does not list',
      withText('open', 'be', 'Open\n1 Close\n3 Amount'),
      ['open/be: lists [13] but accepts [013]; 0 is listed in ru, en'],
    ],
    [
      'a wrong digit in one language',
      withText('open', 'be', 'Open\n1 Close\n4 Amount\n0 Exit'),
      ['open/be: lists [014] but accepts [013]; 3 is listed in ru, en'],
    ],
    [
      'a digit on a final screen',
      withText('bye', 'ru', 'Goodbye\n0 Exit'),
      ['bye/ru: lists [0] but accepts []'],
    ],
    [
      'a text that is too long in Cyrillic',
      withText('bye', 'ru', 'я'.repeat(81)),
      ['bye/ru: longer than one USSD message (162 of 160 octets)'],
    ],
    [
      'a text that is too long in GSM-7',
      withText('bye', 'en', 'x'.repeat(183)),
      ['bye/en: longer than one USSD message (161 of 160 octets)'],
    ],
    [
      'a text that one Cyrillic letter makes too long',
      withText('bye', 'en', `${'x'.repeat(80)}я`),
      ['bye/en: longer than one USSD message (162 of 160 octets)'],
    ],
    [
      'a text that is too long only in Latin letters',
      withText('bye', 'ru', 'щ'.repeat(46)),
      ['bye/ru in Latin letters: longer than one USSD message (161 of 160 octets)'],
    ],
    [
      'a text that one symbol keeps out of GSM-7 in Latin letters',
      withText('bye', 'be', `${'ж'.repeat(41)}☎`),
      ['bye/be in Latin letters: longer than one USSD message (166 of 160 octets)'],
    ],
    [
      'a text that is too long only under the line above a repeated screen',
      withText('open', 'ru', `${'я'.repeat(44)}\n1 Close\n3 Amount\n0 Exit`),
      ['open/ru: longer than one USSD message (166 of 160 octets with the line above a repeated screen)'],
    ],
    ['an empty text', withText('bye', 'be', ' \n'), ['bye/be: is empty']],
    ['a missing language', { bye: { ru: 'Пока', be: 'Пакуль' } }, ['bye/en: has no text']],
    [
      'a missing screen',
      { bye: undefined },
      ['bye/ru: has no text', 'bye/be: has no text', 'bye/en: has no text'],
    ],
    [
      'a screen of an unknown state',
      { gone: inAll('Gone') },
      ['gone: screen of an unknown state; rename or remove it'],
    ],
    [
      'a screen of a state with nested states',
      { '': inAll('Root') },
      [': screen of an unknown state; rename or remove it'],
    ],
    [
      'a screen of a working state',
      { closingAll: inAll('Please wait') },
      ['closingAll: is named with a gerund, so it is never shown; remove its screen'],
    ],
    [
      'a text that throws',
      withText('bye', 'be', ({ gone }: { gone: { name: string } }) => gone.name),
      [`bye/be: cannot be rendered: Cannot read properties of undefined (reading 'name')`],
    ],
    [
      'a text that is too long in the initial context',
      withText('bye', 'ru', ({ left }: { left: number }) => 'я'.repeat(78 + left)),
      ['bye/ru: longer than one USSD message (162 of 160 octets)'],
    ],
  ])('%s', (_case, texts, problems) => {
    expect(problemsOf({}, texts)).toEqual(problems)
  })

  it.each([
    ['80 characters in Cyrillic', withText('bye', 'ru', 'я'.repeat(80))],
    ['182 plain characters', withText('bye', 'en', 'x'.repeat(182))],
    [
      '80 characters in Cyrillic, including the line above',
      withText('open', 'ru', `${'я'.repeat(40)}\n1 Close\n3 Amount\n0 Exit`),
    ],
  ])('does not report %s', (_case, texts) => {
    expect(problemsOf({}, texts)).toEqual([])
  })

  it('does not add the line above to a screen that accepts any text', () => {
    const texts = { amount: inAll(`${'я'.repeat(73)}\n0 Exit`) }
    expect(problemsOf({ amount: { on: { text: 'open', 0: 'bye' } } }, texts)).toEqual([])
    expect(problemsOf({}, texts)).toContain(
      'amount/ru: longer than one USSD message (190 of 160 octets with the line above a repeated screen)',
    )
  })
})

describe('check reports a state:', () => {
  it.each<[string, States, Texts, string[]]>([
    [
      'a working state that invokes nothing',
      { closingAll: { on: {} } },
      {},
      ['closingAll: is named with a gerund, but invokes 0 effects instead of one'],
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
      ['closingAll: is named with a gerund, but invokes 2 effects instead of one'],
    ],
    [
      'a working state that takes replies',
      { closingAll: { invoke: { src: 'change', onDone: 'bye', onError: 'bye' }, on: { 1: 'bye' } } },
      {},
      ['closingAll: is named with a gerund, but accepts replies'],
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
      'an outcome whose last branch has a guard',
      {
        closingAll: {
          invoke: { src: 'change', onDone: [{ guard: 'isAmount', target: 'bye' }], onError: 'bye' },
        },
      },
      {},
      ['closingAll: the last branch of onDone has a guard; add a branch without one'],
    ],
    [
      'an outcome without a target',
      { closingAll: { invoke: { src: 'change', onDone: 'bye', onError: { actions: 'count' } } } },
      {},
      ['closingAll: a branch of onError has no target'],
    ],
    [
      'an effect that setup() does not declare',
      { closingAll: { invoke: { src: effect<undefined>(), onDone: 'bye', onError: 'bye' } } },
      {},
      ['closingAll: invokes an actor that setup() does not declare'],
    ],
    [
      'a screen that invokes an effect',
      { amount: { on: { text: 'open', 0: 'bye' }, invoke: { src: 'look', onDone: 'open', onError: 'bye' } } },
      {},
      ['amount: invokes an effect, but is not named with a gerund'],
    ],
    [
      'a final screen that takes replies',
      { bye: { type: 'final', on: { 1: 'open' } } },
      { bye: inAll('Bye\n1 Again') },
      ['bye: is final, but accepts replies'],
    ],
    [
      'a waiting screen without replies',
      { amount: {} },
      { amount: inAll('?') },
      ['amount: accepts no reply, but is not final'],
    ],
    [
      'a waiting screen whose replies do nothing',
      { amount: { on: { 1: {} } } },
      { amount: inAll('?') },
      ['amount: accepts no reply, but is not final'],
    ],
    [
      'both text and a secret',
      { amount: { on: { text: 'open', secret: 'open', 0: 'bye' } } },
      {},
      ['amount: accepts both text and a secret; use one of them'],
    ],
    [
      "'after'",
      { amount: { on: { text: 'open', 0: 'bye' }, after: { 1000: 'bye' } } },
      {},
      ["amount: has 'after', but a menu has no timers; the network ends idle dialogues"],
    ],
    [
      "'always'",
      { amount: { on: { text: 'open', 0: 'bye' }, always: { guard: 'isAmount', target: 'bye' } } },
      {},
      ["amount: has 'always'; put its branches on the transitions that enter it"],
    ],
    [
      'an action with a body',
      { amount: { entry: () => {}, on: { text: 'open', 0: 'bye' } } },
      {},
      ['amount: has an action other than assign; use an effect'],
    ],
    [
      'a named action with a body',
      { amount: { exit: 'speak', on: { text: 'open', 0: 'bye' } } },
      {},
      ['amount: has an action other than assign; use an effect'],
    ],
    [
      'an undeclared action',
      { amount: { on: { text: { target: 'open', actions: 'gone' }, 0: 'bye' } } },
      {},
      ['amount: has an action other than assign; use an effect'],
    ],
    [
      'an action that raises',
      { amount: { on: { text: { target: 'open', actions: raise({ type: '0' }) }, 0: 'bye' } } },
      {},
      ['amount: has an action other than assign; use an effect'],
    ],
    [
      'an action that spawns',
      { amount: { entry: spawnChild('look' as never), on: { text: 'open', 0: 'bye' } } },
      {},
      ['amount: has an action other than assign; use an effect'],
    ],
    [
      'an action on an outcome',
      {
        lookingUp: { invoke: { src: 'look', onDone: { target: 'open', actions: 'speak' }, onError: 'bye' } },
      },
      {},
      ['lookingUp: has an action other than assign; use an effect'],
    ],
    [
      'an event that no subscriber can send',
      { amount: { on: { text: 'open', 0: 'bye', CANCEL: 'bye' } } },
      {},
      ["amount: handles 'CANCEL', which no subscriber can send; use a digit, text or secret"],
    ],
    [
      'a choice of two digits',
      { amount: { on: { text: 'open', 0: 'bye', 10: 'bye' } } },
      {},
      ["amount: handles '10', which no subscriber can send; use a digit, text or secret"],
    ],
    [
      'a wildcard event',
      { amount: { on: { text: 'open', 0: 'bye', '*': 'bye' } } },
      {},
      ["amount: handles '*', which no subscriber can send; use a digit, text or secret"],
    ],
    [
      'an unreachable screen',
      { lost: { on: { 0: 'bye' } } },
      { lost: inAll('Lost\n0 Exit') },
      ['lost: is unreachable: no transition leads here'],
    ],
    [
      'a final working state',
      { endingAll: { type: 'final' }, amount: { on: { text: 'endingAll', 0: 'bye' } } },
      {},
      ['endingAll: is final, but named with a gerund, so nothing is shown; rename it'],
    ],
  ])('%s', (_case, states, texts, problems) => {
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
      "amount: has 'after', but a menu has no timers; the network ends idle dialogues",
    ],
    [
      "'always' of a parent",
      { always: { guard: 'isAmount', target: 'bye' } },
      {},
      {},
      "amount: has 'always'; put its branches on the transitions that enter it",
    ],
    [
      'an effect of a parent',
      { invoke: { src: 'look', onDone: 'bye', onError: 'bye' } },
      {},
      {},
      'amount: invokes an effect and has nested states; invoke it in a state of its own',
    ],
    [
      'an action of a parent',
      { entry: 'speak' },
      {},
      {},
      'amount: has an action other than assign; use an effect',
    ],
    [
      'an action of an initial transition',
      { initial: { target: 'list', actions: 'speak' } },
      {},
      {},
      'amount: has an action other than assign; use an effect',
    ],
    [
      'an unknown event of a parent',
      { on: { CANCEL: 'bye' } },
      {},
      {},
      "amount: handles 'CANCEL', which no subscriber can send; use a digit, text or secret",
    ],
    [
      'a nested final state',
      { on: { 1: '.end' } },
      { end: { type: 'final' } },
      { 'amount.list': inAll('?\n1 End\n0 Exit'), 'amount.end': inAll('End') },
      "amount.end: is final inside 'amount', which does not end the dialogue; move it to the top level",
    ],
    [
      'an unlisted digit of a parent',
      { on: { 7: 'bye' } },
      {},
      {},
      'amount.list/ru: lists [0] but accepts [07]',
    ],
  ])('%s', (_case, of, states, texts, problem) => {
    const problems = problemsOf(inside(of, states), { ...insideTexts, ...texts })
    expect(problems).toContain(problem)
  })

  it('a history state', () => {
    const problems = problemsOf(
      inside({ on: { 1: '.before' } }, { before: { type: 'history' } }),
      insideTexts,
    )
    expect(problems).toContain(
      'amount.before: is a history state, which is not kept between turns; target a state instead',
    )
  })

  it('parallel states, nested or at the root', () => {
    const states = { left: { on: { text: '#open', 0: '#bye' } }, right: { on: { 5: '#bye' } } }
    const problems = problemsOf({ ...inside({}), amount: { type: 'parallel', states } }, insideTexts)
    expect(problems).toContain('amount: is parallel, but a subscriber sees one screen at a time')
    expect(problemsOf({}, {}, { type: 'parallel', initial: undefined })).toContain(
      'the machine: is parallel, but a subscriber sees one screen at a time',
    )
  })

  it('mistakes at the root of the machine', () => {
    expect(problemsOf({}, {}, { after: { 1: '.bye' } })).toEqual([
      "the machine: has 'after', but a menu has no timers; the network ends idle dialogues",
    ])
    expect(problemsOf({}, {}, { on: { HANGUP: '.bye' } })).toEqual([
      "the machine: handles 'HANGUP', which no subscriber can send; use a digit, text or secret",
    ])
    expect(problemsOf({}, {}, { on: { 9: '.bye' } })).toContain('open/ru: lists [013] but accepts [0139]')
    expect(problemsOf({}, {}, { invoke: { src: 'look', onDone: '.bye', onError: '.bye' } })).toEqual([
      'the machine: invokes an effect and has nested states; invoke it in a state of its own',
    ])
  })

  it('a context function that throws', () => {
    const context = ({ input }: { input: { gone: { left: number } } }) => ({ left: input.gone.left })
    expect(problemsOf({}, {}, { context })).toEqual([
      `the machine: cannot create its initial context: Cannot read properties of undefined (reading 'left')`,
    ])
  })
})

describe('check reports a change that a dialled string or a duplicate could make', () => {
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
      ["sure: 2 runs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a choice behind a guard, among others',
      sure({ 2: [{ guard: 'isAmount', target: 'bye' }, { target: 'closingAll' }] }, []),
      {},
      ["sure: 2 runs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a choice that runs a lookup first',
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
      ["sure: 2 runs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'a choice of a parent',
      {
        sure: { initial: 'ask', on: { 2: 'closingAll' }, states: { ask: { on: { 0: '#bye' } } } },
        bye: { id: 'bye', type: 'final' },
      },
      { sure: undefined, 'sure.ask': inAll('Sure?\n2 Yes\n0 No') },
      ["sure.ask: 2 runs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'free text',
      { amount: { on: { text: 'closingAll', 0: 'bye' } } },
      {},
      ["amount: text runs an effect, so the state must be tagged 'confirmation'"],
    ],
    [
      'dialling the code',
      { lookingUp: { invoke: { src: 'look', onDone: 'closingAll', onError: 'open' } } },
      {},
      ['closingAll: runs as soon as the code is dialled; ask for a confirmation first'],
    ],
    [
      'the digit that leads to the confirmation',
      sure({ 1: 'closingAll' }),
      takes(1),
      ["sure: accepts digit 1, which also leads to it from 'open'; use another digit"],
    ],
    [
      'the digit that leads there behind a guard',
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
      ["sure: accepts digit 2, which also leads to it from 'open'; use another digit"],
    ],
    [
      'the digit that leads there through a lookup',
      {
        ...sure({ 1: 'closingAll' }),
        open: { on: { 1: 'lookingAgain', 3: 'amount', 0: 'bye' } },
        lookingAgain: { invoke: { src: 'look', onDone: 'sure', onError: 'bye' } },
      },
      takes(1),
      ["sure: accepts digit 1, which also leads to it from 'open'; use another digit"],
    ],
    [
      'the digit that leads there through an initial nested state',
      {
        open: { on: { 1: 'sure', 3: 'amount', 0: 'bye' } },
        sure: { initial: 'ask', tags: 'confirmation', states: { ask: { on: { 1: '#closing', 0: '#bye' } } } },
        closingAll: { id: 'closing', invoke: { src: 'change', onDone: 'bye', onError: 'bye' } },
        bye: { id: 'bye', type: 'final' },
      },
      { sure: undefined, 'sure.ask': inAll('Sure?\n1 Yes\n0 No') },
      ["sure.ask: accepts digit 1, which also leads to it from 'open'; use another digit"],
    ],
    [
      'a digit that may stay on the confirmation',
      sure({ 2: [{ guard: 'isAmount', actions: 'count' }, { target: 'closingAll' }] }),
      {},
      ["sure: accepts digit 2, which also leads to it from 'sure'; use another digit"],
    ],
    [
      'the digit that returns there when the effect fails',
      { closingAll: { invoke: { src: 'change', onDone: 'bye', onError: 'sure' } } },
      {},
      ["sure: accepts digit 2, which also leads to it from 'sure'; use another digit"],
    ],
    [
      'a digit that also counts as the text that leads there',
      { amount: { on: { text: 'sure', 0: 'bye' } } },
      {},
      ["sure: accepts digit 2, which also leads to it from 'amount'; use another digit"],
    ],
  ])('by %s', (_case, states, texts, problems) => {
    expect(problemsOf(states, texts)).toEqual(problems)
  })

  it('except where a guard or another choice keeps that digit from leading there', () => {
    const guarded = { amount: { on: { text: { guard: 'isAmount', target: 'sure' }, 0: 'bye' } } }
    expect(problemsOf(guarded)).toEqual([])
    const chosen = { amount: { on: { text: 'sure', 2: 'bye', 0: 'bye' } } }
    expect(problemsOf(chosen, { amount: inAll('How much?\n2 Nothing\n0 Exit') })).toEqual([])
  })
})

describe('a state name', () => {
  it.each(['savingPassword', 'waiting', 'loading2', 'ingA'])('%s marks a working state', (name) => {
    const problems = problemsOf({ [name]: { on: { 0: 'bye' } }, amount: { on: { text: name, 0: 'bye' } } })
    expect(problems).toContain(`${name}: is named with a gerund, but invokes 0 effects instead of one`)
  })

  it.each(['settings', 'bringup', 'openSettingX', 'singingX', 'password'])('%s marks a screen', (name) => {
    const problems = problemsOf({ [name]: { on: { 0: 'bye' } }, amount: { on: { text: name, 0: 'bye' } } })
    expect(problems).toContain(`${name}/ru: has no text`)
  })
})

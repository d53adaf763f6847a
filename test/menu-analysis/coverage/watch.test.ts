import project from '../../../menus/index.ts'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { and, assign, createMachine, not, or, setup, stateIn } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { languages } from '../../../menus/languages.ts'
import { isLookup } from '../../../src/engine/authoring.ts'
import type { Language } from '../../../src/engine/authoring.ts'
import { check } from '../../../src/menu-analysis/check.ts'
import { compileMenu } from '../../../src/engine/menu.ts'
import type { CompiledMenu, Menu } from '../../../src/engine/menu.ts'
import { render } from '../../../src/engine/render.ts'
import { begin, hasEnded, reply, restore, stateOf } from '../../../src/engine/turn.ts'
import { kinds } from '../../../src/menu-analysis/coverage/coverage.ts'
import type { Kind } from '../../../src/menu-analysis/coverage/coverage.ts'
import { watch } from '../../../src/menu-analysis/coverage/watch.ts'
import { inAll, runEffectsWith, menusWithOutcomes } from '../../support/machines.ts'
import type { AnyOutcomes } from '../../support/machines.ts'
import { toJson } from '../../support/walk.ts'

const CODE = '*100#'

function watchOne(menu: Menu) {
  const watched = watch({ [CODE]: menu })
  const [first] = Object.values(watched.menus)
  const items = (kind: Kind) => watched.coverage()[0]?.[kind] ?? []
  return {
    menu: compileMenu(CODE, first as Menu),
    named: (kind: Kind) => items(kind).map(({ name }) => name),
    covered: (kind: Kind) =>
      items(kind)
        .filter((item) => item.touched)
        .map(({ name }) => name),
  }
}

/** Runs a dialogue like the gateway: restores it from JSON in each turn and renders every screen. */
async function converse(
  menu: CompiledMenu,
  replies: readonly string[],
  outcomes: AnyOutcomes = {},
  choices: readonly number[] = [0],
  language: Language = 'ru',
) {
  const { perform } = runEffectsWith(outcomes, choices)
  const seen: unknown[] = []
  const add = (snapshot: AnyMachineSnapshot) =>
    seen.push([stateOf(snapshot), snapshot.status, render(menu, snapshot, language)])
  let snapshot = await begin(menu, language, perform)
  add(snapshot)
  for (const typed of replies) {
    if (hasEnded(snapshot)) break
    const next = await reply(menu, restore(menu, toJson(stateOf(snapshot))), typed, perform)
    if (next) snapshot = next
    else seen.push('not understood')
    add(snapshot)
  }
  return seen
}

/** A nested machine with every kind of guard and target. */
const machine = setup({
  types: { context: {} as { count: number }, events: {} as { type: string } },
  guards: {
    isFew: ({ context }) => context.count < 2,
    isNever: () => false,
    isLess: ({ context }, { than }: { than: number }) => context.count < than,
    isBoth: and(['isFew', not('isNever')]),
  },
}).createMachine({
  id: 'every',
  context: { count: 0 },
  initial: 'first',
  on: { 9: '.last' },
  states: {
    first: {
      on: {
        1: { actions: assign({ count: ({ context }) => context.count + 1 }) },
        2: [{ guard: 'isBoth', target: 'group' }, { target: '#every.group.inner' }],
        3: [
          { guard: { type: 'isLess', params: { than: 1 } }, target: ['group'] },
          { guard: { type: 'isLess', params: { than: 2 } }, target: 'last' },
        ],
        4: { guard: or(['isNever', ({ context }) => context.count > 1]), target: 'last' },
      },
    },
    group: {
      initial: 'inner',
      on: { 0: 'last', 7: '.other' },
      states: {
        inner: { on: { 0: undefined as never, 1: 'other' } },
        other: { on: { 1: [{ guard: stateIn({ group: 'inner' }), target: 'inner' }, 'inner' as never] } },
      },
    },
    last: { type: 'final' },
  },
}) as AnyStateMachine
const every: Menu = {
  machine,
  screens: {
    first: inAll(({ count }: { count: number }) => `First ${count}`),
    'group.inner': inAll('Inner'),
    'group.other': inAll('Other'),
    last: inAll('Last'),
  },
}

describe('a watched menu', () => {
  it('behaves like the original: equal states, contexts and texts for equal replies', async () => {
    const cases = [...menusWithOutcomes, { menu: compileMenu(CODE, every), outcomes: {} }].map(
      ({ menu, outcomes }) => ({
        menu,
        outcomes,
        watched: compileMenu(menu.code, watch({ [menu.code]: menu }).menus[menu.code] as Menu),
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...cases),
        fc.constantFrom(...languages),
        fc.array(fc.constantFrom('0', '1', '2', '3', '4', '7', '9', '80291', '12345678', 'abc', ''), {
          maxLength: 12,
        }),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }),
        async ({ menu, outcomes, watched }, language, replies, choices) => {
          const [one, other] = await Promise.all(
            [menu, watched].map((each) => converse(each, replies, outcomes, choices, language)),
          )
          expect(other).toEqual(one)
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each(menusWithOutcomes)(
    'of $menu.code keeps the revision, the check results and the lookups',
    ({ menu }) => {
      const watched = compileMenu(menu.code, watch({ [menu.code]: menu }).menus[menu.code] as Menu)
      expect(watched.revision).toBe(menu.revision)
      expect(check(watched, project)).toEqual(check(menu, project))
      const lookups = ({ machine: { implementations } }: Menu) =>
        Object.entries(implementations.actors)
          .filter(([, logic]) => isLookup(logic))
          .map(([name]) => name)
      expect(lookups(watched)).toEqual(lookups(menu))
      expect(lookups(menu).length).toBeGreaterThan(0)
    },
  )

  it('keeps the check results of a faulty menu', () => {
    const faulty: Menu = {
      machine: createMachine({ initial: 'a', states: { a: { on: { 1: 'b' } }, b: {} } }),
      screens: { c: inAll('C') },
    }
    const problemsOf = (menu: Menu) => check(compileMenu(CODE, menu), project)
    expect(problemsOf(faulty).length).toBeGreaterThan(3)
    expect(problemsOf(watchOne(faulty).menu)).toEqual(problemsOf(faulty))
  })

  it('is not covered by check, except for the first state', () => {
    const { menu, covered } = watchOne(every)
    check(menu, project)
    expect(covered('states')).toEqual(['first'])
    expect([...covered('transitions'), ...covered('guards'), ...covered('texts')]).toEqual([])
  })
})

describe('the items to cover', () => {
  it('are named in source order, without transitions that only block a reply', () => {
    const { named } = watchOne(every)
    expect(named('states')).toEqual(['first', 'group.inner', 'group.other', 'last'])
    expect(named('transitions')).toEqual([
      'the machine 9 → last',
      'first 1 → (stays)',
      'first 2 [isBoth] → group.inner',
      'first 2 #2 → group.inner',
      'first 3 [isLess({"than":1})] → group.inner',
      'first 3 [isLess({"than":2})] → last',
      'first 4 [or(isNever, …)] → last',
      'group 0 → last',
      'group 7 → group.other',
      'group.inner 1 → group.other',
      'group.other 1 [stateIn({"group":"inner"})] → group.inner',
      'group.other 1 #2 → group.inner',
    ])
    expect(named('guards').slice(0, 4)).toEqual([
      'first 2 [isBoth] passed',
      'first 2 [isBoth] failed',
      'first 3 [isLess({"than":1})] passed',
      'first 3 [isLess({"than":1})] failed',
    ])
    expect(named('texts').slice(0, 4)).toEqual(['first/ru', 'first/be', 'first/en', 'group.inner/ru'])
  })

  it.each(menusWithOutcomes)('have unique names in $menu.code', ({ menu }) => {
    const { named } = watchOne(menu)
    for (const kind of kinds) {
      expect(named(kind).length).toBeGreaterThan(5)
      expect(new Set(named(kind)).size).toBe(named(kind).length)
    }
    expect(named('transitions')).toContain(
      menu.code === '*141*0#'
        ? 'password secret → assessingPassword'
        : 'puk1 secret [isPuk1] → openingAccess',
    )
  })

  it('include a dead branch, which is never covered', async () => {
    const { menu, covered, named } = watchOne({
      machine: createMachine({
        initial: 'a',
        states: { a: { on: { 1: [{ target: 'b' }, { target: 'a' }] } }, b: { type: 'final' } },
      }),
      screens: { a: inAll('A'), b: inAll('B') },
    })
    await converse(menu, ['1'])
    expect(named('transitions')).toEqual(['a 1 #1 → b', 'a 1 #2 → a'])
    expect(covered('transitions')).toEqual(['a 1 #1 → b'])
  })

  it.each([
    ['is parallel', { states: { a: { type: 'parallel', states: { b: {}, c: {} } } } }],
    ["has 'always'", { states: { a: { always: 'b' }, b: {} } }],
    ["handles 'xstate.after", { states: { a: { after: { 1000: 'b' } }, b: {} } }],
    ["handles '*'", { states: { a: { on: { '*': 'b' } }, b: {} } }],
    [
      "handles 'xstate.done.state",
      { states: { a: { initial: 'c', states: { c: { type: 'final' } }, onDone: 'b' }, b: {} } },
    ],
  ])('do not exist for a machine in which a state %s', (fault, config) => {
    const faulty = createMachine({ id: 'faulty', initial: 'a', ...config } as never)
    expect(() => watch({ [CODE]: { machine: faulty, screens: {} } })).toThrow(
      `USSD_MENU_FAULTY: the menu has a defect: the menu 'faulty': a ${fault}`,
    )
  })
})

describe('a dialogue', () => {
  it('covers the states entered, transitions taken, guards evaluated and texts shown', async () => {
    const { menu, covered } = watchOne(every)
    await converse(menu, ['1', '3', '0'], {}, [0], 'be')
    expect(covered('states')).toEqual(['first', 'last'])
    expect(covered('transitions')).toEqual(['first 1 → (stays)', 'first 3 [isLess({"than":2})] → last'])
    expect(covered('guards')).toEqual([
      'first 3 [isLess({"than":1})] failed',
      'first 3 [isLess({"than":2})] passed',
    ])
    expect(covered('texts')).toEqual(['first/be', 'last/be'])
  })

  it('covers a failed guard, but no transition, if a reply is not accepted', async () => {
    const { menu, covered } = watchOne(every)
    await converse(menu, ['4'])
    expect(covered('guards')).toEqual(['first 4 [or(isNever, …)] failed'])
    expect(covered('transitions')).toEqual([])
  })

  it('covers a transition of the parent, unless the nested state blocks the reply', async () => {
    const { menu, covered } = watchOne(every)
    await converse(menu, ['2', '0', '7', '1'])
    expect(covered('transitions')).toEqual([
      'first 2 [isBoth] → group.inner',
      'group 7 → group.other',
      'group.other 1 #2 → group.inner',
    ])
    await converse(menu, ['2', '7', '0'])
    expect(covered('transitions')).toContain('group 0 → last')
  })

  it('covers each outcome of an effect', async () => {
    const subject = menusWithOutcomes.find(({ menu }) => menu.code === '*141*3*6#')
    if (!subject) throw new Error('no such menu')
    const { menu, covered } = watchOne(subject.menu)
    await converse(menu, ['1', '2'], subject.outcomes)
    expect(covered('states')).toEqual([
      'readingAccess',
      'open',
      'closeConfirmation',
      'closingAccess',
      'accessClosed',
    ])
    expect(covered('transitions')).toEqual([
      'readingAccess done #1 → open',
      'open 1 → closeConfirmation',
      'closeConfirmation 2 → closingAccess',
      'closingAccess done #1 → accessClosed',
    ])
    expect(covered('guards')).toEqual(['readingAccess done #1 passed', 'closingAccess done #1 passed'])
    await converse(menu, [], subject.outcomes, [6])
    expect(covered('transitions')).toContain('readingAccess error → unavailable')
  })

  it('is added to concurrent ones', async () => {
    const { menu, covered } = watchOne(every)
    await Promise.all([converse(menu, ['2', '7']), converse(menu, ['9'], {}, [0], 'en')])
    expect(covered('texts')).toEqual(['first/ru', 'first/en', 'group.inner/ru', 'group.other/ru', 'last/en'])
  })
})

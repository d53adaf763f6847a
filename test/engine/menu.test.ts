import { describe, expect, it } from '@jest/globals'
import { assign, createMachine } from 'xstate'
import { compileMenu } from '../../src/engine/menu.ts'
import { compiled, inAll, menusWithOutcomes } from '../support/machines.ts'

const states = { open: { on: { 1: 'done' } }, done: { type: 'final' } }
const revisionOf = (config: object = {}, implementations: object = {}) =>
  compiled(createMachine({ initial: 'open', states, ...config } as never, implementations as never)).revision

describe('the revision of a menu', () => {
  it('is 8 hex digits, and stable', () => {
    for (const { menu } of menusWithOutcomes) {
      expect(menu.revision).toMatch(/^[0-9a-f]{8}$/)
      expect(compileMenu(menu.code, menu).revision).toBe(menu.revision)
    }
    expect(revisionOf()).toBe(revisionOf())
  })

  it('differs between menus', () => {
    expect(new Set(menusWithOutcomes.map(({ menu }) => menu.revision)).size).toBe(menusWithOutcomes.length)
  })

  it('does not change with a text', () => {
    const machine = createMachine({ initial: 'open', states: { open: {} } })
    expect(compiled(machine, { open: inAll('Open') }).revision).toBe(
      compiled(machine, { open: inAll('Opened') }).revision,
    )
  })

  it.each<[string, object, object]>([
    ['a state', { states: { ...states, more: {} } }, {}],
    ['a transition', { states: { ...states, open: { on: { 2: 'done' } } } }, {}],
    ['the version', { version: '2' }, {}],
    ['a guard in place', { on: { 9: { guard: () => true } } }, {}],
    ['a guard by name', {}, { guards: { isOpen: () => true } }],
    ['an assign in place', { entry: assign({ left: () => 1 }) }, {}],
    ['an assign by name', {}, { actions: { count: assign({ left: () => 1 }) } }],
    ['an assign of a value', { entry: assign({ left: 1 }) }, {}],
    ['an assign by a function', { entry: assign(() => ({ left: 1 })) }, {}],
    ['a first context', { context: { left: 1 } }, {}],
    ['how a first context is made', { context: () => ({ left: 1 }) }, {}],
  ])('changes with %s', (_what, config, implementations) => {
    expect(revisionOf(config, implementations)).not.toBe(revisionOf())
  })

  it.each([
    ['guard in place', (one: boolean) => ({ on: { 9: { guard: one ? () => true : () => false } } })],
    [
      'assign in place',
      (one: boolean) => ({ entry: one ? assign({ left: () => 1 }) : assign({ left: () => 2 }) }),
    ],
    ['assign of a value', (one: boolean) => ({ entry: assign({ left: one ? 1 : 2 }) })],
    [
      'assign by a function',
      (one: boolean) => ({ entry: one ? assign(() => ({ left: 1 })) : assign(() => ({ left: 2 })) }),
    ],
  ])('changes with what a %s says', (_what, config) => {
    expect(revisionOf(config(true))).not.toBe(revisionOf(config(false)))
  })

  it('does not depend on the compiler or the formatter', () => {
    const guard = (text: string) => {
      // The same function after compilation.
      const isOpen = { toString: () => text }
      return revisionOf({}, { guards: { isOpen: Object.assign(() => true, isOpen) } })
    }
    const as = "({ context }) => ['a b', context.left].includes('//;')"
    for (const same of [
      '({context})=>["a b",context.left].includes("//;")',
      "({ context }) =>\n  [\n    'a b', // the first\n    context.left,\n  ].includes('//;');",
      "({ context }) => [/* the first; */ 'a b', context.left].includes(`//;`)",
    ]) {
      expect(guard(same)).toBe(guard(as))
    }
    for (const other of [as.replace('a b', 'ab'), as.replace('//;', '//'), as.replace('left', 'right')]) {
      expect(guard(other)).not.toBe(guard(as))
    }
  })

  it('changes with the body of a named guard or assign', () => {
    const guard = (one: boolean) => revisionOf({}, { guards: { isOpen: one ? () => true : () => false } })
    expect(guard(true)).not.toBe(guard(false))
    const count = (one: boolean) =>
      revisionOf({}, { actions: { count: one ? assign({ left: () => 1 }) : assign({ left: () => 2 }) } })
    expect(count(true)).not.toBe(count(false))
  })
})

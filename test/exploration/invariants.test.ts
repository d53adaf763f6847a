import { describe, expect, it } from '@jest/globals'
import { assign, createMachine, setup } from 'xstate'
import { secretOf } from '../../src/engine/authoring.ts'
import type { Dialogue, Reply } from '../../src/engine/authoring.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { titleOf } from '../../src/exploration/graph.ts'
import { planFor } from '../../src/exploration/plan.ts'
import type { ModelSpec } from '../../src/exploration/model-spec.ts'
import { violationMessage, shortest } from '../../src/exploration/violation.ts'
import { inAll } from '../support/machines.ts'
import { crossing, notUnderstood, safeSpec, specOf } from './menus.ts'
import type { Safe } from './menus.ts'

/** Returns the violations of a menu, and the inputs that lead to each. */
function found(spec: ModelSpec<Safe>, languages: readonly ('ru' | 'en')[] = ['en']) {
  const { violations } = planFor([spec], { languages, limit: 10, seed: 1, notUnderstood, latin: true })
  return shortest(violations).map(({ violation }) => ({
    message: violationMessage(violation),
    typed: violation.moves.slice(1).map(titleOf).join(' '),
  }))
}

const goodbye = { type: 'final' } as const

/** Counts to three with choice 1. */
const counting = (text: (context: { count: number }) => string): Menu => ({
  machine: setup({
    types: { input: {} as Dialogue, context: {} as { count: number }, events: {} as Reply },
  }).createMachine({
    id: 'counting',
    context: { count: 0 },
    initial: 'more',
    states: {
      more: {
        on: {
          1: [
            {
              guard: ({ context }) => context.count < 3,
              actions: assign({ count: ({ context }) => context.count + 1 }),
            },
            { target: 'goodbye' },
          ],
          0: 'goodbye',
        },
      },
      goodbye,
    },
  }),
  screens: { more: inAll(text), goodbye: inAll('Goodbye') },
})

describe('the invariants', () => {
  it('hold in sound menus', () => {
    expect(found(specOf(crossing), ['ru', 'en'])).toEqual([])
    expect(found(safeSpec(), ['ru', 'en'])).toEqual([])
    expect(found(specOf(counting(({ count }) => `So far: ${count}\n1 More\n0 Exit`)))).toEqual([])
  })

  it('detect a text that is too long in one context only', () => {
    expect(
      found(specOf(counting(({ count }) => `${'x'.repeat(count === 3 ? 170 : 9)}\n1 More\n0 Exit`))),
    ).toEqual([
      {
        message: '*100#, screen more, en: needs 184 septets, limit 182 (every screen fits one message)',
        typed: '1 1 1',
      },
    ])
  })

  it('detect a text that is too long under the line that the reply was not understood', () => {
    const text = `${'x'.repeat(182 - 14)}\n1 More\n0 Exit`
    expect(found(specOf(counting(() => text)))).toMatchObject([{ typed: '2' }])
  })

  it('detect a text that is too long in Latin letters only', () => {
    // 80 Cyrillic letters fit one message; most of these become four Latin letters.
    const text = `${'щ'.repeat(66)}\n1 Ещё\n0 Нет`
    const [first, ...others] = found(specOf(counting(() => text)), ['ru'])
    expect(first?.message).toContain('screen more, ru, in Latin letters: needs 2')
    expect(others).toEqual([])
  })

  it('detect a digit that is listed but not accepted, and one that is accepted but not listed', () => {
    const screens = { ...crossing.screens, right: inAll('Right\n2 Done\n0 Exit') }
    expect(found(specOf({ ...crossing, screens }))).toEqual([
      {
        message:
          '*100#, screen right, en: lists 2, but does not accept it (a screen accepts the digits it lists)',
        typed: '2',
      },
    ])
    const short = { ...crossing.screens, left: inAll('Left\n1 Done\n2 Right') }
    expect(found(specOf({ ...crossing, screens: short }))).toMatchObject([
      { message: expect.stringContaining('screen left, en: accepts 0, but does not list it'), typed: '1' },
    ])
  })

  it('detect a secret on a screen', () => {
    const machine = setup({
      types: { input: {} as Dialogue, context: {} as { typed: string }, events: {} as Reply },
    }).createMachine({
      id: 'echo',
      context: { typed: '' },
      initial: 'number',
      states: {
        number: {
          on: {
            secret: { target: 'echoed', actions: assign({ typed: ({ event }) => secretOf(event).reveal() }) },
            0: 'goodbye',
          },
        },
        echoed: { type: 'final' },
        goodbye,
      },
    })
    const screens = {
      number: inAll('Enter it\n0 Exit'),
      echoed: inAll(({ typed }: { typed: string }) => `You typed ${typed}`),
      goodbye: inAll('Goodbye'),
    }
    expect(found(specOf({ machine, screens }))).toEqual([
      {
        message:
          '*100#, screen echoed, en: shows what was typed as letters (no secret is shown, stored or logged)',
        typed: 'letters',
      },
    ])
  })

  it('detect a dead end', () => {
    const machine = createMachine({
      id: 'trap',
      initial: 'start',
      states: {
        start: { on: { 1: 'trap', 0: 'goodbye' } },
        trap: { on: { 1: 'trapped' } },
        trapped: { on: { 1: 'trap' } },
        goodbye,
      },
    })
    const screens = {
      start: inAll('Start\n1 On\n0 Exit'),
      trap: inAll('Trap\n1 On'),
      trapped: inAll('Trapped\n1 On'),
      goodbye: inAll('Goodbye'),
    }
    const problems = found(specOf({ machine, screens }))
    expect(problems.map(({ message }) => message)).toEqual([
      '*100#, screen trap, en: no digit ends the dialogue or goes back (every screen has a way out)',
      '*100#, screen trap, en: no reply leads to an end (every dialogue can end)',
      '*100#, screen trapped, en: no reply leads to an end (every dialogue can end)',
    ])
    expect(problems.map(({ typed }) => typed)).toEqual(['1', '1', '1 1'])
  })

  it('detect unlimited guessing', () => {
    const models: ModelSpec<Safe>['models'] = {
      // Wrong numbers are not counted.
      openSafe: (_input: unknown, { world }) => ({ outcome: { isRight: false, left: 2 }, world }),
    }
    expect(found(safeSpec({ models }))).toMatchObject([
      { message: expect.stringContaining('attempts'), typed: '1' },
      {
        message: '*100#, screen wrong, en: accepts 1 without limit (secrets cannot be guessed without limit)',
        typed: '1 1',
      },
    ])
  })

  it('detect attempts restored without success, and a screen that shows too many', () => {
    const given: ModelSpec<Safe>['models'] = {
      openSafe(_input: unknown, { world }) {
        const left = world.left - 1 || 3
        return { outcome: { isRight: false, left }, world: { ...world, left } }
      },
    }
    const messages = found(safeSpec({ models: given })).map(({ message }) => message)
    expect(messages).toContainEqual(
      '*100#, screen wrong, en: raises the attempts left from 1 to 3 (attempts left rise only on success)',
    )
    const exaggerating = inAll(({ left }: { left: number }) => `Wrong. Attempts left: ${left + 1}\n0 Exit`)
    expect(found(safeSpec({}, { wrong: exaggerating }))).toEqual([
      {
        message:
          '*100#, screen wrong, en: shows 3 attempts left, but 2 are left (attempts left rise only on success)',
        typed: '1',
      },
    ])
  })

  it('detect a menu that throws, and one with an unbounded number of states', () => {
    const text = ({ count }: { count: number }) => {
      if (count === 2) throw new RangeError('no text for 2')
      return 'More?\n1 More\n0 Exit'
    }
    expect(found(specOf(counting(text)))).toMatchObject([
      { message: expect.stringContaining('the menu fails: no text for 2'), typed: '1 1' },
    ])
    const machine = setup({
      types: { input: {} as Dialogue, context: {} as { count: number }, events: {} as Reply },
    }).createMachine({
      id: 'endless',
      context: { count: 0 },
      initial: 'more',
      states: {
        more: { on: { 1: { actions: assign({ count: ({ context }) => context.count + 1 }) }, 0: 'goodbye' } },
        goodbye,
      },
    })
    const screens = { more: inAll('More?\n1 More\n0 Exit'), goodbye: inAll('Goodbye') }
    expect(found(specOf({ machine, screens }))).toMatchObject([
      { message: expect.stringContaining('more than 20000 transitions') },
    ])
  })
})

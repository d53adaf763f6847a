import { describe, expect, it } from '@jest/globals'
import { assign, createMachine, setup } from 'xstate'
import { secretOf } from '../../src/engine/authoring.ts'
import type { Dialogue, Reply } from '../../src/engine/authoring.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { titleOf } from '../../src/exploration/graph.ts'
import { planFor } from '../../src/exploration/plan.ts'
import type { ModelSpec } from '../../src/exploration/model-spec.ts'
import { sentenceOf, shortest } from '../../src/exploration/violation.ts'
import { inAll } from '../support/machines.ts'
import { crossing, notUnderstood, safeSubject, subjectOf } from './menus.ts'
import type { Safe } from './menus.ts'

/** What does not hold, and what is typed behind the code to see it. */
function found(subject: ModelSpec<Safe>, languages: readonly ('ru' | 'en')[] = ['en']) {
  const { violations } = planFor([subject], { languages, limit: 10, seed: 1, notUnderstood })
  return shortest(violations).map(({ violation }) => ({
    sentence: sentenceOf(violation),
    typed: violation.moves.slice(1).map(titleOf).join(' '),
  }))
}

const goodbye = { type: 'final' } as const

/** A counter up to three, by 1. */
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

describe('what holds of every place', () => {
  it('holds of sound menus', () => {
    expect(found(subjectOf(crossing), ['ru', 'en'])).toEqual([])
    expect(found(safeSubject(), ['ru', 'en'])).toEqual([])
    expect(found(subjectOf(counting(({ count }) => `So far: ${count}\n1 More\n0 Exit`)))).toEqual([])
  })

  it('misses a text that is too long with one context only', () => {
    expect(
      found(subjectOf(counting(({ count }) => `${'x'.repeat(count === 3 ? 170 : 9)}\n1 More\n0 Exit`))),
    ).toEqual([
      {
        sentence:
          '*100#, screen more, en: takes 184 septets, and a message 182 (every screen is inside the limit of one message)',
        typed: '1 1 1',
      },
    ])
  })

  it('misses a text that is too long under the line that nothing was understood', () => {
    const text = `${'x'.repeat(182 - 14)}\n1 More\n0 Exit`
    expect(found(subjectOf(counting(() => text)))).toMatchObject([{ typed: '2' }])
  })

  it('misses a text that is too long in Latin letters alone', () => {
    // 80 letters are one message in Cyrillic; in Latin most of these are four.
    const text = `${'щ'.repeat(66)}\n1 Ещё\n0 Нет`
    const [first, ...others] = found(subjectOf(counting(() => text)), ['ru'])
    expect(first?.sentence).toContain('screen more, ru, in Latin letters: takes 2')
    expect(others).toEqual([])
  })

  it('misses a digit that is listed and not taken, and one that is taken and not listed', () => {
    const screens = { ...crossing.screens, right: inAll('Right\n2 Done\n0 Exit') }
    expect(found(subjectOf({ ...crossing, screens }))).toEqual([
      {
        sentence:
          '*100#, screen right, en: lists 2, which it does not take (the digits a screen lists are the digits it takes)',
        typed: '2',
      },
    ])
    const short = { ...crossing.screens, left: inAll('Left\n1 Done\n2 Right') }
    expect(found(subjectOf({ ...crossing, screens: short }))).toMatchObject([
      { sentence: expect.stringContaining('screen left, en: takes 0, which it does not list'), typed: '1' },
    ])
  })

  it('misses a secret on a screen', () => {
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
    expect(found(subjectOf({ machine, screens }))).toEqual([
      {
        sentence:
          '*100#, screen echoed, en: shows what was typed as letters (no secret is shown, stored or logged)',
        typed: 'letters',
      },
    ])
  })

  it('misses a dead end', () => {
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
    const problems = found(subjectOf({ machine, screens }))
    expect(problems.map(({ sentence }) => sentence)).toEqual([
      '*100#, screen trap, en: no digit ends the dialogue or leads back (every screen has a way out)',
      '*100#, screen trap, en: nothing that can be typed here leads to an end (every dialogue can come to its end)',
      '*100#, screen trapped, en: nothing that can be typed here leads to an end (every dialogue can come to its end)',
    ])
    expect(problems.map(({ typed }) => typed)).toEqual(['1', '1', '1 1'])
  })

  it('misses guessing without end', () => {
    const models: ModelSpec<Safe>['models'] = {
      // Nobody counts the wrong ones.
      openSafe: (_input: unknown, { world }) => ({ outcome: { isRight: false, left: 2 }, world }),
    }
    expect(found(safeSubject({ models }))).toMatchObject([
      { sentence: expect.stringContaining('attempts'), typed: '1' },
      {
        sentence: '*100#, screen wrong, en: takes 1 again and again (nobody can try secrets without end)',
        typed: '1 1',
      },
    ])
  })

  it('misses attempts that come back without success, and a screen that says more than there are', () => {
    const given: ModelSpec<Safe>['models'] = {
      openSafe(_input: unknown, { world }) {
        const left = world.left - 1 || 3
        return { outcome: { isRight: false, left }, world: { ...world, left } }
      },
    }
    const sentences = found(safeSubject({ models: given })).map(({ sentence }) => sentence)
    expect(sentences).toContainEqual(
      '*100#, screen wrong, en: gives attempts back: 1 were left, and then 3 (attempts left go up by success alone)',
    )
    const boasting = inAll(({ left }: { left: number }) => `Wrong. Attempts left: ${left + 1}\n0 Exit`)
    expect(found(safeSubject({}, { wrong: boasting }))).toEqual([
      {
        sentence:
          '*100#, screen wrong, en: says that 3 attempts are left, and there are 2 (attempts left go up by success alone)',
        typed: '1',
      },
    ])
  })

  it('misses a menu that fails, and one that never comes to an end of its places', () => {
    const text = ({ count }: { count: number }) => {
      if (count === 2) throw new RangeError('no text for 2')
      return 'More?\n1 More\n0 Exit'
    }
    expect(found(subjectOf(counting(text)))).toMatchObject([
      { sentence: expect.stringContaining('the menu fails: no text for 2'), typed: '1 1' },
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
    expect(found(subjectOf({ machine, screens }))).toMatchObject([
      { sentence: expect.stringContaining('does it count something without end?') },
    ])
  })
})

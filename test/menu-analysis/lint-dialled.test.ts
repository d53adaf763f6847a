import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { languages } from '../../src/engine/authoring.ts'
import { followDialled } from '../../src/menu-analysis/lint-dialled.ts'
import type { CompiledMenu } from '../../src/engine/menu.ts'
import { screenName } from '../../src/engine/render.ts'
import { nameOf } from '../../src/menu-analysis/statechart.ts'
import { begin, applyShortcut } from '../../src/engine/turn.ts'
import { compiled, performing, soundMenuBut, subjects } from '../support/machines.ts'
import type { AnyOutcomes } from '../support/machines.ts'

const readOff = ({ machine }: CompiledMenu, shortcut: readonly string[]): string[] =>
  [...followDialled(machine, shortcut).rests].map(nameOf).toSorted()

/** The screen a dialogue really comes to rest on. */
async function walked(
  menu: CompiledMenu,
  shortcut: readonly string[],
  outcomes: AnyOutcomes,
  choices: number[],
) {
  const { perform } = performing(outcomes, choices)
  const { snapshot } = await applyShortcut(menu, await begin(menu, languages[0], perform), shortcut, perform)
  return screenName(snapshot.value)
}

const part = fc.constantFrom('0', '1', '2', '3', '6', '9', '', '250', ' 1 ')
const few = { maxLength: 3 }

describe('what is read off the statechart of a dialled string', () => {
  it.each(subjects.map(({ menu, outcomes }) => ({ code: menu.code, menu, outcomes })))(
    'holds every screen that $code really comes to rest on',
    async ({ menu, outcomes }) => {
      const choices = fc.array(fc.nat(6), { minLength: 1, maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(fc.array(part, few), choices, async (shortcut, chosen) => {
          expect(readOff(menu, shortcut)).toContain(await walked(menu, shortcut, outcomes, chosen))
        }),
      )
    },
  )

  it.each([[], ['1'], ['1', '7'], ['0'], ['5']])(
    'and no other, where everything comes about: %j',
    async (...shortcut) => {
      for (const { menu, outcomes } of subjects) {
        const all = [0, 1, 2, 3, 4, 5, 6].flatMap((first) => [0, 1, 2].map((next) => [first, next]))
        const rests = await Promise.all(all.map((choices) => walked(menu, shortcut, outcomes, choices)))
        expect(readOff(menu, shortcut)).toEqual([...new Set(rests)].toSorted())
      }
    },
  )

  it('goes as a dialogue goes through nested states, choices kept away, guards and text', async () => {
    const refusing = () => false
    const nested = soundMenuBut({
      open: {
        initial: 'list',
        on: { 5: 'amount', 6: 'amount', 7: 'sure' },
        states: {
          list: { on: { 5: undefined, 6: { guard: refusing, target: 'more' }, text: 'more' } },
          more: { on: { secret: 'list' } },
        },
      },
    })
    const menu = compiled(nested.machine)
    const outcomes = { look: [true], change: [true] }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('5', '6', '7', '8', '0', '250'), few), async (shortcut) => {
        expect(readOff(menu, shortcut)).toContain(await walked(menu, shortcut, outcomes, [0]))
      }),
    )
    expect(readOff(menu, ['5'])).toEqual(['bye', 'open.list'])
    expect(readOff(menu, ['6'])).toEqual(['amount', 'bye', 'open.more'])
    expect(readOff(menu, ['7', '2'])).toEqual(['bye', 'sure'])
    expect(readOff(menu, ['8', '5'])).toEqual(['bye', 'open.more'])
  })
})

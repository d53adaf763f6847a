import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { languages } from '../../menus/languages.ts'
import { followDialled } from '../../src/menu-analysis/lint-dialled.ts'
import type { CompiledMenu } from '../../src/engine/menu.ts'
import { screenName } from '../../src/engine/render.ts'
import { nameOf } from '../../src/menu-analysis/statechart.ts'
import { begin, applyShortcut } from '../../src/engine/turn.ts'
import { compiled, runEffectsWith, soundMenuWith, menusWithOutcomes } from '../support/machines.ts'
import type { AnyOutcomes } from '../support/machines.ts'

const analysed = ({ machine }: CompiledMenu, shortcut: readonly string[]): string[] =>
  [...followDialled(machine, shortcut).screens].map(nameOf).toSorted()

/** Returns the screen at which the engine stops. */
async function executed(
  menu: CompiledMenu,
  shortcut: readonly string[],
  outcomes: AnyOutcomes,
  choices: number[],
) {
  const { perform } = runEffectsWith(outcomes, choices)
  const { snapshot } = await applyShortcut(menu, await begin(menu, languages[0], perform), shortcut, perform)
  return screenName(snapshot.value)
}

const part = fc.constantFrom('0', '1', '2', '3', '6', '9', '', '250', ' 1 ')
const few = { maxLength: 3 }

describe('the static analysis of a dialled string', () => {
  it.each(menusWithOutcomes.map(({ menu, outcomes }) => ({ code: menu.code, menu, outcomes })))(
    'finds every screen at which $code stops',
    async ({ menu, outcomes }) => {
      const choices = fc.array(fc.nat(6), { minLength: 1, maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(fc.array(part, few), choices, async (shortcut, chosen) => {
          expect(analysed(menu, shortcut)).toContain(await executed(menu, shortcut, outcomes, chosen))
        }),
      )
    },
  )

  it.each([[], ['1'], ['1', '7'], ['0'], ['5']])('finds no other screen: %j', async (...shortcut) => {
    for (const { menu, outcomes } of menusWithOutcomes) {
      const all = [0, 1, 2, 3, 4, 5, 6].flatMap((first) => [0, 1, 2].map((next) => [first, next]))
      const screens = await Promise.all(all.map((choices) => executed(menu, shortcut, outcomes, choices)))
      expect(analysed(menu, shortcut)).toEqual([...new Set(screens)].toSorted())
    }
  })

  it('agrees with the engine on nested states, blocked choices, guards and text', async () => {
    const rejecting = () => false
    const nested = soundMenuWith({
      open: {
        initial: 'list',
        on: { 5: 'amount', 6: 'amount', 7: 'sure' },
        states: {
          list: { on: { 5: undefined, 6: { guard: rejecting, target: 'more' }, text: 'more' } },
          more: { on: { secret: 'list' } },
        },
      },
    })
    const menu = compiled(nested.machine)
    const outcomes = { look: [true], change: [true] }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('5', '6', '7', '8', '0', '250'), few), async (shortcut) => {
        expect(analysed(menu, shortcut)).toContain(await executed(menu, shortcut, outcomes, [0]))
      }),
    )
    expect(analysed(menu, ['5'])).toEqual(['bye', 'open.list'])
    expect(analysed(menu, ['6'])).toEqual(['amount', 'bye', 'open.more'])
    expect(analysed(menu, ['7', '2'])).toEqual(['bye', 'sure'])
    expect(analysed(menu, ['8', '5'])).toEqual(['bye', 'open.more'])
  })
})

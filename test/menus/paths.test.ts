import { describe, expect, it } from '@jest/globals'
import { languages } from '../../menus/languages.ts'
import { render, screenName } from '../../src/engine/render.ts'
import { isWorking, leavesOf, nameOf } from '../../src/menu-analysis/statechart.ts'
import { hasEnded } from '../../src/engine/turn.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { measure } from '../../src/ussd/message.ts'
import { transliterate } from '../../src/ussd/transliterate.ts'
import { menusWithOutcomes } from '../support/machines.ts'
import { walk } from '../support/walk.ts'
import type { Walk } from '../support/walk.ts'

/** A password, a PUK1, a reply that is neither, and an empty reply. */
const TYPED = ['80291', '12345678', 'abc', '']

const cases = menusWithOutcomes.flatMap(({ menu, outcomes }) =>
  languages.map((language) => ({ code: menu.code, menu, outcomes, language })),
)

describe.each(cases)('all dialogues of $code in $language', ({ menu, outcomes, language }) => {
  const walked: Promise<Walk> = walk(menu, outcomes, language, TYPED)

  it('reach every screen', async () => {
    const { waitingStates } = await walked
    const met = new Set(waitingStates.map(({ snapshot }) => screenName(snapshot.value)))
    const screens = leavesOf(menu.machine)
      .filter((leaf) => !isWorking(leaf))
      .map(nameOf)
    expect([...met].toSorted()).toEqual(screens.toSorted())
  })

  it('take every transition', async () => {
    const { transitions, untaken } = await walked
    expect(transitions).not.toEqual([])
    expect(untaken).toEqual([])
  })

  it('show screens that fit one message in either script, also below the line for a wrong choice', async () => {
    const { waitingStates } = await walked
    const tooLong = waitingStates.flatMap(({ snapshot, mayBeMistaken }) => {
      const screen = render(menu, snapshot, language)
      const said =
        mayBeMistaken && !hasEnded(snapshot) ? `${systemMessages.notUnderstood[language]}\n${screen}` : screen
      const forms = language === 'en' ? [said] : [said, transliterate(said, language)]
      return forms.filter((form) => !measure(form).fits)
    })
    expect(tooLong).toEqual([])
  })

  it('list exactly the digits that they accept', async () => {
    const { waitingStates } = await walked
    const wrong = waitingStates.flatMap(({ snapshot, choices }) => {
      const listed = [...render(menu, snapshot, language).matchAll(/^([0-9]) /gm)].map(
        ([, digit]) => digit ?? '',
      )
      const same = listed.toSorted().join('') === choices.join('')
      return same ? [] : [`${screenName(snapshot.value)} lists ${listed.join()} and takes ${choices.join()}`]
    })
    expect(wrong).toEqual([])
  })

  it('end, or offer a choice', async () => {
    const { waitingStates } = await walked
    const trapped = waitingStates.filter(
      ({ snapshot, choices }) => !hasEnded(snapshot) && choices.length === 0,
    )
    expect(trapped.map(({ snapshot }) => screenName(snapshot.value))).toEqual([])
  })

  it('keep their language', async () => {
    const { waitingStates } = await walked
    expect(
      new Set(waitingStates.map(({ snapshot }) => (snapshot.context as { language: string }).language)),
    ).toEqual(new Set([language]))
  })
})

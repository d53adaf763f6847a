import { describe, expect, it } from '@jest/globals'
import { languages } from '../../src/engine/authoring.ts'
import { render, screenName } from '../../src/engine/render.ts'
import { isWorking, leavesOf, nameOf } from '../../src/menu-analysis/statechart.ts'
import { hasEnded } from '../../src/engine/turn.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { measure } from '../../src/ussd/message.ts'
import { transliterate } from '../../src/ussd/transliterate.ts'
import { subjects } from '../support/machines.ts'
import { walk } from '../support/walk.ts'
import type { Walk } from '../support/walk.ts'

/** A password, a PUK1, a reply that is neither, and an empty reply. */
const TYPED = ['80291', '12345678', 'abc', '']

const cases = subjects.flatMap(({ menu, outcomes }) =>
  languages.map((language) => ({ code: menu.code, menu, outcomes, language })),
)

describe.each(cases)('all dialogues of $code in $language', ({ menu, outcomes, language }) => {
  const walked: Promise<Walk> = walk(menu, outcomes, language, TYPED)

  it('reach every screen', async () => {
    const { places } = await walked
    const met = new Set(places.map(({ snapshot }) => screenName(snapshot.value)))
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
    const { places } = await walked
    const tooLong = places.flatMap(({ snapshot, mayBeMistaken }) => {
      const screen = render(menu, snapshot, language)
      const said =
        mayBeMistaken && !hasEnded(snapshot) ? `${systemMessages.notUnderstood[language]}\n${screen}` : screen
      const forms = language === 'en' ? [said] : [said, transliterate(said, language)]
      return forms.filter((form) => !measure(form).fits)
    })
    expect(tooLong).toEqual([])
  })

  it('list exactly the digits that they accept', async () => {
    const { places } = await walked
    const wrong = places.flatMap(({ snapshot, choices }) => {
      const listed = [...render(menu, snapshot, language).matchAll(/^([0-9]) /gm)].map(
        ([, digit]) => digit ?? '',
      )
      const same = listed.toSorted().join('') === choices.join('')
      return same ? [] : [`${screenName(snapshot.value)} lists ${listed.join()} and takes ${choices.join()}`]
    })
    expect(wrong).toEqual([])
  })

  it('end, or offer a choice', async () => {
    const { places } = await walked
    const trapped = places.filter(({ snapshot, choices }) => !hasEnded(snapshot) && choices.length === 0)
    expect(trapped.map(({ snapshot }) => screenName(snapshot.value))).toEqual([])
  })

  it('keep their language', async () => {
    const { places } = await walked
    expect(
      new Set(places.map(({ snapshot }) => (snapshot.context as { language: string }).language)),
    ).toEqual(new Set([language]))
  })
})

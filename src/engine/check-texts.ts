/** What `check` has to say of a menu's texts: they are there, they fit, and they list what is taken. */
import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate'
import { measure } from '../ussd/message.ts'
import { transliterate } from '../ussd/transliterate.ts'
import { languages } from './authoring.ts'
import type { Language, Text } from './authoring.ts'
import type { CompiledMenu } from './menu.ts'
import { textOf } from './render.ts'
import { nameOf, repliesOf } from './statechart.ts'

export function textProblems(
  leaf: AnyStateNode,
  menu: CompiledMenu,
  notUnderstood: Readonly<Record<Language, string>>,
): string[] {
  const name = nameOf(leaf)
  const taken = repliesOf(leaf)
  const digits = [...new Set(taken.map(({ eventType }) => eventType))].filter((event) => /^\d$/.test(event))
  // A reply that nothing takes shows the screen again; where everything is taken, that line never stands over it.
  const takesAnything = taken.some(
    ({ eventType, guard }) => (eventType === 'text' || eventType === 'secret') && guard === undefined,
  )
  return languages.flatMap((language) => {
    const text = menu.screens[name]?.[language]
    if (text === undefined) return [`${name}/${language}: has no text`]
    const shown = sampleText(menu, text, language)
    if (shown instanceof Error) return [`${name}/${language}: cannot be made: ${shown.message}`]
    const problems: string[] = []
    if (shown.trim() === '') problems.push(`${name}/${language}: is empty`)
    const whole = leaf.type === 'final' || takesAnything ? shown : `${notUnderstood[language]}\n${shown}`
    for (const [form, said] of formsOf(whole, language)) {
      const { fits, octets } = measure(said)
      if (!fits) problems.push(`${name}/${form}: longer than one USSD message (${octets} of 160 octets)`)
    }
    const listed = digitsListed(shown).join('')
    const takes = digits.toSorted((a, b) => a.localeCompare(b)).join('')
    if (listed !== takes) problems.push(`${name}/${language}: lists [${listed}] but takes [${takes}]`)
    return problems
  })
}

/** The digits a screen offers: those that begin a line, before a blank. */
const digitsListed = (screen: string): string[] =>
  screen
    .split('\n')
    .flatMap((line) => /^(\d)\s/.exec(line)?.[1] ?? [])
    .toSorted((a, b) => a.localeCompare(b))

/** As written, and as `#…#` shows it. */
const formsOf = (text: string, language: Language): readonly (readonly [string, string])[] =>
  language === 'en'
    ? [[language, text]]
    : [
        [language, text],
        [`${language} in Latin letters`, transliterate(text, language)],
      ]

/** A text that depends on the context is measured with the context a dialogue begins with; walking the menu measures the rest. */
function sampleText(menu: CompiledMenu, text: Text<unknown>, language: Language): string | Error {
  try {
    const [first] = initialTransition(menu.machine, { language }) as unknown as [AnyMachineSnapshot]
    return textOf(text, first.context)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** What `check` has to say of a menu's texts: they are there, they fit, and they list what is taken. */
import type { AnyStateNode } from 'xstate'
import { measure } from '../ussd/message.ts'
import { transliterate } from '../ussd/transliterate.ts'
import { languages } from '../engine/authoring.ts'
import type { Language, Text } from '../engine/authoring.ts'
import { trialsOf } from './check-contexts.ts'
import type { Sample, Trial } from './check-contexts.ts'
import { listProblems } from './check-lists.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { textOf } from '../engine/render.ts'
import { nameOf, repliesOf } from './statechart.ts'

export function textProblems(
  leaf: AnyStateNode,
  menu: CompiledMenu,
  notUnderstood: Readonly<Record<Language, string>>,
  samples: readonly Sample[],
): string[] {
  const name = nameOf(leaf)
  // A reply that nothing takes shows the screen again; where everything is taken, that line never stands over it.
  const takesAnything = repliesOf(leaf).some(
    ({ eventType, guard }) => (eventType === 'text' || eventType === 'secret') && guard === undefined,
  )
  const isShownAgain = leaf.type !== 'final' && !takesAnything
  const shown = new Map<Language, string>()
  const problems = languages.flatMap((language) => {
    const place = `${name}/${language}`
    const text = menu.screens[name]?.[language]
    if (text === undefined) return [`${place}: has no text`]
    const made = madeWith(text, trialsOf(menu, language, samples))
    if (made instanceof Error) return [`${place}: cannot be made: ${made.message}`]
    shown.set(language, made[0].said)
    const above = isShownAgain ? `${notUnderstood[language]}\n` : ''
    return [
      ...(made.some(({ said, kind }) => kind === 'given' && said.trim() === '')
        ? [`${place}: is empty`]
        : []),
      ...formsOf(language).flatMap(([form, inForm]) =>
        tooLong(
          `${name}/${form}`,
          made.map((each) => ({ ...each, said: inForm(above + each.said) })),
        ),
      ),
    ]
  })
  return [...problems, ...listProblems(leaf, shown)]
}

type Made = Omit<Trial, 'context'> & { readonly said: string }

/** A text in every context it can be made in, what a dialogue begins with first. */
function madeWith(text: Text<unknown>, trials: readonly Trial[]): readonly [Made, ...Made[]] | Error {
  const made: Made[] = []
  const failed: Error[] = []
  for (const { context, sample, kind } of typeof text === 'string' ? trials.slice(0, 1) : trials) {
    try {
      const said: unknown = textOf(text, context)
      if (typeof said !== 'string') throw new TypeError(`it is ${typeof said}`)
      // What says `undefined` was made from a context that never comes.
      if (kind === 'given' || !/\bundefined\b|\bNaN\b/.test(said)) made.push({ said, sample, kind })
    } catch (error) {
      if (kind === 'given') failed.push(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const [first, ...others] = made
  return first?.kind === 'given' ? [first, ...others] : (failed[0] ?? new Error('there is no context'))
}

/** As written, and as `#…#` shows it. */
const formsOf = (language: Language): readonly (readonly [string, (text: string) => string])[] =>
  language === 'en'
    ? [[language, (text) => text]]
    : [
        [language, (text) => text],
        [`${language} in Latin letters`, (text) => transliterate(text, language)],
      ]

/** Of what does not fit: what a dialogue begins with, else the longest. */
function tooLong(place: string, made: readonly Made[]): string[] {
  const measured = made.map((each) => ({ ...each, ...measure(each.said) })).filter(({ fits }) => !fits)
  const worst = measured.find(isFirst) ?? measured.toSorted((a, b) => b.octets - a.octets)[0]
  if (!worst) return []
  const context = isFirst(worst) ? '' : ` with ${JSON.stringify(worst.sample)}`
  return [`${place}: longer than one USSD message (${worst.octets} of 160 octets)${context}`]
}

const isFirst = ({ sample }: Made): boolean => Object.keys(sample).length === 0

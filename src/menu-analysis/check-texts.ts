/** Checks that every text exists, renders, fits one message and lists the accepted digits. */
import type { AnyStateNode } from 'xstate'
import { measure } from '../ussd/message.ts'
import { isTransliterated, transliterate } from '../ussd/transliterate.ts'
import type { Language, Text } from '../engine/authoring.ts'
import type { CheckedProject } from './check.ts'
import { trialsOf } from './check-contexts.ts'
import type { Sample, Trial } from './check-contexts.ts'
import { listProblems } from './check-lists.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { textOf } from '../engine/render.ts'
import { nameOf, repliesOf } from './statechart.ts'

export function textProblems(
  leaf: AnyStateNode,
  menu: CompiledMenu,
  { languages, messages, latin }: CheckedProject,
  samples: readonly Sample[],
): string[] {
  const name = nameOf(leaf)
  // A screen that accepts any text is never shown again under this line.
  const acceptsAnything = repliesOf(leaf).some(
    ({ eventType, guard }) => (eventType === 'text' || eventType === 'secret') && guard === undefined,
  )
  const isShownAgain = leaf.type !== 'final' && !acceptsAnything
  const shown = new Map<Language, string>()
  const problems = languages.flatMap((language) => {
    const location = `${name}/${language}`
    const text = menu.screens[name]?.[language]
    if (text === undefined) return [`${location}: has no text`]
    const renderings = render(text, trialsOf(menu, language, samples))
    if (renderings instanceof Error) return [`${location}: cannot be rendered: ${renderings.message}`]
    shown.set(language, renderings[0].text)
    const above = isShownAgain ? `${messages.notUnderstood[language]}\n` : ''
    return [
      ...(renderings.some((each) => each.kind === 'given' && each.text.trim() === '')
        ? [`${location}: is empty`]
        : []),
      ...formsOf(language, latin).flatMap(([form, inForm]) =>
        tooLong(
          `${name}/${form}`,
          renderings.map((each) => ({ ...each, text: inForm(above + each.text) })),
          isShownAgain,
        ),
      ),
    ]
  })
  return [...problems, ...listProblems(leaf, shown)]
}

type Rendering = Omit<Trial, 'context'> & { readonly text: string }

/** Renders a text in every context that allows it, the initial one first. */
function render(text: Text<unknown>, trials: readonly Trial[]): readonly [Rendering, ...Rendering[]] | Error {
  const rendered: Rendering[] = []
  const failed: Error[] = []
  for (const { context, sample, kind } of typeof text === 'string' ? trials.slice(0, 1) : trials) {
    try {
      const output: unknown = textOf(text, context)
      if (typeof output !== 'string') throw new TypeError(`the text is ${typeof output}`)
      // A varied context that renders `undefined` never occurs.
      if (kind === 'given' || !/\bundefined\b|\bNaN\b/.test(output))
        rendered.push({ text: output, sample, kind })
    } catch (error) {
      if (kind === 'given') failed.push(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const [first, ...others] = rendered
  return first?.kind === 'given' ? [first, ...others] : (failed[0] ?? new Error('no context renders it'))
}

/** The text as written, and its transliteration for `#…#`. */
const formsOf = (
  language: Language,
  latin: boolean,
): readonly (readonly [string, (text: string) => string])[] => [
  [language, (text) => text],
  ...(latin && isTransliterated(language)
    ? [[`${language} in Latin letters`, (text: string) => transliterate(text, language)] as const]
    : []),
]

/** Reports the initial rendering if it is too long, otherwise the longest one. */
function tooLong(location: string, renderings: readonly Rendering[], isUnderLine: boolean): string[] {
  const measured = renderings.map((each) => ({ ...each, ...measure(each.text) })).filter(({ fits }) => !fits)
  const worst = measured.find(isFirst) ?? measured.toSorted((a, b) => b.octets - a.octets)[0]
  if (!worst) return []
  const context = isFirst(worst) ? '' : ` with ${JSON.stringify(worst.sample)}`
  const line = isUnderLine ? ' with the line above a repeated screen' : ''
  return [`${location}: longer than one USSD message (${worst.octets} of 160 octets${line})${context}`]
}

const isFirst = ({ sample }: Rendering): boolean => Object.keys(sample).length === 0

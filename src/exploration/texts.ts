/** The texts of a dialogue as a subscriber reads them. */
import type { Language } from '../engine/authoring.ts'
import { isTransliterated, transliterate } from '../ussd/transliterate.ts'
import type { Model, Transition } from './dialogue.ts'

/** `latin`: transliterated, for subscribers who dial `#…#`. */
export type Alphabet = 'native' | 'latin'

/** Returns the alphabets in which a subscriber can read a menu. `latin`: of the project. */
export const alphabetsOf = (code: string, language: Language, latin: boolean): readonly Alphabet[] =>
  latin && code.startsWith('*') && isTransliterated(language) ? ['native', 'latin'] : ['native']

/** The line above a screen that is shown again. */
export type NotUnderstood = Readonly<Record<Language, string>>

/** Returns the text after a transition, with the line above it if the reply was not understood. */
export function shownAfter<World>(
  { to, understood }: Transition<World>,
  { language }: Model<World>,
  notUnderstood: NotUnderstood,
  alphabet: Alphabet = 'native',
): string {
  const text = understood ? to.text : `${notUnderstood[language]}\n${to.text}`
  return alphabet === 'latin' ? inLatin(text, language) : text
}

export const inLatin = (text: string, language: Language): string =>
  isTransliterated(language) ? transliterate(text, language) : text

/** Returns the digits that a screen lists as choices: lines that begin with a digit and a space. */
export const listedIn = (text: string): readonly string[] =>
  [...text.matchAll(/^([0-9]) /gm)].map(([, digit]) => digit ?? '')

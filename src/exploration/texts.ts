/** The forms in which a subscriber may come to read what a dialogue shows. */
import type { Language } from '../engine/authoring.ts'
import { transliterate } from '../ussd/transliterate.ts'
import type { Model, Transition } from './dialogue.ts'

/** `latin`: as it is shown to who dials `#…#`. */
export type Alphabet = 'usual' | 'latin'

/** The line that stands over a screen that is shown again. */
export type NotUnderstood = Readonly<Record<Language, string>>

/** What is shown after a move, with the line that a reply was not understood. */
export function shownAfter<World>(
  { to: moment, understood }: Transition<World>,
  { language }: Model<World>,
  notUnderstood: NotUnderstood,
  script: Alphabet = 'usual',
): string {
  const text = understood ? moment.text : `${notUnderstood[language]}\n${moment.text}`
  return script === 'latin' ? inLatin(text, language) : text
}

export const inLatin = (text: string, language: Language): string =>
  language === 'en' ? text : transliterate(text, language)

/** The digits a screen lists as choices: its lines that begin with one and a blank. */
export const listedIn = (text: string): readonly string[] =>
  [...text.matchAll(/^([0-9]) /gm)].map(([, digit]) => digit ?? '')

import type * as authoring from '../src/engine/authoring.ts'

/** The languages of the screens. The first one is that of messages to numbers without a record. */
export const languages = ['ru', 'be', 'en'] as const
export type Language = (typeof languages)[number]

/** The input of every dialogue of this project. */
export type Dialogue = authoring.Dialogue<Language>

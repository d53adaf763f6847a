import type { StepResult } from '../run/result.ts'
import type { Expectation, TextMatch } from '../script/walkthrough.ts'

/** Where two texts part, so that a letter of another alphabet or a blank at the end of a line can be seen. */

/** The first place where the texts differ. Its line is there in both of them. */
export interface Difference {
  /** How many characters are the same before it. */
  readonly at: number
  /** From 1. */
  readonly line: number
  /** In characters as they are read (grapheme clusters), from 1. */
  readonly column: number
  /** The character that was expected there; undefined where the expected text has ended. */
  readonly expected: string | undefined
  readonly shown: string | undefined
}

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** A letter and its accents are one, and so are CR and LF (Unicode annex 29). */
export const charactersOf = (text: string): readonly string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment)

export const isLineBreak = (character: string): boolean => /^[\r\n]/.test(character)

/** Undefined where the texts are the same. */
export function firstDifference(expected: string, shown: string): Difference | undefined {
  if (expected === shown) return undefined
  const [wanted, seen] = [charactersOf(expected), charactersOf(shown)]
  const parting = wanted.findIndex((character, index) => character !== seen[index])
  const at = parting < 0 ? wanted.length : parting
  const same = wanted.slice(0, at)
  return {
    at,
    line: same.filter(isLineBreak).length + 1,
    column: at - same.findLastIndex(isLineBreak),
    expected: wanted[at],
    shown: seen[at],
  }
}

/** The text that was expected of a screen or of the network. */
export const wantedOf = (expected: Exclude<Expectation, { kind: 'status' }>): TextMatch =>
  expected.kind === 'screen' ? expected.text : expected.sentence

/** Where a screen differs from the whole text that was expected of it; undefined for anything else. */
export function differenceIn(expected: Expectation, seen: StepResult['seen']): Difference | undefined {
  if (expected.kind !== 'screen' || expected.text.kind !== 'whole') return undefined
  return seen?.kind === 'screen' && !isBlank(seen)
    ? firstDifference(expected.text.text, seen.screen.text)
    : undefined
}

/** The network broke off and nothing stands on the screen. */
export const isBlank = ({ screen }: Extract<StepResult['seen'], { kind: 'screen' }>): boolean =>
  screen.text === '' && screen.problem !== undefined

/** `line 1, column 14: “ё” (U+0451) is expected, “е” (U+0435) is shown`. */
export function sentenceOf({ line, column, expected, shown }: Difference): string {
  // Characters of ASCII tell themselves apart; others are mistaken for each other.
  const isPlain = [expected, shown].every((one) => one === undefined || /^[!-~]$/.test(one))
  const nameOf = (one: string | undefined) => (isPlain && one !== undefined ? `“${one}”` : longName(one))
  return `line ${line}, column ${column}: ${nameOf(expected)} is expected, ${nameOf(shown)} is shown`
}

function longName(character: string | undefined): string {
  if (character === undefined) return 'the end'
  const points = Array.from(character, (one) => one.codePointAt(0) ?? 0)
  const codes = points.map((point) => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`).join(' ')
  if (isLineBreak(character)) return `a line break (${codes})`
  if (character === ' ') return `a blank (${codes})`
  return /[\p{C}\p{Z}]/u.test(character) ? codes : `“${character}” (${codes})`
}

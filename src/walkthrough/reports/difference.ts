import type { StepResult } from '../run/result.ts'
import type { Expectation, TextMatch } from '../script/walkthrough.ts'

/** The first difference of two texts: a letter of another alphabet or a trailing space is hard to see. */
export interface Difference {
  /** The number of equal characters before it. */
  readonly at: number
  /** From 1. */
  readonly line: number
  /** In grapheme clusters, from 1. */
  readonly column: number
  /** The expected character; undefined at the end of the text. */
  readonly expected: string | undefined
  readonly actual: string | undefined
}

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** Splits a text into grapheme clusters: a letter with its accents is one, and so is CR LF (Unicode annex 29). */
export const charactersOf = (text: string): readonly string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment)

export const isLineBreak = (character: string): boolean => /^[\r\n]/.test(character)

/** Returns undefined for equal texts. */
export function firstDifference(expected: string, actual: string): Difference | undefined {
  if (expected === actual) return undefined
  const [expectedCharacters, actualCharacters] = [charactersOf(expected), charactersOf(actual)]
  const index = expectedCharacters.findIndex((character, at) => character !== actualCharacters[at])
  const at = index < 0 ? expectedCharacters.length : index
  const same = expectedCharacters.slice(0, at)
  return {
    at,
    line: same.filter(isLineBreak).length + 1,
    column: at - same.findLastIndex(isLineBreak),
    expected: expectedCharacters[at],
    actual: actualCharacters[at],
  }
}

/** The expected text of the screen or of the network failure. */
export const textMatchOf = (expected: Exclude<Expectation, { kind: 'status' }>): TextMatch =>
  expected.kind === 'screen' ? expected.text : expected.message

/** Compares a screen with an expected whole text; undefined for any other expectation. */
export function differenceIn(expected: Expectation, seen: StepResult['seen']): Difference | undefined {
  if (expected.kind !== 'screen' || expected.text.kind !== 'whole') return undefined
  return seen?.kind === 'screen' && !isBlank(seen)
    ? firstDifference(expected.text.text, seen.screen.text)
    : undefined
}

/** Returns true for an empty screen after a network failure. */
export const isBlank = ({ screen }: Extract<StepResult['seen'], { kind: 'screen' }>): boolean =>
  screen.text === '' && screen.problem !== undefined

/** `line 1, column 14: expected “ё” (U+0451), got “е” (U+0435)` */
export function describeDifference({ line, column, expected, actual }: Difference): string {
  // ASCII characters look different from each other; others need their code points.
  const isPlain = [expected, actual].every((one) => one === undefined || /^[!-~]$/.test(one))
  const nameOf = (one: string | undefined) => (isPlain && one !== undefined ? `“${one}”` : longName(one))
  return `line ${line}, column ${column}: expected ${nameOf(expected)}, got ${nameOf(actual)}`
}

function longName(character: string | undefined): string {
  if (character === undefined) return 'the end of the text'
  const points = Array.from(character, (one) => one.codePointAt(0) ?? 0)
  const codes = points.map((point) => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`).join(' ')
  if (isLineBreak(character)) return `a line break (${codes})`
  if (character === ' ') return `a space (${codes})`
  return /[\p{C}\p{Z}]/u.test(character) ? codes : `“${character}” (${codes})`
}

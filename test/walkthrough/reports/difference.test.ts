import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  charactersOf,
  firstDifference,
  describeDifference,
} from '../../../src/walkthrough/reports/difference.ts'

const described = (expected: string, actual: string) => {
  const difference = firstDifference(expected, actual)
  return difference && describeDifference(difference)
}

describe('the first difference of two screens', () => {
  it('has line and column, and code points for letters that look alike', () => {
    expect(described('Доступ\n0 Выход', 'Доступ\n0 Bыход')).toBe(
      'line 2, column 3: expected “В” (U+0412), got “B” (U+0042)',
    )
    expect(described('Attempts left: 9', 'Attempts left: 8')).toBe('line 1, column 16: expected “9”, got “8”')
    // One letter for a reader, encoded as one code point and as two.
    expect(described('мой', 'мо\u0438\u0306')).toBe(
      'line 1, column 3: expected “й” (U+0439), got “\u0438\u0306” (U+0438 U+0306)',
    )
  })

  it('names invisible characters', () => {
    expect(described('1 Close\n0 Exit', '1 Close \n0 Exit')).toBe(
      'line 1, column 8: expected a line break (U+000A), got a space (U+0020)',
    )
    expect(described('a\nb', 'a')).toBe(
      'line 1, column 2: expected a line break (U+000A), got the end of the text',
    )
    expect(described('a\nb', 'a\r\nb')).toBe(
      'line 1, column 2: expected a line break (U+000A), got a line break (U+000D U+000A)',
    )
    expect(described('5\u00a0BYN', '5 BYN')).toBe('line 1, column 2: expected U+00A0, got a space (U+0020)')
    expect(described('', '\u202e')).toBe('line 1, column 1: expected the end of the text, got U+202E')
  })

  it('is the first one for any texts', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', '\n', '\r', 'й', '\u0306', '😀'),
      maxLength: 12,
    })
    fc.assert(
      fc.property(text, text, (expected, actual) => {
        const difference = firstDifference(expected, actual)
        expect(difference === undefined).toBe(expected === actual)
        if (!difference) return
        const [expectedCharacters, actualCharacters] = [charactersOf(expected), charactersOf(actual)]
        const { at, line, column } = difference
        expect(expectedCharacters.slice(0, at)).toEqual(actualCharacters.slice(0, at))
        expect(expectedCharacters[at]).not.toBe(actualCharacters[at])
        const lines = expectedCharacters
          .slice(0, at)
          .join('')
          .split(/\r\n|[\r\n]/)
        expect(line).toBe(lines.length)
        expect(column).toBe(charactersOf(lines.at(-1) ?? '').length + 1)
      }),
    )
  })
})

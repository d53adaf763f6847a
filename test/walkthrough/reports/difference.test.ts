import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { charactersOf, firstDifference, sentenceOf } from '../../../src/walkthrough/reports/difference.ts'

const said = (expected: string, shown: string) => {
  const difference = firstDifference(expected, shown)
  return difference && sentenceOf(difference)
}

describe('where two screens part', () => {
  it('is told by line and column, with letters that look alike told apart', () => {
    expect(said('Доступ\n0 Выход', 'Доступ\n0 Bыход')).toBe(
      'line 2, column 3: “В” (U+0412) is expected, “B” (U+0042) is shown',
    )
    expect(said('Attempts left: 9', 'Attempts left: 8')).toBe(
      'line 1, column 16: “9” is expected, “8” is shown',
    )
    // One letter to a reader, written as one and as two.
    expect(said('мой', 'мо\u0438\u0306')).toBe(
      'line 1, column 3: “й” (U+0439) is expected, “\u0438\u0306” (U+0438 U+0306) is shown',
    )
  })

  it('names what cannot be seen', () => {
    expect(said('1 Close\n0 Exit', '1 Close \n0 Exit')).toBe(
      'line 1, column 8: a line break (U+000A) is expected, a blank (U+0020) is shown',
    )
    expect(said('a\nb', 'a')).toBe('line 1, column 2: a line break (U+000A) is expected, the end is shown')
    expect(said('a\nb', 'a\r\nb')).toBe(
      'line 1, column 2: a line break (U+000A) is expected, a line break (U+000D U+000A) is shown',
    )
    expect(said('5\u00a0BYN', '5 BYN')).toBe(
      'line 1, column 2: U+00A0 is expected, a blank (U+0020) is shown',
    )
    expect(said('', '\u202e')).toBe('line 1, column 1: the end is expected, U+202E is shown')
  })

  it('is the first place, whatever the texts are', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', '\n', '\r', 'й', '\u0306', '😀'),
      maxLength: 12,
    })
    fc.assert(
      fc.property(text, text, (expected, shown) => {
        const difference = firstDifference(expected, shown)
        expect(difference === undefined).toBe(expected === shown)
        if (!difference) return
        const [wanted, seen] = [charactersOf(expected), charactersOf(shown)]
        const { at, line, column } = difference
        expect(wanted.slice(0, at)).toEqual(seen.slice(0, at))
        expect(wanted[at]).not.toBe(seen[at])
        const lines = wanted
          .slice(0, at)
          .join('')
          .split(/\r\n|[\r\n]/)
        expect(line).toBe(lines.length)
        expect(column).toBe(charactersOf(lines.at(-1) ?? '').length + 1)
      }),
    )
  })
})

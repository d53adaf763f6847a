import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { tapHead, tapOf, tapTail } from '../../../src/walkthrough/reports/tap.ts'
import { heldAfterwards, passwordSet, results, saying, trailingBlank } from '../../support/walked.ts'
import type { WalkResult } from '../../../src/walkthrough/run/result.ts'

const written = (all: readonly WalkResult[], detail: 'brief' | 'transcript') => [
  ...tapHead(all.length),
  ...all.flatMap((result, at) => tapOf(result, at + 1, { detail, showDialect: false })),
  ...tapTail(all),
]

/** What a reader of TAP 13 makes of it: a directive stands behind a `#` that is not escaped. */
function read(lines: readonly string[]) {
  const points = lines.flatMap((line) => {
    const [, not, number, rest = ''] = /^(not )?ok (\d+)(?: - (.*))?$/.exec(line) ?? []
    if (number === undefined) return []
    const [, title = '', directive] = /^((?:[^\\#]|\\.)*)(#.*)?$/.exec(rest) ?? []
    return [
      { ok: not === undefined, number: Number(number), title: title.replace(/\\(.)/g, '$1'), directive },
    ]
  })
  const others = lines.filter((line) => !/^(not )?ok\b/.test(line) && !line.startsWith('#'))
  return { points, others }
}

describe('results as TAP', () => {
  it('is brief about what passed, and ends with the tally', () => {
    expect(written([passwordSet, trailingBlank], 'brief')).toEqual([
      'TAP version 13',
      '1..2',
      'ok 1 - A subscriber sets a password',
      'not ok 2 - Access is closed after a confirmation',
      '# ☎ *141*3*6#',
      '# ✗ the screen differs',
      '#   expected, waiting for an answer:',
      '#   | Access to self-care is open',
      '#   | 1 Close it',
      '#   | 0 Exit',
      '#   shown, waiting for an answer:',
      '#   | Access to self-care is open',
      '#   | 1 Close it␣',
      '#               ^ line 2, column 11: a line break (U+000A) is expected, a blank (U+0020) is shown',
      '#   | 0 Exit',
      '#   at scripts/walkthroughs/access.yaml:36',
      '1 passed, 1 failed',
    ])
  })

  it('has the transcript of everything on request', () => {
    expect(tapOf(passwordSet, 1, { detail: 'transcript', showDialect: false }).slice(0, 3)).toEqual([
      'ok 1 - A subscriber sets a password',
      '# ☎ *141*0#',
      '# | Личный кабинет. Введите новый пароль: 5-10 цифр',
    ])
    expect(tapTail(results)).toEqual(['3 passed, 4 failed'])
    expect(tapTail([])).toEqual(['0 passed, 0 failed'])
  })

  it('names the dialect when the run has several', () => {
    const points = [passwordSet, trailingBlank].map(
      (result) => tapOf(result, 1, { detail: 'brief', showDialect: true })[0],
    )
    expect(points).toEqual([
      'ok 1 - A subscriber sets a password (africastalking)',
      'not ok 1 - Access is closed after a confirmation (hubtel)',
    ])
  })

  it('is read as what it is, whatever stands in titles and on screens', () => {
    const said = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('# SKIP no', 'a \\# TODO b', '\n1..9\nok 7\nBail out!\n  ---\n', 'ok 2', '\\'),
    )
    fc.assert(
      fc.property(said, fc.constantFrom('brief' as const, 'transcript' as const), (text, how) => {
        const { points, others } = read(written([passwordSet, saying(text), heldAfterwards], how))
        expect(points.map(({ ok, number, directive }) => [ok, number, directive])).toEqual([
          [true, 1, undefined],
          [false, 2, undefined],
          [false, 3, undefined],
        ])
        expect(others).toEqual(['TAP version 13', '1..3', '1 passed, 2 failed'])
      }),
    )
    expect(read(written([saying(String.raw`50 % \ #1`)], 'brief')).points[0]?.title).toBe(
      String.raw`50 % \ #1`,
    )
  })
})

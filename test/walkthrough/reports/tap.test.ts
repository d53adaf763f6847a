import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { tapHead, tapOf, tapTail } from '../../../src/walkthrough/reports/tap.ts'
import {
  failedPostconditions,
  passwordSet,
  results,
  resultWithText,
  trailingBlank,
} from '../../support/walk-results.ts'
import type { WalkResult } from '../../../src/walkthrough/run/result.ts'

const report = (all: readonly WalkResult[], detail: 'brief' | 'transcript') => [
  ...tapHead(all.length),
  ...all.flatMap((result, at) => tapOf(result, at + 1, { detail, showDialect: false })),
  ...tapTail(all),
]

/** Parses TAP 13: an unescaped `#` starts a directive. */
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

describe('the TAP report', () => {
  it('prints one line for a pass, a transcript for a failure, and the counts at the end', () => {
    expect(report([passwordSet, trailingBlank], 'brief')).toEqual([
      'TAP version 13',
      '1..2',
      'ok 1 - A subscriber sets a password',
      'not ok 2 - Access is closed after a confirmation',
      '# ☎ *141*3*6#',
      '# ✗ the screen differs',
      '#   expected screen (waiting):',
      '#   | Access to self-care is open',
      '#   | 1 Close it',
      '#   | 0 Exit',
      '#   actual screen (waiting):',
      '#   | Access to self-care is open',
      '#   | 1 Close it␣',
      '#               ^ line 2, column 11: expected a line break (U+000A), got a space (U+0020)',
      '#   | 0 Exit',
      '#   at scripts/walkthroughs/access.yaml:36',
      '1 passed, 1 failed',
    ])
  })

  it('prints all transcripts on request', () => {
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

  it('parses correctly for any title and screen', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('# SKIP no', 'a \\# TODO b', '\n1..9\nok 7\nBail out!\n  ---\n', 'ok 2', '\\'),
    )
    fc.assert(
      fc.property(anyText, fc.constantFrom('brief' as const, 'transcript' as const), (text, how) => {
        const { points, others } = read(
          report([passwordSet, resultWithText(text), failedPostconditions], how),
        )
        expect(points.map(({ ok, number, directive }) => [ok, number, directive])).toEqual([
          [true, 1, undefined],
          [false, 2, undefined],
          [false, 3, undefined],
        ])
        expect(others).toEqual(['TAP version 13', '1..3', '1 passed, 2 failed'])
      }),
    )
    expect(read(report([resultWithText(String.raw`50 % \ #1`)], 'brief')).points[0]?.title).toBe(
      String.raw`50 % \ #1`,
    )
  })
})

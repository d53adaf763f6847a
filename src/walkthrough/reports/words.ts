/** How reports put things, in words that stand on one line. */
import type { Expectation } from '../script/walkthrough.ts'
import type { WalkResult, StepResult } from '../run/result.ts'
import { wantedOf } from './difference.ts'

/** A text on one line, without what a terminal or a browser would obey. */
export const plain = (text: string): string =>
  text.replace(/\s*[\r\n]\s*/g, ' ').replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '·')

/** `file:line`; undefined where there is no file, as for a recorded dialogue. */
export function placeOf({ walkthrough }: WalkResult, walked?: StepResult): string | undefined {
  const { file, line } = walkthrough
  return file === '' ? undefined : plain(`${file}:${walked?.step.line ?? line}`)
}

/** How an expectation is headed: `waiting for an answer`, `at the end, a part`. */
export function headingOf(expected: Exclude<Expectation, { kind: 'status' }>): string {
  const state = expected.kind === 'failure' ? 'that the network says' : stateOf(expected.state)
  const wanted = wantedOf(expected)
  if (wanted.kind === 'whole') return state
  return `${state}, ${wanted.kind === 'contains' ? 'a part' : 'a pattern'}`
}

export const stateOf = (state: 'waiting' | 'ended'): string =>
  state === 'waiting' ? 'waiting for an answer' : 'at the end'

/** How many there are: `2 passed, 1 failed`. */
export function tallyOf(results: readonly WalkResult[]): string {
  const failed = results.filter(({ verdict }) => verdict === 'failed').length
  return `${results.length - failed} passed, ${failed} failed`
}

/** The steps that show something: who looks and finds what was to be there sees the screen that is drawn already. */
export const tellingOf = ({ steps: walked }: WalkResult): readonly StepResult[] =>
  walked.filter(
    ({ step, seen, failure, notes }) =>
      step.action.kind !== 'look' ||
      failure ||
      notes.length > 0 ||
      (seen?.kind === 'screen' && seen.screen.problem !== undefined),
  )

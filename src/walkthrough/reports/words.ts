/** Phrases that all reports share. */
import type { Expectation } from '../script/walkthrough.ts'
import type { WalkResult, StepResult } from '../run/result.ts'
import { textMatchOf } from './difference.ts'

/** Puts a text on one line and replaces control characters, so that no terminal or browser interprets them. */
export const oneLine = (text: string): string =>
  text.replace(/\s*[\r\n]\s*/g, ' ').replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '·')

/** Returns `file:line` of the step or the walkthrough; undefined without a file, as for a recording. */
export function locationOf({ walkthrough }: WalkResult, result?: StepResult): string | undefined {
  const { file, line } = walkthrough
  return file === '' ? undefined : oneLine(`${file}:${result?.step.line ?? line}`)
}

/** The heading of an expected text: `expected screen (waiting)`, `expected network failure containing`. */
export function headingOf(expected: Exclude<Expectation, { kind: 'status' }>): string {
  const subject = expected.kind === 'failure' ? 'network failure' : `screen (${expected.state})`
  const suffix = { whole: '', contains: ' containing', matches: ' matching' }[textMatchOf(expected).kind]
  return `expected ${subject}${suffix}`
}

/** The counts: `2 passed, 1 failed`. */
export function countsOf(results: readonly WalkResult[]): string {
  const failed = results.filter(({ verdict }) => verdict === 'failed').length
  return `${results.length - failed} passed, ${failed} failed`
}

/** The steps to print. A look that passes shows nothing new. */
export const visibleSteps = ({ steps }: WalkResult): readonly StepResult[] =>
  steps.filter(
    ({ step, seen, failure, notes }) =>
      step.action.kind !== 'look' ||
      failure ||
      notes.length > 0 ||
      (seen?.kind === 'screen' && seen.screen.problem !== undefined),
  )

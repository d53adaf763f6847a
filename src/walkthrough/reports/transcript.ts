import { quote } from '../../simulator/text-phone.ts'
import type { StepFailure, WalkResult, StepResult } from '../run/result.ts'
import type { Expectation } from '../script/walkthrough.ts'
import { differenceIn, isBlank, describeDifference, textMatchOf } from './difference.ts'
import { headingOf, locationOf, oneLine, visibleSteps } from './words.ts'

/**
 * Returns the lines of a transcript: the title, then the actions, indented by two. Lines start with `|` for screens, `!` for
 * network failures, `~` for notes and `✗` for failed expectations, with the expected and the actual result and the location.
 */
export function transcriptOf(result: WalkResult): readonly string[] {
  const { walkthrough, postconditions, notes } = result
  const isShared = Object.keys(walkthrough.handsets).length > 1
  const end = postconditions.map(({ message }) => `✗ ${oneLine(message)}`)
  const location = locationOf(result)
  const lines = [
    ...notes.map((note) => `~ ${oneLine(note)}`),
    ...visibleSteps(result).flatMap((each) =>
      stepLines(each, { isShared, location: locationOf(result, each) }),
    ),
    ...end,
    ...(end.length > 0 && location !== undefined ? [`  at ${location}`] : []),
  ]
  return [oneLine(walkthrough.title), ...lines.map((line) => `  ${line}`)]
}

function stepLines(
  result: StepResult,
  { isShared, location }: { readonly isShared: boolean; readonly location: string | undefined },
): readonly string[] {
  const { seen, notes, failure } = result
  const done = actionOf(result, isShared)
  const status = seen?.kind === 'status' && !failure?.expected ? ` → ${seen.status}` : ''
  return [
    ...(done === '' ? [] : [`${done}${status}`]),
    ...notes.map((note) => `~ ${oneLine(note)}`),
    // A failed expectation prints the screen itself.
    ...(failure?.expected || seen?.kind !== 'screen' ? [] : screenLines(seen)),
    ...(failure ? failureLines(failure, seen) : []),
    ...(failure && location !== undefined ? [`  at ${location}`] : []),
  ]
}

/** The action, with the phone if there are several. Time passes for all phones. */
function actionOf({ step, done }: StepResult, isShared: boolean): string {
  if (!isShared || step.action.kind === 'wait') return oneLine(done)
  return oneLine(done === '' ? `(${step.who} looks)` : `${step.who} ${done}`)
}

function failureLines({ message, expected }: StepFailure, seen: StepResult['seen']): readonly string[] {
  const head = `✗ ${oneLine(message)}`
  if (!expected) return [head]
  const difference = differenceIn(expected, seen)
  const actual = actualLines(seen).flatMap((line, at) =>
    difference?.line === at
      ? [line, `  ${' '.repeat(difference.column - 1)}^ ${describeDifference(difference)}`]
      : [line],
  )
  return [head, ...[...expectedLines(expected), ...actual].map((line) => `  ${line}`)]
}

function expectedLines(expected: Expectation): readonly string[] {
  if (expected.kind === 'status') return [`expected: ${expected.status}`]
  const match = textMatchOf(expected)
  const lines = showTrailingSpaces(match.kind === 'matches' ? match.pattern : match.text)
  const mark = expected.kind === 'failure' ? '!' : '|'
  return [`${headingOf(expected)}:`, ...quote(lines).map((line) => `${mark}${line.slice(1)}`)]
}

function actualLines(seen: StepResult['seen']): readonly string[] {
  if (seen === undefined) return ['actual: nothing']
  if (seen.kind === 'status') return [`actual: ${seen.status}`]
  return [`actual screen (${seen.screen.state}):`, ...screenLines(seen, showTrailingSpaces)]
}

function screenLines(
  seen: Extract<StepResult['seen'], { kind: 'screen' }>,
  draw = (text: string) => text,
): readonly string[] {
  const { text, problem } = seen.screen
  return [
    ...(isBlank(seen) ? [] : quote(draw(text))),
    ...(problem === undefined ? [] : [`! ${oneLine(problem)}`]),
  ]
}

const showTrailingSpaces = (text: string): string =>
  text.replace(/\p{Zs}+(?=[\r\n]|$)/gu, (spaces) => '␣'.repeat(spaces.length))

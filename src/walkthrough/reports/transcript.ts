import { quote } from '../../simulator/text-phone.ts'
import type { StepFailure, WalkResult, StepResult } from '../run/result.ts'
import type { Expectation } from '../script/walkthrough.ts'
import { differenceIn, isBlank, sentenceOf, wantedOf } from './difference.ts'
import { headingOf, placeOf, plain, stateOf, tellingOf } from './words.ts'

/**
 * A walkthrough as it went, line by line: its title; below it, indented by two, what was done, each line of a screen behind
 * `|`, `!` where the network broke off, and `~` for what was noted. With several phones each action names whose. It ends
 * with `✗` where something did not hold: in one sentence, then what was expected and what was shown, and the place.
 */
export function transcriptOf(result: WalkResult): readonly string[] {
  const { walkthrough, postconditions: afterwards, notes } = result
  const isShared = Object.keys(walkthrough.handsets).length > 1
  const end = afterwards.map(({ message: sentence }) => `✗ ${plain(sentence)}`)
  const place = placeOf(result)
  const lines = [
    ...notes.map((note) => `~ ${plain(note)}`),
    ...tellingOf(result).flatMap((each) => stepLines(each, { isShared, place: placeOf(result, each) })),
    ...end,
    ...(end.length > 0 && place !== undefined ? [`  at ${place}`] : []),
  ]
  return [plain(walkthrough.title), ...lines.map((line) => `  ${line}`)]
}

function stepLines(
  walked: StepResult,
  { isShared, place }: { readonly isShared: boolean; readonly place: string | undefined },
): readonly string[] {
  const { seen, notes, failure } = walked
  const done = actionOf(walked, isShared)
  const status = seen?.kind === 'status' && !failure?.expected ? ` → ${seen.status}` : ''
  return [
    ...(done === '' ? [] : [`${done}${status}`]),
    ...notes.map((note) => `~ ${plain(note)}`),
    // What was shown stands once: here, or beside what was expected.
    ...(failure?.expected || seen?.kind !== 'screen' ? [] : shownLines(seen)),
    ...(failure ? failureLines(failure, seen) : []),
    ...(failure && place !== undefined ? [`  at ${place}`] : []),
  ]
}

/** Whose phone it is stands before what it does; time passes for everybody. */
function actionOf({ step, done }: StepResult, isShared: boolean): string {
  if (!isShared || step.action.kind === 'wait') return plain(done)
  return plain(done === '' ? `(${step.who} looks)` : `${step.who} ${done}`)
}

function failureLines(
  { message: sentence, expected }: StepFailure,
  seen: StepResult['seen'],
): readonly string[] {
  const head = `✗ ${plain(sentence)}`
  if (!expected) return [head]
  const difference = differenceIn(expected, seen)
  const shown = seenLines(seen).flatMap((line, at) =>
    difference?.line === at
      ? [line, `  ${' '.repeat(difference.column - 1)}^ ${sentenceOf(difference)}`]
      : [line],
  )
  return [head, ...[...expectedLines(expected), ...shown].map((line) => `  ${line}`)]
}

function expectedLines(expected: Expectation): readonly string[] {
  if (expected.kind === 'status') return [`expected: ${expected.status}`]
  const wanted = wantedOf(expected)
  const lines = blanksSeen(wanted.kind === 'matches' ? wanted.pattern : wanted.text)
  const mark = expected.kind === 'failure' ? '!' : '|'
  return [`expected, ${headingOf(expected)}:`, ...quote(lines).map((line) => `${mark}${line.slice(1)}`)]
}

function seenLines(seen: StepResult['seen']): readonly string[] {
  if (seen === undefined) return ['shown: nothing']
  if (seen.kind === 'status') return [`shown: ${seen.status}`]
  return [`shown, ${stateOf(seen.screen.state)}:`, ...shownLines(seen, blanksSeen)]
}

function shownLines(
  seen: Extract<StepResult['seen'], { kind: 'screen' }>,
  draw = (text: string) => text,
): readonly string[] {
  const { text, problem } = seen.screen
  return [
    ...(isBlank(seen) ? [] : quote(draw(text))),
    ...(problem === undefined ? [] : [`! ${plain(problem)}`]),
  ]
}

/** Blanks at the end of a line, as something that is seen. */
const blanksSeen = (text: string): string =>
  text.replace(/\p{Zs}+(?=[\r\n]|$)/gu, (blanks) => '␣'.repeat(blanks.length))

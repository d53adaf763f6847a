import type { StepFailure, WalkResult, StepResult } from '../run/result.ts'
import type { Expectation } from '../script/walkthrough.ts'
import { differenceIn, describeDifference, textMatchOf } from './difference.ts'
import type { Difference } from './difference.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { phoneOf } from './phone.ts'
import type { DrawnPhone } from './phone.ts'
import { locationOf, oneLine, visibleSteps } from './words.ts'

/** More lanes would be too narrow to read. */
const MAX_LANES = 4

/** Draws the steps of a walkthrough: each action with the phone after it. Several phones have a lane each. */
export function stepsOf(result: WalkResult): Html {
  const names = Object.keys(result.walkthrough.handsets)
  const lanes = names.length > 1 && names.length <= MAX_LANES ? names : []
  const isShared = names.length > 1
  const visible = visibleSteps(result)
  const cells = gridCells(visible, lanes)
  const items = visible.map((step, at) => {
    const kind = ['step', ...(step.failure ? ['failed'] : []), ...(isBare(step) ? ['bare'] : [])]
    const { row, column } = cells[at] ?? { row: at + 1, column: '1' }
    const style = lanes.length > 0 ? html`style="grid-row:${row};grid-column:${column}"` : undefined
    return html`<li class="${kind.join(' ')}" ${style}>
      ${stepOf(step, { isShared, location: locationOf(result, step) })}
    </li>`
  })
  if (lanes.length === 0)
    return html`<ol class="steps flow">
      ${items}
    </ol>`
  return html`<ol class="steps lanes" style="--lanes:${lanes.length}">
    ${items}
  </ol>`
}

/** Returns true for a step without a phone to draw. */
const isBare = ({ seen, failure }: StepResult): boolean => seen?.kind !== 'screen' && !failure

/** A step shares the row of the previous one if its lane is further right. */
function gridCells(
  results: readonly StepResult[],
  lanes: readonly string[],
): readonly { readonly row: number; readonly column: string }[] {
  let [row, last] = [0, lanes.length]
  return results.map(({ step, failure }) => {
    const lane = lanes.indexOf(step.who)
    const isWide = failure !== undefined || step.action.kind === 'wait' || lane < 0
    if (isWide || lane <= last) row += 1
    last = isWide ? lanes.length : lane
    return { row, column: isWide ? '1/-1' : `${lane + 1}` }
  })
}

function stepOf(
  result: StepResult,
  { isShared, location }: { readonly isShared: boolean; readonly location: string | undefined },
): Html {
  const { seen, notes, failure } = result
  const status = seen?.kind === 'status' && !failure?.expected ? seen.status : undefined
  const phone = seen?.kind === 'screen' && !failure?.expected ? phoneOf(seenPhone(seen)) : undefined
  return html`<p class="done">
      ${doneOf(result, isShared)}${status !== undefined && html` <b>${status}</b>`}
    </p>
    ${phone}${failure && failureOf(failure, seen, location)}${notes.map((note) => html`<p class="note">${oneLine(note)}</p>`)}`
}

const verbs: Readonly<Record<string, string>> = { dial: 'dials', send: 'answers', look: 'looks' }

/** `alice answers 1`; `20 s pass`. */
function doneOf({ step, done, seen }: StepResult, isShared: boolean): Html {
  const { kind } = step.action
  const who = isShared && kind !== 'wait' ? html`<b class="who">${oneLine(step.who)}</b> ` : undefined
  const verb = verbs[kind]
  const typed = oneLine(done).replace(/^(?:☎|>) ?/, '')
  if (verb !== undefined) return html`${who}${verb} ${typed !== '' && html`<kbd>${typed}</kbd>`}`
  if (seen?.kind === 'status') return html`${who}<code>${oneLine(done)}</code>`
  return html`${who}${oneLine(done).replace(/^\((.*)\)$/, '$1')}`
}

const seenPhone = ({ screen }: Extract<StepResult['seen'], { kind: 'screen' }>): DrawnPhone => ({
  ...screen,
  extent: 'whole',
})

/** Draws the expected result beside the actual one. */
function failureOf(
  { message, expected }: StepFailure,
  seen: StepResult['seen'],
  location: string | undefined,
): Html {
  const difference = expected && differenceIn(expected, seen)
  const where = difference && html`<span class="where">${describeDifference(difference)}</span>`
  const why = html`<p class="why">
    <b>${oneLine(message)}</b>${where}${location !== undefined && html`<code>${location}</code>`}
  </p>`
  if (!expected) return why
  return html`${why}
    <div class="pair">
      <section class="expected">
        <h4>Expected</h4>
        ${expectedOf(expected, difference)}
      </section>
      <section class="actual">
        <h4>Actual</h4>
        ${actualOf(seen, difference)}
      </section>
    </div>`
}

function expectedOf(expected: Expectation, difference: Difference | undefined): Html {
  if (expected.kind === 'status') return html`<p class="status">${expected.status}</p>`
  const match = textMatchOf(expected)
  const text = match.kind === 'matches' ? match.pattern : match.text
  const extent = match.kind
  if (expected.kind === 'failure') return phoneOf({ text: '', state: 'ended', problem: text, extent })
  return phoneOf({
    text,
    state: expected.state,
    extent,
    mark: difference && { difference, side: 'expected' },
  })
}

function actualOf(seen: StepResult['seen'], difference: Difference | undefined): Html {
  if (seen === undefined) return phoneOf({ text: '', state: undefined, extent: 'whole' })
  if (seen.kind === 'status') return html`<p class="status">${seen.status}</p>`
  return phoneOf({ ...seenPhone(seen), mark: difference && { difference, side: 'actual' } })
}

import type { StepFailure, WalkResult, StepResult } from '../run/result.ts'
import type { Expectation } from '../script/walkthrough.ts'
import { differenceIn, sentenceOf, wantedOf } from './difference.ts'
import type { Difference } from './difference.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { phoneOf } from './phone.ts'
import type { DrawnPhone } from './phone.ts'
import { placeOf, plain, tellingOf } from './words.ts'

/** More phones than that beside each other would be too narrow to read. */
const MOST_LANES = 4

/**
 * The steps of a walkthrough: what was done, and the phone then. Those of one phone follow each other; several phones stand
 * side by side, each in its own lane, read like lines of text.
 */
export function stepsOf(result: WalkResult): Html {
  const names = Object.keys(result.walkthrough.handsets)
  const lanes = names.length > 1 && names.length <= MOST_LANES ? names : []
  const isShared = names.length > 1
  const told = tellingOf(result)
  const places = placesIn(told, lanes)
  const items = told.map((walked, at) => {
    const kind = ['step', ...(walked.failure ? ['failed'] : []), ...(isBare(walked) ? ['bare'] : [])]
    const { row, column } = places[at] ?? { row: at + 1, column: '1' }
    const style = lanes.length > 0 ? html`style="grid-row:${row};grid-column:${column}"` : undefined
    return html`<li class="${kind.join(' ')}" ${style}>
      ${stepOf(walked, { isShared, place: placeOf(result, walked) })}
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

/** Nothing on a phone is seen of it. */
const isBare = ({ seen, failure }: StepResult): boolean => seen?.kind !== 'screen' && !failure

/** A step stands in the row of the one before where its lane lies to the right of that one's. */
function placesIn(
  walked: readonly StepResult[],
  lanes: readonly string[],
): readonly { readonly row: number; readonly column: string }[] {
  let [row, last] = [0, lanes.length]
  return walked.map(({ step, failure }) => {
    const lane = lanes.indexOf(step.who)
    const isWide = failure !== undefined || step.action.kind === 'wait' || lane < 0
    if (isWide || lane <= last) row += 1
    last = isWide ? lanes.length : lane
    return { row, column: isWide ? '1/-1' : `${lane + 1}` }
  })
}

function stepOf(
  walked: StepResult,
  { isShared, place }: { readonly isShared: boolean; readonly place: string | undefined },
): Html {
  const { seen, notes, failure } = walked
  const status = seen?.kind === 'status' && !failure?.expected ? seen.status : undefined
  const phone = seen?.kind === 'screen' && !failure?.expected ? phoneOf(seenPhone(seen)) : undefined
  return html`<p class="done">
      ${doneOf(walked, isShared)}${status !== undefined && html` <b>${status}</b>`}
    </p>
    ${phone}${failure && failureOf(failure, seen, place)}${notes.map((note) => html`<p class="note">${plain(note)}</p>`)}`
}

const verbs: Readonly<Record<string, string>> = { dial: 'dials', send: 'answers', look: 'looks' }

/** `alice answers 1`; `20 s pass`. */
function doneOf({ step, done, seen }: StepResult, isShared: boolean): Html {
  const { kind } = step.action
  const who = isShared && kind !== 'wait' ? html`<b class="who">${plain(step.who)}</b> ` : undefined
  const verb = verbs[kind]
  const typed = plain(done).replace(/^(?:☎|>) ?/, '')
  if (verb !== undefined) return html`${who}${verb} ${typed !== '' && html`<kbd>${typed}</kbd>`}`
  if (seen?.kind === 'status') return html`${who}<code>${plain(done)}</code>`
  return html`${who}${plain(done).replace(/^\((.*)\)$/, '$1')}`
}

const seenPhone = ({ screen }: Extract<StepResult['seen'], { kind: 'screen' }>): DrawnPhone => ({
  ...screen,
  extent: 'whole',
})

/** What was expected beside what was seen. */
function failureOf(
  { message: sentence, expected }: StepFailure,
  seen: StepResult['seen'],
  place: string | undefined,
): Html {
  const difference = expected && differenceIn(expected, seen)
  const where = difference && html`<span class="where">${sentenceOf(difference)}</span>`
  const why = html`<p class="why">
    <b>${plain(sentence)}</b>${where}${place !== undefined && html`<code>${place}</code>`}
  </p>`
  if (!expected) return why
  return html`${why}
    <div class="pair">
      <section class="expected">
        <h4>Expected</h4>
        ${expectedOf(expected, difference)}
      </section>
      <section class="shown">
        <h4>Seen</h4>
        ${shownOf(seen, difference)}
      </section>
    </div>`
}

function expectedOf(expected: Expectation, difference: Difference | undefined): Html {
  if (expected.kind === 'status') return html`<p class="status">${expected.status}</p>`
  const wanted = wantedOf(expected)
  const text = wanted.kind === 'matches' ? wanted.pattern : wanted.text
  const extent = ({ whole: 'whole', contains: 'a part', matches: 'a pattern' } as const)[wanted.kind]
  if (expected.kind === 'failure') return phoneOf({ text: '', state: 'ended', problem: text, extent })
  return phoneOf({
    text,
    state: expected.state,
    extent,
    parting: difference && { difference, side: 'expected' },
  })
}

function shownOf(seen: StepResult['seen'], difference: Difference | undefined): Html {
  if (seen === undefined) return phoneOf({ text: '', state: undefined, extent: 'whole' })
  if (seen.kind === 'status') return html`<p class="status">${seen.status}</p>`
  return phoneOf({ ...seenPhone(seen), parting: difference && { difference, side: 'shown' } })
}

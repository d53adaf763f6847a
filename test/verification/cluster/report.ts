import type { Outcome } from './scenario.ts'
import { TURN_BUDGET_MS } from './gateways.ts'

/** What a failover may take, until every turn is served again. */
const BACK_WITHIN_MS = 10_000
/** The budget of a turn is kept by a timer, and the load has the processors of the gateways and the servers. */
const TIMER_LATE_MS = 500

/** What is required of an outcome, and whether it is so. A control is required to lose. */
export interface Requirement {
  readonly says: string
  readonly holds: boolean
}

export function requirementsOf(outcome: Outcome, kind: 'safe' | 'control'): readonly Requirement[] {
  const { lost, forgotten, doubles, failedElsewhere, backMs, worstMs, odd } = outcome
  const always = [
    { says: 'no double effect', holds: doubles === 0 },
    { says: 'no failure in the other thirds', holds: failedElsewhere === 0 },
    { says: `back within ${BACK_WITHIN_MS / 1000} s`, holds: backMs <= BACK_WITHIN_MS },
    { says: 'every turn answered within its budget', holds: worstMs <= TURN_BUDGET_MS + TIMER_LATE_MS },
    { says: 'no answer that the menu does not give', holds: odd.length === 0 },
  ]
  return kind === 'control'
    ? [...always, { says: 'the control loses', holds: lost > 0 }]
    : [...always, { says: 'nothing acknowledged is lost', holds: lost === 0 && forgotten === 0 }]
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** The lines of a report on one outcome. */
export function describe(outcome: Outcome, requirements: readonly Requirement[]): readonly string[] {
  const { takenOverMs, errors } = outcome
  const answered = ['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'NOSCRIPT', 'NOREPLICAS'].filter(
    (word) => errors[word],
  )
  return [
    outcome.name,
    `  turns ${outcome.turns}, acknowledged changes ${outcome.acknowledged}`,
    `  lost ${outcome.lost}, dialogues forgotten ${outcome.forgotten}, double effects ${outcome.doubles}`,
    `  answered "unavailable": ${outcome.failedThere} in the struck third, ${outcome.failedElsewhere} in the others`,
    `  worst turn ${seconds(outcome.worstMs)}, last failure ${seconds(outcome.backMs)} after the strike${
      takenOverMs === undefined ? '' : `, a replica took over after ${seconds(takenOverMs)}`
    }`,
    ...(answered.length > 0
      ? [`  the nodes answered: ${answered.map((word) => `${word} ${errors[word]}`).join(', ')}`]
      : []),
    ...Object.entries(outcome.whyElsewhere).map(([why, times]) => `  in the others, ${times} times: ${why}`),
    ...outcome.odd.slice(0, 3).map((text) => `  odd answer: ${text}`),
    ...requirements.filter(({ holds }) => !holds).map(({ says }) => `  NOT MET: ${says}`),
  ]
}

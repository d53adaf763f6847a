import type { Outcome } from './scenario.ts'
import { TURN_BUDGET_MS } from './gateways.ts'

/** Time limit of a failover, until every turn is served again. */
const MAX_RECOVERY_MS = 10_000
/** Timers fire late, because the load shares the processors with gateways and servers. */
const TIMER_SLACK_MS = 500

/** One requirement. A control is required to lose changes. */
export interface Requirement {
  readonly title: string
  readonly holds: boolean
}

export function requirementsOf(outcome: Outcome, kind: 'safe' | 'control'): readonly Requirement[] {
  const { lost, forgotten, doubles, failedElsewhere, recoveryMs, worstMs, odd } = outcome
  const always = [
    { title: 'no double effect', holds: doubles === 0 },
    { title: 'no failure in the other thirds', holds: failedElsewhere === 0 },
    { title: `recovery within ${MAX_RECOVERY_MS / 1000} s`, holds: recoveryMs <= MAX_RECOVERY_MS },
    { title: 'every turn answered within its budget', holds: worstMs <= TURN_BUDGET_MS + TIMER_SLACK_MS },
    { title: 'no unexpected answer', holds: odd.length === 0 },
  ]
  return kind === 'control'
    ? [...always, { title: 'the control loses changes', holds: lost > 0 }]
    : [...always, { title: 'no acknowledged change is lost', holds: lost === 0 && forgotten === 0 }]
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** Formats the result of a scenario. */
export function describe(outcome: Outcome, requirements: readonly Requirement[]): readonly string[] {
  const { takenOverMs, errors } = outcome
  const redirects = ['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'NOSCRIPT', 'NOREPLICAS'].filter(
    (word) => errors[word],
  )
  return [
    outcome.name,
    `  turns ${outcome.turns}, acknowledged changes ${outcome.acknowledged}`,
    `  lost ${outcome.lost}, dialogues forgotten ${outcome.forgotten}, double effects ${outcome.doubles}`,
    `  answered "unavailable": ${outcome.failedThere} in the failed third, ${outcome.failedElsewhere} in the others`,
    `  worst turn ${seconds(outcome.worstMs)}, last failure ${seconds(outcome.recoveryMs)} after the fault${
      takenOverMs === undefined ? '' : `, a replica took over after ${seconds(takenOverMs)}`
    }`,
    ...(redirects.length > 0
      ? [`  the nodes answered: ${redirects.map((word) => `${word} ${errors[word]}`).join(', ')}`]
      : []),
    ...Object.entries(outcome.whyElsewhere).map(([why, times]) => `  in the others, ${times} times: ${why}`),
    ...outcome.odd.slice(0, 3).map((text) => `  unexpected answer: ${text}`),
    ...requirements.filter(({ holds }) => !holds).map(({ title }) => `  NOT MET: ${title}`),
  ]
}

import { listOf } from '../../support/harness.ts'
import type { Outcome, Scenario } from './scenario.ts'
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

/** Checks the result of a scenario. Stalls of the machine extend every time limit. */
export function requirementsOf(outcome: Outcome, kind: Scenario['kind']): readonly Requirement[] {
  const { lost, forgotten, doubles, failedElsewhere, recoveryMs, worstMs, stalledMs, unexpected } = outcome
  const isWithin = (ms: number, limitMs: number) => ms <= limitMs + stalledMs
  return [
    { title: 'no double effect', holds: doubles === 0 },
    { title: 'no failure in the other thirds', holds: failedElsewhere === 0 },
    {
      title: `recovery within ${MAX_RECOVERY_MS / 1000} s`,
      holds: isWithin(recoveryMs, MAX_RECOVERY_MS),
    },
    {
      title: 'every turn answered within its budget',
      holds: isWithin(worstMs, TURN_BUDGET_MS + TIMER_SLACK_MS),
    },
    { title: 'no unexpected answer', holds: unexpected.length === 0 },
    kind === 'control'
      ? { title: 'the control loses changes', holds: lost > 0 }
      : { title: 'no acknowledged change is lost', holds: lost === 0 && forgotten === 0 },
  ]
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** Formats the result of a scenario. */
export function describe(outcome: Outcome, requirements: readonly Requirement[]): readonly string[] {
  const { takenOverMs, errors, failedInStalls } = outcome
  const redirects = ['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'NOSCRIPT', 'NOREPLICAS'].flatMap((word) =>
    errors[word] ? [[word, errors[word]] as const] : [],
  )
  const takeover = takenOverMs === undefined ? '' : `, a replica took over after ${seconds(takenOverMs)}`
  const stalls = `  the machine stalled for ${seconds(outcome.stalledMs)}; ${failedInStalls} turns in the others failed then`
  return [
    outcome.name,
    `  turns ${outcome.turns}, acknowledged changes ${outcome.acknowledged}`,
    `  lost ${outcome.lost}, dialogues forgotten ${outcome.forgotten}, double effects ${outcome.doubles}`,
    `  answered "unavailable": ${outcome.failedThere} in the failed third, ${outcome.failedElsewhere} in the others`,
    `  worst turn ${seconds(outcome.worstMs)}, last failure ${seconds(outcome.recoveryMs)} after the fault${takeover}`,
    ...(redirects.length > 0 ? [`  the nodes answered: ${listOf(redirects)}`] : []),
    ...(outcome.stalledMs > 0 ? [stalls] : []),
    ...Object.entries(outcome.whyElsewhere).map(([why, times]) => `  in the others, ${times} times: ${why}`),
    ...outcome.unexpected.slice(0, 3).map((text) => `  unexpected answer: ${text}`),
    ...requirements.filter(({ holds }) => !holds).map(({ title }) => `  NOT MET: ${title}`),
  ]
}

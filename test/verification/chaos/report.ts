import { listOf } from '../../support/harness.ts'
import type { Finding } from './check.ts'
import { violationKinds } from './history.ts'
import type { HistoryEvent, ViolationKind } from './history.ts'
import type { RunOptions, RunResult } from './run.ts'

/** The report of a run; `--json` writes it. */
export type Report = Readonly<ReturnType<typeof reportOf>>

/** Computes the report from the result of a run. */
export function reportOf(result: RunResult, options: RunOptions) {
  const { seed, redis, appendfsync, retries, settings, dialects } = options
  const { tally, findings, ended, events, redisFaults, lostBytes, ...totals } = result
  const { callbacks, duplicates, unavailable, lost, malformedBy } = tally
  const count = (kind: ViolationKind) =>
    findings.reduce((sum, { violation }) => sum + (violation.kind === kind ? violation.count : 0), 0)
  const counts = violationKinds.map((kind) => [kind, count(kind)] as const)
  const byKind = Object.fromEntries(counts) as Record<ViolationKind, number>
  const violations = {
    ...byKind,
    unanswered: byKind.unanswered + tally.silent,
    'malformed answer': tally.malformed,
    'ended by itself': ended.length,
  }
  return {
    seed,
    ...totals,
    callbacks,
    duplicates,
    unavailable,
    lost,
    retries,
    settings,
    dialects,
    redis: { fault: redis, appendfsync, faults: redisFaults, lostBytes },
    worstAnswerMs: Math.round(tally.worstAnswerMs),
    violations,
    holds: Object.values(violations).every((times) => times === 0),
    /** The shortest dialogue with a violation, line by line. */
    shortest: [
      ...shortestOf(findings, events),
      ...ended.slice(0, 3),
      ...Object.entries(malformedBy).map(
        ([status, times]) => `malformed answer: ${times} with status ${status}`,
      ),
    ],
  }
}

const MAX_LINES = 60

/** Describes the violating dialogue with the fewest events, and the faults injected meanwhile. */
function shortestOf(findings: readonly Finding[], events: readonly HistoryEvent[]): readonly string[] {
  const lengthOf = ({ dialogue }: Finding) => dialogue?.events.length ?? Infinity
  const [first] = findings.toSorted((a, b) => lengthOf(a) - lengthOf(b))
  if (!first) return []
  const { dialogue, violation } = first
  const title = `${violation.kind}: ${violation.message}`
  if (!dialogue) return [title]
  const [fromMs, toMs] = [dialogue.events[0]?.atMs ?? 0, dialogue.events.at(-1)?.atMs ?? 0]
  const meanwhile = events.filter(({ atMs }) => atMs >= fromMs - 500 && atMs <= toMs + 500)
  const lines = [...dialogue.events, ...meanwhile.map((event) => ({ ...event, what: `| ${event.what}` }))]
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, what }) => `  ${String(atMs).padStart(7)} ms  ${what}`)
  return [title, `A subscriber ${dialogue.name} (${dialogue.dialect}):`, ...lines.slice(0, MAX_LINES)]
}

/** Formats a report as lines, without the verdict. */
export function linesOf(report: Report): readonly string[] {
  const { violations, kills, redis, network } = report
  const {
    'double effect': doubles,
    'lost acknowledged': lost,
    'differing reply': differing,
    unanswered,
    ...others
  } = violations
  const killed = Object.values(kills).reduce((sum, one) => sum + one, 0)
  const cut = redis.fault === 'power-cut' ? `, ${redis.lostBytes} bytes not synced` : ''
  const rows = {
    seed: report.seed,
    dialogues: `${report.dialogues} (${report.givenUp} given up)`,
    turns: `${report.turns}, ${report.callbacks} callbacks, ${report.duplicates} of them duplicates`,
    dialects: report.dialects.join(', '),
    settings: `${report.settings}; retries ${report.retries}, ${report.lateDuplicates} late`,
    'late duplicates': `moved ${report.moved} dialogues; saved ${report.savedByDuplicate} passwords by their first entry`,
    'attempts pending': report.pending,
    'gateways killed': `${killed}: ${listOf(Object.entries(kills))}`,
    Redis: `${redis.fault} ${redis.faults} times, appendfsync ${redis.appendfsync}${cut}`,
    'network faults': listOf(Object.entries(network)),
    answers: `${report.unavailable} "unavailable", ${report.lost} lost with the gateway`,
    'worst answer': `${(report.worstAnswerMs / 1000).toFixed(1)} s`,
    'double effects': doubles,
    'lost acknowledged': lost,
    'differing replies': differing,
    unanswered,
    'other violations': listOf(Object.entries(others)),
  }
  return [
    ...(report.shortest.length > 0 ? [...report.shortest, ''] : []),
    ...Object.entries(rows).map(([name, value]) => `${name.padEnd(20)}${value}`),
  ]
}

/**
 * Judges a report. A run must have no violation. A control must have a violation of the kind that its missing protection
 * prevents: any other kind would not show that the harness can see it.
 */
export function verdictOf(
  { holds, seed, violations }: Report,
  required?: ViolationKind,
): { readonly isMet: boolean; readonly message: string } {
  if (required === undefined)
    return holds
      ? { isMet: true, message: 'passed: every acknowledged effect exactly once, others at most once' }
      : { isMet: false, message: `FAILED: a promise is broken (--seed ${seed})` }
  return violations[required] > 0
    ? { isMet: true, message: 'passed: the control has violations, as required' }
    : { isMet: false, message: `FAILED: the control has no violation '${required}', so the harness is blind` }
}

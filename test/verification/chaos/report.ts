import { listOf } from '../../support/harness.ts'
import type { Finding } from './check.ts'
import { violationKinds } from './history.ts'
import type { HistoryEvent, ViolationKind } from './history.ts'
import type { RunOptions, RunResult } from './run.ts'

/** The report of a run; `--json` writes it. */
export type Report = Readonly<ReturnType<typeof reportOf>>

const LEADING = ['double effect', 'lost acknowledged', 'differing reply', 'unanswered']

/** Computes the report from the result of a run. */
export function reportOf(result: RunResult, options: RunOptions) {
  const { seed, redis, appendfsync, retries, settings, dialects } = options
  const { tally, findings, kills } = result
  const count = (kind: ViolationKind) =>
    findings.reduce((sum, { violation }) => sum + (violation.kind === kind ? violation.count : 0), 0)
  const byKind = Object.fromEntries(violationKinds.map((kind) => [kind, count(kind)])) as Record<
    ViolationKind,
    number
  >
  const violations = {
    ...byKind,
    unanswered: byKind.unanswered + tally.silent,
    'malformed answer': tally.malformed,
    'ended by itself': result.ended.length,
  }
  const { callbacks, copies, unavailable, unheard } = tally
  return {
    seed,
    dialogues: result.dialogues,
    givenUp: result.givenUp,
    turns: result.turns,
    callbacks,
    copies,
    lateCopies: result.lateCopies,
    moved: result.moved,
    residues: result.residues,
    pending: result.pending,
    retries,
    settings,
    dialects,
    unavailable,
    unheard,
    kills,
    redis: { fault: redis, appendfsync, faults: result.redisFaults, lostBytes: result.lostBytes },
    network: result.network,
    worstAnswerMs: Math.round(tally.worstAnswerMs),
    tookMs: Math.round(result.tookMs),
    violations,
    holds: Object.values(violations).every((times) => times === 0),
    /** The shortest dialogue with a violation, line by line. */
    shortest: [
      ...shortestOf(findings, result.events),
      ...result.ended.slice(0, 3),
      ...Object.entries(tally.malformedBy).map(
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

/** Formats a report as lines. A `control` must have violations. */
export function linesOf(report: Report, kind: 'run' | 'control'): readonly string[] {
  const { violations, kills, redis, network } = report
  const others = Object.entries(violations).filter(([name]) => !LEADING.includes(name))
  const killed = Object.values(kills).reduce((sum, one) => sum + one, 0)
  const row = (name: string, value: string | number) => `${name.padEnd(20)}${value}`
  const cut = redis.fault === 'power-cut' ? `, ${redis.lostBytes} bytes not synced` : ''
  return [
    ...(report.shortest.length > 0 ? [...report.shortest, ''] : []),
    row('seed', report.seed),
    row('dialogues', `${report.dialogues} (${report.givenUp} given up)`),
    row('turns', `${report.turns}, ${report.callbacks} callbacks, ${report.copies} of them duplicates`),
    row('dialects', report.dialects.join(', ')),
    row('settings', `${report.settings}; retries ${report.retries}, ${report.lateCopies} late`),
    row(
      'late duplicates',
      `moved ${report.moved} dialogues; saved ${report.residues} passwords by their first entry`,
    ),
    row('attempts pending', report.pending),
    row('gateways killed', `${killed}: ${listOf(Object.entries(kills))}`),
    row('Redis', `${redis.fault} ${redis.faults} times, appendfsync ${redis.appendfsync}${cut}`),
    row('network faults', listOf(Object.entries(network))),
    row('answers', `${report.unavailable} "unavailable", ${report.unheard} lost with the gateway`),
    row('worst answer', `${(report.worstAnswerMs / 1000).toFixed(1)} s`),
    row('double effects', violations['double effect']),
    row('lost acknowledged', violations['lost acknowledged']),
    row('differing replies', violations['differing reply']),
    row('unanswered', violations.unanswered),
    row('other violations', listOf(others)),
    verdictOf(report, kind),
  ]
}

function verdictOf({ holds, seed }: Report, kind: 'run' | 'control'): string {
  if (kind === 'control')
    return holds
      ? 'FAILED: the control has no violation, so the harness is blind'
      : 'passed: the control has violations, as required'
  return holds
    ? 'passed: every acknowledged effect exactly once, others at most once'
    : `FAILED: a promise is broken (--seed ${seed})`
}

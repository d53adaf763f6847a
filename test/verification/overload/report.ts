import { quantile } from '../../support/harness.ts'
import type { Verdict } from '../../support/harness.ts'
import { attacks } from './attack-kinds.ts'
import type { Attack } from './attack-kinds.ts'
import { percentile, perSecond } from './load.ts'
import type { Tally } from './load.ts'
import type { ConnectionRound, Phase } from './measure-connections.ts'
import type { Round } from './measure.ts'

/** One goal and its measured figures. */
export interface Goal extends Verdict {
  /** The goal depends on speed, and therefore on the machine. */
  readonly isTimed: boolean
}

const MIN_GOODPUT = 0.8
const MAX_REJECTION_MS = 50
const MAX_OTHERS_MS = 300

/** Judges the goals by the median of the rounds, and lists the figures of every round. */
export function verdicts(rounds: readonly Round[], times: number): readonly Goal[] {
  const ratio = ({ overload, peak }: Round) => perSecond(overload) / peak
  const others = ({ besideFlood }: Round) => percentile(besideFlood.servedMs, 0.99)
  const refused = ({ flood }: Round) => percentile(flood.refusedMs, 0.99)
  const lost = ({ calm: { counts } }: Round) => counts.refused + counts.unavailable + counts.unsent
  const phases = rounds.flatMap(({ overload, calm, besideFlood, flood }) => [
    overload,
    calm,
    besideFlood,
    flood,
  ])
  const broken = phases.reduce((sum, { counts }) => sum + counts.broken, 0)
  const middle = (of: (round: Round) => number) => median(rounds.map(of))
  return [
    goal(
      middle(ratio) >= MIN_GOODPUT,
      `${times} times the peak: ${percent(middle(ratio))} of the peak is served (goal: 80 %)`,
      rounds.map(
        (round) => `${percent(ratio(round))} of ${Math.round(round.peak)}: ${detail(round.overload)}`,
      ),
    ),
    goal(broken === 0, `broken connections and statuses other than 200: ${broken} (goal: 0)`, [], 'counted'),
    goal(
      middle(lost) === 0,
      'half the peak, right after: nothing is shed',
      rounds.map(({ calm }) => detail(calm)),
    ),
    goal(
      middle(others) <= MAX_OTHERS_MS,
      `half the peak beside 200 hashes a second: 99 % of the others within ${ms(middle(others))} (goal: 300 ms)`,
      rounds.map(({ besideFlood }) => detail(besideFlood)),
    ),
    goal(
      middle(refused) <= MAX_REJECTION_MS,
      `of the rejected hashes, 99 % are rejected within ${ms(middle(refused))} (goal: 50 ms)`,
      rounds.map(({ flood }) => detail(flood)),
    ),
  ]
}

const MAX_SLOWDOWN = 2
const MAX_GROWTH_MB = 128

const heldBy: Readonly<Record<Attack, string>> = {
  idle: 'idle connections, reopened when closed',
  unread: 'connections with 999 pipelined requests that read nothing',
  endless: 'connections with bodies that never end',
}

/** Judges honest callbacks beside each kind of hostile connection against the undisturbed phase before. */
export function connectionVerdicts(
  rounds: readonly ConnectionRound[],
  counts: Readonly<Record<Attack, number>>,
): readonly Goal[] {
  return attacks.flatMap((attack) => {
    const p99 = ({ honest }: Phase) => percentile(honest.servedMs, 0.99)
    const lost = ({ honest: { counts: of } }: Phase) =>
      of.broken + of.unavailable + of.refused + of.unsent + of.late
    const slower = (round: ConnectionRound) => p99(round.attacked[attack]) / p99(round.undisturbed)
    const grown = (round: ConnectionRound) => (round.attacked[attack].memory - round.undisturbed.memory) / 1e6
    const [ratio, growth] = [median(rounds.map(slower)), median(rounds.map(grown))]
    const unserved = rounds.reduce((sum, round) => sum + lost(round.attacked[attack]), 0)
    const beside = `beside ${counts[attack]} ${heldBy[attack]}`
    return [
      goal(
        ratio <= MAX_SLOWDOWN && unserved === 0,
        `${beside}: 99 % of the callbacks within ${ratio.toFixed(2)} times what they take undisturbed (goal: 2), ${unserved} not served (goal: 0)`,
        rounds.map(
          (round) =>
            `undisturbed p99 ${p99(round.undisturbed).toFixed(1)} ms; ${detail(round.attacked[attack].honest)}`,
        ),
      ),
      goal(
        growth <= MAX_GROWTH_MB,
        `${beside}: ${growth.toFixed(0)} MB more memory than undisturbed (goal: ${MAX_GROWTH_MB} MB)`,
        rounds.map(
          ({ undisturbed, attacked }) =>
            `${(undisturbed.memory / 1e6).toFixed(0)} MB, then ${(attacked[attack].memory / 1e6).toFixed(0)} MB`,
        ),
      ),
    ]
  })
}

/** Returns a line with the processor time that the host withheld; undefined if unknown. */
export function stolenLine(rounds: readonly Pick<Round, 'stolen'>[]): string | undefined {
  const stolen = rounds.flatMap(({ stolen }) => (stolen === undefined ? [] : [percent(stolen)]))
  if (stolen.length === 0) return undefined
  return `The host withheld ${stolen.join(', ')} of the processor time in these rounds; above a few per cent, do not trust times.`
}

const goal = (
  holds: boolean,
  title: string,
  details: readonly string[],
  kind: 'timed' | 'counted' = 'timed',
): Goal => ({
  holds,
  isTimed: kind === 'timed',
  message: [
    `${holds ? 'ok    ' : 'not ok'} ${title}`,
    ...details.map((line, at) => `       ${at + 1}. ${line}`),
  ].join('\n'),
})

function detail({ counts, seconds, servedMs, refusedMs, behindMs }: Tally): string {
  const rejected = counts.refused + counts.unavailable
  return [
    `${Math.round(counts.served / seconds)} a second served, p50 ${ms(percentile(servedMs, 0.5))}, p99 ${ms(percentile(servedMs, 0.99))}`,
    ...(rejected > 0
      ? [
          `${rejected} rejected, p50 ${ms(percentile(refusedMs, 0.5))}, p99 ${ms(percentile(refusedMs, 0.99))}`,
        ]
      : []),
    ...(counts.late > 0 ? [`${counts.late} later than 2 s`] : []),
    ...(counts.unsent > 0 ? [`${counts.unsent} not sent because no connection was free`] : []),
    `99 % sent within ${ms(percentile(behindMs, 0.99))} after the due time`,
  ].join('; ')
}

const median = (values: readonly number[]): number => quantile(values, 0.5)
const percent = (share: number) => `${Math.round(share * 100)} %`
const ms = (time: number) => `${Math.round(time)} ms`

import { median, quantile } from '../../support/harness.ts'
import type { Verdict } from '../../support/harness.ts'
import type { Attack } from './attackers.ts'
import { perSecond } from './load.ts'
import type { Tally } from './load.ts'
import type { ConnectionRound, Phase } from './measure-connections.ts'
import type { Round } from './measure.ts'

const MIN_GOODPUT = 0.8
const MAX_REJECTION_MS = 50
const MAX_OTHERS_MS = 300
const MAX_SLOWDOWN = 2
const MAX_GROWTH_MB = 128

/** Judges the goals by the median of the rounds, and lists the figures of every round. */
export function turnVerdicts(rounds: readonly Round[], times: number): readonly Verdict[] {
  const middle = (of: (round: Round) => number) => median(rounds.map(of))
  const goodput = ({ overload, peak }: Round) => perSecond(overload) / peak
  const share = middle(goodput)
  const lost = middle(({ calm: { counts } }) => counts.rejected + counts.unavailable + counts.unsent)
  const othersMs = middle(({ besideFlood }) => quantile(besideFlood.servedMs, 0.99))
  // A machine that can hash every password rejects none.
  const rejectionMs = middle(({ flood: { rejectedMs } }) =>
    rejectedMs.length === 0 ? 0 : quantile(rejectedMs, 0.99),
  )
  const broken = rounds
    .flatMap(({ overload, calm, besideFlood, flood }) => [overload, calm, besideFlood, flood])
    .reduce((sum, { counts }) => sum + counts.broken, 0)
  return [
    timed(
      share,
      share >= MIN_GOODPUT,
      `${times} times the peak: ${percent(share)} of the peak is served (goal: 80 %)`,
      rounds.map(
        (round) => `${percent(goodput(round))} of ${Math.round(round.peak)}: ${detail(round.overload)}`,
      ),
    ),
    { holds: broken === 0, message: `broken connections and statuses other than 200: ${broken} (goal: 0)` },
    timed(
      lost,
      lost === 0,
      'half the peak, right after: nothing is shed',
      rounds.map(({ calm }) => detail(calm)),
    ),
    timed(
      othersMs,
      othersMs <= MAX_OTHERS_MS,
      `half the peak beside 200 hashes a second: 99 % of the others within ${ms(othersMs)} (goal: 300 ms)`,
      rounds.map(({ besideFlood }) => detail(besideFlood)),
    ),
    timed(
      rejectionMs,
      rejectionMs <= MAX_REJECTION_MS,
      `of the rejected hashes, 99 % are rejected within ${ms(rejectionMs)} (goal: 50 ms)`,
      rounds.map(({ flood }) => detail(flood)),
    ),
  ]
}

const heldBy: Readonly<Record<Attack, string>> = {
  idle: 'idle connections, reopened when closed',
  unread: 'connections with 999 pipelined requests that read nothing',
  endless: 'connections with bodies that never end',
}

/** Judges honest callbacks beside each kind of hostile connection against the undisturbed phase before. */
export function connectionVerdicts(
  rounds: readonly ConnectionRound[],
  counts: Readonly<Record<Attack, number>>,
): readonly Verdict[] {
  const p99 = ({ honest }: Phase) => quantile(honest.servedMs, 0.99)
  const megabytes = ({ memory }: Phase) => memory / 1e6
  return (Object.keys(counts) as Attack[]).flatMap((attack) => {
    const phases = rounds.map(({ undisturbed, attacked }) => ({ undisturbed, beside: attacked[attack] }))
    const slowdown = median(phases.map(({ undisturbed, beside }) => p99(beside) / p99(undisturbed)))
    const growth = median(phases.map(({ undisturbed, beside }) => megabytes(beside) - megabytes(undisturbed)))
    const unserved = phases
      .flatMap(({ beside: { honest } }) => Object.entries(honest.counts))
      .reduce((sum, [outcome, count]) => (outcome === 'served' ? sum : sum + count), 0)
    const title = `beside ${counts[attack]} ${heldBy[attack]}`
    return [
      timed(
        slowdown,
        slowdown <= MAX_SLOWDOWN && unserved === 0,
        `${title}: 99 % of the callbacks within ${slowdown.toFixed(2)} times what they take undisturbed (goal: 2), ${unserved} not served (goal: 0)`,
        phases.map(
          ({ undisturbed, beside }) =>
            `undisturbed p99 ${p99(undisturbed).toFixed(1)} ms; ${detail(beside.honest)}`,
        ),
      ),
      timed(
        growth,
        growth <= MAX_GROWTH_MB,
        `${title}: ${growth.toFixed(0)} MB more memory than undisturbed (goal: ${MAX_GROWTH_MB} MB)`,
        phases.map(
          ({ undisturbed, beside }) =>
            `${megabytes(undisturbed).toFixed(0)} MB, then ${megabytes(beside).toFixed(0)} MB`,
        ),
      ),
    ]
  })
}

/** Returns a line with the processor time that the host withheld; none if unknown. */
export function stolenLine(rounds: readonly Pick<Round, 'stolen'>[]): readonly string[] {
  const stolen = rounds.flatMap(({ stolen }) => (stolen === undefined ? [] : [percent(stolen)]))
  if (stolen.length === 0) return []
  return [
    `The host withheld ${stolen.join(', ')} of the processor time in these rounds; above a few per cent, do not trust times.`,
  ]
}

/** A goal that depends on the speed of the machine. It is required in quick runs, too, when its figure is missing. */
const timed = (figure: number, holds: boolean, message: string, details: readonly string[]): Verdict => ({
  holds,
  message,
  details: details.map((line, at) => `${at + 1}. ${line}`),
  isRequired: !Number.isFinite(figure),
})

function detail({ counts, seconds, servedMs, rejectedMs, behindMs }: Tally): string {
  const rejected = counts.rejected + counts.unavailable
  const percentiles = (times: readonly number[]) =>
    `p50 ${ms(median(times))}, p99 ${ms(quantile(times, 0.99))}`
  return [
    `${Math.round(counts.served / seconds)} a second served, ${percentiles(servedMs)}`,
    rejected > 0 && `${rejected} rejected, ${percentiles(rejectedMs)}`,
    counts.late > 0 && `${counts.late} later than 2 s`,
    counts.unsent > 0 && `${counts.unsent} not sent because no connection was free`,
    `99 % sent within ${ms(quantile(behindMs, 0.99))} after the due time`,
  ]
    .filter(Boolean)
    .join('; ')
}

const rounded = (figure: number) => (Number.isFinite(figure) ? Math.round(figure) : 'unknown')
const percent = (share: number) => `${rounded(share * 100)} %`
const ms = (time: number) => `${rounded(time)} ms`

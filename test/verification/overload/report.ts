import { attacks } from './attack-kinds.ts'
import type { Attack } from './attack-kinds.ts'
import { percentile, perSecond } from './load.ts'
import type { Tally } from './load.ts'
import type { ConnectionRound, Phase } from './measure-connections.ts'
import type { Round } from './measure.ts'

export interface Verdict {
  readonly isReached: boolean
  readonly says: string
}

const GOODPUT = 0.8
const REFUSED_WITHIN_MS = 50
const OTHERS_WITHIN_MS = 300

/** The goals, each by the median of the rounds, with what was measured in every one of them. */
export function verdicts(rounds: readonly Round[], times: number): readonly Verdict[] {
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
      middle(ratio) >= GOODPUT,
      `${times} times the peak: ${percent(middle(ratio))} of the peak is served (goal: 80 %)`,
      rounds.map(
        (round) => `${percent(ratio(round))} of ${Math.round(round.peak)}: ${detail(round.overload)}`,
      ),
    ),
    goal(
      broken === 0,
      `answers that are none (a connection that broke, a status that is not 200): ${broken} (goal: 0)`,
      [],
    ),
    goal(
      middle(lost) === 0,
      'half the peak, right after: nothing is refused',
      rounds.map(({ calm }) => detail(calm)),
    ),
    goal(
      middle(others) <= OTHERS_WITHIN_MS,
      `half the peak beside 200 hashes a second: 99 % of the others within ${ms(middle(others))} (goal: 300 ms)`,
      rounds.map(({ besideFlood }) => detail(besideFlood)),
    ),
    goal(
      middle(refused) <= REFUSED_WITHIN_MS,
      `of the hashes, 99 % of what is refused is refused within ${ms(middle(refused))} (goal: 50 ms)`,
      rounds.map(({ flood }) => detail(flood)),
    ),
  ]
}

const SLOWER_AT_MOST = 2
const GROWN_AT_MOST = 128

const heldBy: Readonly<Record<Attack, string>> = {
  idle: 'idle connections, opened anew when closed',
  unread: 'connections with 999 pipelined requests that read nothing',
  endless: 'connections with bodies that never end',
}

/** The same for connections that hold what they can: honest callbacks beside them, against the phase before. */
export function connectionVerdicts(
  rounds: readonly ConnectionRound[],
  counts: Readonly<Record<Attack, number>>,
): readonly Verdict[] {
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
        ratio <= SLOWER_AT_MOST && unserved === 0,
        `${beside}: 99 % of the callbacks within ${ratio.toFixed(2)} times what they take undisturbed (goal: 2), ${unserved} not served (goal: 0)`,
        rounds.map(
          (round) =>
            `undisturbed p99 ${p99(round.undisturbed).toFixed(1)} ms; ${detail(round.attacked[attack].honest)}`,
        ),
      ),
      goal(
        growth <= GROWN_AT_MOST,
        `${beside}: ${growth.toFixed(0)} MB more memory than undisturbed (goal: ${GROWN_AT_MOST} MB)`,
        rounds.map(
          ({ undisturbed, attacked }) =>
            `${(undisturbed.memory / 1e6).toFixed(0)} MB, then ${(attacked[attack].memory / 1e6).toFixed(0)} MB`,
        ),
      ),
    ]
  })
}

/** How far the figures may be trusted. */
export function stolenLine(rounds: readonly Pick<Round, 'stolen'>[]): string | undefined {
  const stolen = rounds.flatMap(({ stolen }) => (stolen === undefined ? [] : [percent(stolen)]))
  if (stolen.length === 0) return undefined
  return `The host kept ${stolen.join(', ')} of the processors' time in these rounds: with more than a few per cent, times say little.`
}

const goal = (isReached: boolean, says: string, details: readonly string[]): Verdict => ({
  isReached,
  says: [
    `${isReached ? 'ok    ' : 'not ok'} ${says}`,
    ...details.map((line, at) => `       ${at + 1}. ${line}`),
  ].join('\n'),
})

function detail({ counts, seconds, servedMs, refusedMs, behindMs }: Tally): string {
  const told = counts.refused + counts.unavailable
  return [
    `${Math.round(counts.served / seconds)} a second served, p50 ${ms(percentile(servedMs, 0.5))}, p99 ${ms(percentile(servedMs, 0.99))}`,
    ...(told > 0
      ? [`${told} refused, p50 ${ms(percentile(refusedMs, 0.5))}, p99 ${ms(percentile(refusedMs, 0.99))}`]
      : []),
    ...(counts.late > 0 ? [`${counts.late} later than 2 s`] : []),
    ...(counts.unsent > 0 ? [`${counts.unsent} not sent for want of a connection`] : []),
    `99 % sent within ${ms(percentile(behindMs, 0.99))} of being due`,
  ].join('; ')
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const percent = (share: number) => `${Math.round(share * 100)} %`
const ms = (time: number) => `${Math.round(time)} ms`

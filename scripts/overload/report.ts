import { percentile, perSecond } from './load.ts'
import type { Tally } from './load.ts'
import type { Measured } from './measure.ts'

export interface Verdict {
  readonly isReached: boolean
  readonly says: string
}

const GOODPUT = 0.8
const REFUSED_WITHIN_MS = 50
const OTHERS_WITHIN_MS = 300

/** The goals, each with what was measured. */
export function verdicts({ times, peak, overload, calm, besideFlood, flood }: Measured): readonly Verdict[] {
  const ratio = perSecond(overload) / peak
  const hashRefused = percentile(flood.refusedMs, 0.99)
  const others = percentile(besideFlood.servedMs, 0.99)
  const phases = { overload, calm, 'beside the flood': besideFlood, flood }
  const broken = Object.values(phases).reduce((sum, { counts }) => sum + counts.broken, 0)
  return [
    goal(
      ratio >= GOODPUT,
      `${times} times the peak: ${percent(ratio)} of the peak is served (goal: 80 %)`,
      overload,
    ),
    goal(
      broken === 0,
      `answers that are none (a connection that broke, a status that is not 200): ${broken} (goal: 0)`,
    ),
    goal(
      calm.counts.served > 0 && calm.counts.refused + calm.counts.unavailable + calm.counts.unsent === 0,
      'half the peak, right after: nothing is refused',
      calm,
    ),
    goal(
      others <= OTHERS_WITHIN_MS,
      `half the peak beside 200 hashes a second: 99 % of the others within ${ms(others)} (goal: 300 ms)`,
      besideFlood,
    ),
    goal(
      hashRefused <= REFUSED_WITHIN_MS,
      `of the hashes, 99 % of what is refused is refused within ${ms(hashRefused)} (goal: 50 ms)`,
      flood,
    ),
  ]
}

const goal = (isReached: boolean, says: string, tally?: Tally): Verdict => ({
  isReached,
  says: `${isReached ? 'ok    ' : 'not ok'} ${says}${tally ? `\n       ${detail(tally)}` : ''}`,
})

function detail(tally: Tally): string {
  const { counts, servedMs, refusedMs, behindMs } = tally
  return [
    `${Math.round(perSecond(tally))} a second served, p50 ${ms(percentile(servedMs, 0.5))}, p99 ${ms(percentile(servedMs, 0.99))}`,
    `${counts.refused} refused and ${counts.unavailable} told "unavailable", p50 ${ms(percentile(refusedMs, 0.5))}, p99 ${ms(percentile(refusedMs, 0.99))}`,
    `${counts.late} later than 2 s`,
    `${counts.unsent} not sent for want of a connection; 99 % sent within ${ms(percentile(behindMs, 0.99))} of being due`,
  ].join('; ')
}

const percent = (share: number) => `${Math.round(share * 100)} %`
const ms = (time: number) => `${Math.round(time)} ms`

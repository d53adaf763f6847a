import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from './callers.ts'

/** What became of turns that were sent for a while. Times are milliseconds from sending. */
export interface Tally {
  readonly seconds: number
  readonly counts: Readonly<Record<Outcome | 'late', number>>
  readonly servedMs: readonly number[]
  readonly refusedMs: readonly number[]
  /** How much later than due a turn was sent: with much of it, the caller was the bottleneck. */
  readonly behindMs: readonly number[]
}

type Turn = () => Promise<Outcome>

/** What is served later than a turn may take is of no use. */
const TURN_MS = 2000

function createTally() {
  const counts: Record<Outcome | 'late', number> = {
    served: 0,
    late: 0,
    refused: 0,
    unavailable: 0,
    unsent: 0,
    broken: 0,
  }
  const servedMs: number[] = []
  const refusedMs: number[] = []
  const behindMs: number[] = []
  const startedMs = performance.now()
  return {
    async take(turn: Turn, dueMs: number): Promise<void> {
      const sentMs = performance.now()
      behindMs.push(sentMs - dueMs)
      const outcome = await turn()
      const tookMs = performance.now() - sentMs
      const isLate = outcome === 'served' && tookMs > TURN_MS
      counts[isLate ? 'late' : outcome] += 1
      if (outcome === 'served') servedMs.push(tookMs)
      // A menu says in its own words that a hash is too many.
      if (outcome === 'refused' || outcome === 'unavailable') refusedMs.push(tookMs)
    },
    end(endedMs: number): Tally {
      const ascending = (times: readonly number[]) => times.toSorted((a, b) => a - b)
      const seconds = (endedMs - startedMs) / 1000
      return {
        seconds,
        counts,
        servedMs: ascending(servedMs),
        refusedMs: ascending(refusedMs),
        behindMs: ascending(behindMs),
      }
    },
  }
}

/** So many callers, each of whom sends the next turn when the last is answered: what can be served at most. */
export async function closedLoop(turn: Turn, callers: number, forMs: number): Promise<Tally> {
  const tally = createTally()
  const endMs = performance.now() + forMs
  const call = async () => {
    while (performance.now() < endMs) await tally.take(turn, performance.now())
  }
  await Promise.all(Array.from({ length: callers }, call))
  return tally.end(performance.now())
}

/** So many turns a second, whatever becomes of those before: what a crowd does. Waits for the last answers. */
export async function openLoop(turn: Turn, perSecond: number, forMs: number): Promise<Tally> {
  const tally = createTally()
  const startedMs = performance.now()
  const under: Promise<void>[] = []
  const due = (nth: number) => startedMs + (nth / perSecond) * 1000
  let sent = 0
  while (performance.now() - startedMs < forMs) {
    while (due(sent) <= performance.now()) under.push(tally.take(turn, due(sent++)))
    await sleep(1)
  }
  const endedMs = performance.now()
  await Promise.all(under)
  return tally.end(endedMs)
}

export const perSecond = ({ counts, seconds }: Tally): number => counts.served / seconds

/** The time that this share of them stayed within; 0 of none. */
export const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0

import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from './callers.ts'

/** The outcomes of a load phase. Times are milliseconds since sending, in ascending order. */
export interface Tally {
  readonly seconds: number
  readonly counts: Readonly<Record<Outcome | 'late', number>>
  readonly servedMs: readonly number[]
  readonly refusedMs: readonly number[]
  /** Sending delays. Large ones mean that the callers were the bottleneck. */
  readonly behindMs: readonly number[]
}

type Turn = () => Promise<Outcome>

/** A later answer is useless: the network has ended the dialogue. */
const MAX_TURN_MS = 2000

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
    async run(turn: Turn, dueMs: number): Promise<void> {
      const sentMs = performance.now()
      behindMs.push(sentMs - dueMs)
      const outcome = await turn()
      const tookMs = performance.now() - sentMs
      const isLate = outcome === 'served' && tookMs > MAX_TURN_MS
      counts[isLate ? 'late' : outcome] += 1
      if (outcome === 'served') servedMs.push(tookMs)
      // The menu itself reports a shed hash, so `refused` includes its screen.
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

/** Runs callers that each wait for an answer before the next turn. Measures the peak. */
export async function closedLoop(turn: Turn, callers: number, forMs: number): Promise<Tally> {
  const tally = createTally()
  const endMs = performance.now() + forMs
  const call = async () => {
    while (performance.now() < endMs) await tally.run(turn, performance.now())
  }
  await Promise.all(Array.from({ length: callers }, call))
  return tally.end(performance.now())
}

/** Sends turns at a fixed rate, whether or not earlier ones are answered. Waits for the last answers. */
export async function openLoop(turn: Turn, perSecond: number, forMs: number): Promise<Tally> {
  const tally = createTally()
  const startedMs = performance.now()
  const pending: Promise<void>[] = []
  const due = (nth: number) => startedMs + (nth / perSecond) * 1000
  let sent = 0
  while (performance.now() - startedMs < forMs) {
    while (due(sent) <= performance.now()) pending.push(tally.run(turn, due(sent++)))
    await sleep(1)
  }
  const endedMs = performance.now()
  await Promise.all(pending)
  return tally.end(endedMs)
}

export const perSecond = ({ counts, seconds }: Tally): number => counts.served / seconds

/** Returns the percentile of ascending values, `share` from 0 to 1; 0 without values. */
export const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0

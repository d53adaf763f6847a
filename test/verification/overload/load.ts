import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from './callers.ts'

/** The outcomes of a load phase. Times are milliseconds since sending. */
export interface Tally {
  seconds: number
  readonly counts: Record<Outcome | 'late', number>
  readonly servedMs: number[]
  readonly rejectedMs: number[]
  /** Sending delays. Large ones mean that the callers were the bottleneck. */
  readonly behindMs: number[]
}

type Turn = () => Promise<Outcome>

/** A later answer is useless: the network has ended the dialogue. */
const MAX_TURN_MS = 2000

const createTally = (): Tally => ({
  seconds: 0,
  counts: { served: 0, late: 0, rejected: 0, unavailable: 0, unsent: 0, broken: 0 },
  servedMs: [],
  rejectedMs: [],
  behindMs: [],
})

async function send(turn: Turn, dueMs: number, tally: Tally): Promise<void> {
  const sentMs = performance.now()
  tally.behindMs.push(sentMs - dueMs)
  const outcome = await turn()
  const tookMs = performance.now() - sentMs
  const isLate = outcome === 'served' && tookMs > MAX_TURN_MS
  tally.counts[isLate ? 'late' : outcome] += 1
  if (outcome === 'served') tally.servedMs.push(tookMs)
  // The menu itself reports a shed hash, so `rejected` includes its screen.
  if (outcome === 'rejected' || outcome === 'unavailable') tally.rejectedMs.push(tookMs)
}

/** Runs callers that each wait for an answer before the next turn. Measures the peak. */
export async function closedLoop(turn: Turn, callers: number, forMs: number): Promise<Tally> {
  const tally = createTally()
  const startedMs = performance.now()
  const call = async () => {
    while (performance.now() - startedMs < forMs) await send(turn, performance.now(), tally)
  }
  await Promise.all(Array.from({ length: callers }, call))
  tally.seconds = (performance.now() - startedMs) / 1000
  return tally
}

/** Sends turns at a fixed rate, whether or not earlier ones are answered. Waits for the last answers. */
export async function openLoop(turn: Turn, perSecond: number, forMs: number): Promise<Tally> {
  const tally = createTally()
  const startedMs = performance.now()
  const pending: Promise<void>[] = []
  const due = (nth: number) => startedMs + (nth / perSecond) * 1000
  while (performance.now() - startedMs < forMs) {
    while (due(pending.length) <= performance.now()) pending.push(send(turn, due(pending.length), tally))
    await sleep(1)
  }
  tally.seconds = (performance.now() - startedMs) / 1000
  await Promise.all(pending)
  return tally
}

export const perSecond = ({ counts, seconds }: Tally): number => counts.served / seconds

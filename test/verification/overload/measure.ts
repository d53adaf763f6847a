import { setTimeout as sleep } from 'node:timers/promises'
import type { Callers, Outcome } from './callers.ts'
import { closedLoop, openLoop, perSecond } from './load.ts'
import type { Tally } from './load.ts'
import { processorTime, stolenSince } from './processor.ts'

/** One measurement of all phases. They run within seconds of each other, because the speed of a machine drifts. */
export interface Round {
  /** Turns a second with callers that wait for their answers. */
  readonly peak: number
  readonly overload: Tally
  /** Half the peak: right after the overload, and beside a flood of hashes. */
  readonly calm: Tally
  readonly besideFlood: Tally
  readonly flood: Tally
  /** The share of processor time that the host withheld; undefined where the system does not report it. */
  readonly stolen: number | undefined
}

const HASHES_PER_SECOND = 200
const CALLERS = [64, 128]
const RECOVERY_TIMEOUT_MS = 10_000
const POLL_MS = 100

/** Measures several rounds. `unitMs` scales the phases: each lasts one to four units. */
export async function measure(
  callers: Callers,
  flooding: Callers,
  options: {
    readonly rounds: number
    readonly times: number
    readonly connections: number
    readonly unitMs: number
    readonly progress: (line: string) => void
  },
): Promise<readonly Round[]> {
  const { unitMs, progress } = options
  const plain = () => callers.plain()

  progress('warming up')
  // Opens all connections before the overload phase.
  await closedLoop(plain, 32, 3 * unitMs)
  await closedLoop(plain, options.connections, unitMs)
  const rounds: Round[] = []
  while (rounds.length < options.rounds) {
    await untilServed(plain)
    const before = processorTime()
    let peak = 0
    for (const count of CALLERS) peak = Math.max(peak, perSecond(await closedLoop(plain, count, 2 * unitMs)))
    const overload = await openLoop(plain, options.times * peak, 4 * unitMs)
    const calm = await openLoop(plain, peak / 2, 2 * unitMs)
    const hashing = await prepared(flooding, (HASHES_PER_SECOND * 3 * unitMs) / 1000)
    const hash = async (): Promise<Outcome> => (await hashing.pop()?.()) ?? 'unsent'
    const [besideFlood, flood] = await Promise.all([
      openLoop(plain, peak / 2, 3 * unitMs),
      openLoop(hash, HASHES_PER_SECOND, 3 * unitMs),
    ])
    rounds.push({ peak, overload, calm, besideFlood, flood, stolen: stolenSince(before) })
    progress(`round ${rounds.length} of ${options.rounds}: ${Math.round(peak)} turns a second at most`)
  }
  return rounds
}

/** Waits until the circuit, which overload may have opened, is closed. Otherwise the peak would be 0. */
async function untilServed(turn: () => Promise<Outcome>): Promise<void> {
  const endMs = performance.now() + RECOVERY_TIMEOUT_MS
  while ((await turn()) !== 'served' && performance.now() < endMs) await sleep(POLL_MS)
}

/** Prepares dialogues whose next turn hashes a password. */
async function prepared(callers: Callers, count: number): Promise<(() => Promise<Outcome>)[]> {
  const ready: (() => Promise<Outcome>)[] = []
  const prepare = async () => {
    while (ready.length < count) {
      const lastTurn = await callers.prepare()
      if (lastTurn) ready.push(lastTurn)
    }
  }
  await Promise.all(Array.from({ length: 16 }, prepare))
  return ready
}

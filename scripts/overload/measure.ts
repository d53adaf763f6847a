import type { Callers, Outcome } from './callers.ts'
import { closedLoop, openLoop, perSecond } from './load.ts'
import type { Tally } from './load.ts'

export interface Measured {
  readonly times: number
  /** The most that was served a second, by callers who wait. */
  readonly peak: number
  readonly overload: Tally
  /** Half the peak: after the overload, and beside a flood of turns that hash. */
  readonly calm: Tally
  readonly besideFlood: Tally
  readonly flood: Tally
}

const HASHES_PER_SECOND = 200
const CALLERS = [16, 32, 64, 128]

/** @param options `unitMs`: a step of finding the peak takes three of them, the overload ten */
export async function measure(
  callers: Callers,
  flooding: Callers,
  options: {
    readonly times: number
    readonly connections: number
    readonly unitMs: number
    readonly progress: (line: string) => void
  },
): Promise<Measured> {
  const { times, unitMs, progress } = options
  const plain = () => callers.plain()

  progress('warming up')
  // So many at last, so that the connections of the overload are there when it begins.
  await closedLoop(plain, 32, 3 * unitMs)
  await closedLoop(plain, options.connections, unitMs)
  let peak = 0
  for (const count of CALLERS) {
    const served = perSecond(await closedLoop(plain, count, 3 * unitMs))
    progress(`${count} callers: ${Math.round(served)} turns a second`)
    peak = Math.max(peak, served)
  }

  progress(`${times} times the peak`)
  const overload = await openLoop(plain, times * peak, 10 * unitMs)
  progress('half the peak')
  const calm = await openLoop(plain, peak / 2, 5 * unitMs)

  progress('half the peak, and passwords')
  const hashing = await prepared(flooding, (HASHES_PER_SECOND * 5 * unitMs) / 1000)
  const hash = async (): Promise<Outcome> => (await hashing.pop()?.()) ?? 'unsent'
  const [besideFlood, flood] = await Promise.all([
    openLoop(plain, peak / 2, 5 * unitMs),
    openLoop(hash, HASHES_PER_SECOND, 5 * unitMs),
  ])
  return { times, peak, overload, calm, besideFlood, flood }
}

/** Dialogues one turn before they hash a password. */
async function prepared(callers: Callers, count: number): Promise<(() => Promise<Outcome>)[]> {
  const ready: (() => Promise<Outcome>)[] = []
  const prepare = async () => {
    while (ready.length < count) {
      const rest = await callers.prepare()
      if (rest) ready.push(rest)
    }
  }
  await Promise.all(Array.from({ length: 16 }, prepare))
  return ready
}

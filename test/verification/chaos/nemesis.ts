/** What strikes at random while a run lasts. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../support/random.ts'
import type { Fault, Proxy } from '../../support/redis/proxy.ts'

/**
 * Strikes again and again until it is stopped, on the average whenever so many callbacks more were answered: by time, a slow
 * machine would be struck more often than it can get up. `stop` resolves when the last strike is over.
 */
export function strikeAtRandom(
  {
    every,
    answered,
    random,
  }: { readonly every: number; readonly answered: () => number; readonly random: Random },
  strike: () => Promise<void> | void,
): { stop(): Promise<void> } {
  let isStopped = every === 0
  const running = (async () => {
    // Between half and one and a half of it: no two in a row, and no long peace.
    const next = () => answered() + every * (0.5 + random.fraction())
    for (let due = next(); !isStopped;) {
      await sleep(5 + random.fraction() * 20)
      if (isStopped || answered() < due) continue
      await strike()
      due = next()
    }
  })()
  return {
    async stop() {
      isStopped = true
      await running
    },
  }
}

export type NetworkFault = Exclude<Fault['kind'], 'pass'>

/** One way to Redis is disturbed for a moment; says how. */
export async function disturb(proxy: Proxy, random: Random): Promise<NetworkFault> {
  const drawn = random.fraction()
  const [fault, forMs]: [Fault & { kind: NetworkFault }, number] =
    drawn < 0.4
      ? [{ kind: 'resetOnReply', after: Math.floor(random.fraction() * 4), times: 1 }, 300]
      : drawn < 0.7
        ? [{ kind: 'blackHole' }, 100 + random.fraction() * 500]
        : [{ kind: 'delay', delayMs: Math.round(5 + random.fraction() * 100) }, 500]
  proxy.become(fault)
  await sleep(forMs)
  proxy.become({ kind: 'pass' })
  return fault.kind
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../src/simulator/random.ts'
import type { Fault, Proxy } from '../../support/redis/proxy.ts'

/**
 * Injects a fault about every `every` answers until stopped; 0 never does. Counting answers instead of time lets a slow machine
 * recover. `stop` resolves when the last fault is over.
 */
export function injectAtRandom(
  when: { readonly every: number; readonly answered: () => number; readonly random: Random },
  inject: () => Promise<void> | void,
): { stop(): Promise<void> } {
  const { every, answered, random } = when
  let isStopped = every === 0
  const running = (async () => {
    // Between half and one and a half times `every`: no bursts and no long pauses.
    const next = () => answered() + every * (0.5 + random())
    for (let due = next(); !isStopped;) {
      await sleep(5 + random() * 20)
      if (isStopped || answered() < due) continue
      await inject()
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

/** Injects a short network fault between one gateway and Redis; returns its kind. */
export async function injectNetworkFault(proxy: Proxy, random: Random): Promise<NetworkFault> {
  const drawn = random()
  const [fault, forMs]: [Fault & { kind: NetworkFault }, number] =
    drawn < 0.4
      ? [{ kind: 'resetOnReply', after: Math.floor(random() * 4), times: 1 }, 300]
      : drawn < 0.7
        ? [{ kind: 'blackHole' }, 100 + random() * 500]
        : [{ kind: 'delay', delayMs: Math.round(5 + random() * 100) }, 500]
  proxy.inject(fault)
  await sleep(forMs)
  proxy.inject({ kind: 'pass' })
  return fault.kind
}

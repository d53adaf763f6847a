import { randomBytes } from 'node:crypto'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import type { Subscribers } from '../../../src/services/subscribers.ts'
import { createRedisClient } from '../../../src/store/redis/client.ts'
import { nodesOfBuckets } from '../../../src/store/redis/nodes.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { createHarnessCore } from '../../support/harness-core.ts'

/** A turn's budget: the default of TURN_BUDGET_MS. */
export const TURN_BUDGET_MS = 2000

/** Gateways as separate processes have them: each the shipped core with connections of its own, all with the same keys. */
export interface Gateways {
  readonly gateways: readonly Gateway[]
  readonly subscribers: Subscribers
  readonly store: Store
  close(): Promise<void>
}

export async function openGateways(
  clusterNodes: readonly string[],
  options: {
    readonly count: number
    readonly replicas: number
    /** A turn that failed, and what the log says of it. */
    readonly failed: (msisdn: string, why: string) => void
  },
): Promise<Gateways> {
  const { count, replicas } = options
  const keyring = createKeyring({ current: randomBytes(32) })
  const clients = Array.from({ length: count }, () => createRedisClient({ clusterNodes }))
  const ready = await Promise.all(clients.map((client) => client.whenReady(10_000)))
  if (ready.includes(false)) throw new Error('the cluster cannot be reached')

  const cores = clients.map((client) =>
    createHarnessCore({
      store: createRedisStore({ client, replicas }),
      nodeOf: nodesOfBuckets(client),
      keyring,
      settings: { turnBudgetMs: TURN_BUDGET_MS },
      events: {
        onTurn({ msisdn, fault, detail = '' }) {
          if (fault !== undefined) options.failed(msisdn, detail)
        },
      },
    }),
  )
  const [first] = cores
  if (!first) throw new Error('a cluster run needs at least one gateway')
  for (const core of cores) await core.check()
  return {
    gateways: cores.map(({ gateway }) => gateway),
    store: first.store,
    subscribers: first.subscribers,
    close: async () => void (await Promise.all(cores.map((core) => core.close()))),
  }
}

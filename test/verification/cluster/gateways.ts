import { randomBytes } from 'node:crypto'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import type { Subscribers } from '../../../src/services/subscribers.ts'
import { createNodeLookup, createRedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { createHarnessCore } from '../../support/harness-core.ts'

/** The default of the setting TURN_BUDGET_MS. */
export const TURN_BUDGET_MS = 2000

/** Several shipped cores in one process. Each has its own connections; all share the keys. */
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
    /** A turn failed; `detail` is the reason in the log. */
    readonly onFailed: (msisdn: string, detail: string) => void
  },
): Promise<Gateways> {
  const { count, replicas } = options
  const keyring = createKeyring({ current: randomBytes(32) })
  const clients = Array.from({ length: count }, () => createRedisClient({ clusterNodes }))
  const ready = await Promise.all(clients.map((client) => client.whenReady(10_000)))
  if (ready.includes(false)) throw new Error('The cluster cannot be reached.')

  const cores = clients.map((client) =>
    createHarnessCore({
      store: createRedisStore({ client, replicas }),
      nodeOf: createNodeLookup(client),
      keyring,
      settings: { turnBudgetMs: TURN_BUDGET_MS },
      events: {
        onTurn({ msisdn, fault, detail = '' }) {
          if (fault !== undefined) options.onFailed(msisdn, detail)
        },
      },
    }),
  )
  const [first] = cores
  if (!first) throw new Error('A cluster run needs at least one gateway.')
  for (const core of cores) await core.check()
  return {
    gateways: cores.map(({ gateway }) => gateway),
    store: first.store,
    subscribers: first.subscribers,
    close: async () => void (await Promise.all(cores.map((core) => core.close()))),
  }
}

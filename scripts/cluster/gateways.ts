import { randomBytes } from 'node:crypto'
import { menus } from '../../menus/index.ts'
import { createGateway } from '../../src/gateway/gateway.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { createKeyring } from '../../src/gateway/keyring.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { createHashing } from '../../src/services/hashing.ts'
import { createServices } from '../../src/services/index.ts'
import { createPasswords } from '../../src/services/password.ts'
import { createPuk1 } from '../../src/services/puk1.ts'
import { createSubscribers } from '../../src/services/subscribers.ts'
import type { Subscribers } from '../../src/services/subscribers.ts'
import { createRedisClient } from '../../src/store/redis/client.ts'
import { createRedisStore } from '../../src/store/redis/store.ts'

/** What a turn may take: the default of TURN_BUDGET_MS. */
export const TURN_BUDGET_MS = 2000

/** Gateways as separate processes have them: each with connections of its own, and all with the same keys. */
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
  const clients = Array.from({ length: count }, () => createRedisClient({ clusterNodes }))
  const stores = clients.map((client) => createRedisStore({ client, replicas }))
  const [store] = stores
  const ready = await Promise.all(clients.map((client) => client.whenReady(10_000)))
  if (!store || ready.includes(false)) throw new Error('the cluster cannot be reached')

  const keyring = createKeyring({ current: randomBytes(32) })
  const hashing = createHashing({ keyring, waiting: 64 })
  const passwords = createPasswords(hashing)
  const services = createServices({ passwords, puk1: createPuk1(hashing), keyring, weakPasswords: 'warn' })
  const gateways = stores.map((each) =>
    createGateway({
      store: each,
      menus,
      services,
      keyring,
      sessionIdleMs: 900_000,
      turnBudgetMs: TURN_BUDGET_MS,
      repeatWithinMs: 3000,
      report({ msisdn, fault, detail = '' }) {
        if (fault !== undefined) options.failed(msisdn, detail)
      },
    }),
  )
  return {
    gateways,
    store,
    subscribers: createSubscribers({ store, hashing, passwords, budgetMs: 5000 }),
    close: async () => void (await Promise.all(stores.map((each) => each.close()))),
  }
}

import { randomBytes } from 'node:crypto'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { createNodeLookup, createRedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { createHarnessCore } from '../../support/harness-core.ts'

/** The default of the setting TURN_BUDGET_MS. */
export const TURN_BUDGET_MS = 2000

const GATEWAYS = 2

/** Two shipped cores in one process. Each has its own connections; both share the keys. */
export type Gateways = Awaited<ReturnType<typeof openGateways>>

/** Opens the gateways. Calls `onFailed` for a failed turn; `detail` is the reason in the log. */
export async function openGateways(
  clusterNodes: readonly string[],
  replicas: number,
  onFailed: (msisdn: string, detail: string) => void,
) {
  const keyring = createKeyring({ current: randomBytes(32) })
  const clients = Array.from({ length: GATEWAYS }, () => createRedisClient({ clusterNodes }))
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
          if (fault !== undefined) onFailed(msisdn, detail)
        },
      },
    }),
  )
  for (const core of cores) await core.check()
  const [{ store, subscribers }] = cores as [(typeof cores)[number]]
  return {
    gateways: cores.map(({ gateway }) => gateway),
    store,
    subscribers,
    close: () => Promise.all(cores.map((core) => core.close())),
  }
}

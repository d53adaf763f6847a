import { randomUUID } from 'node:crypto'
import type { RedisCluster } from './redis-cluster.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { elapseOn, type StoreUnderTest } from './stores.ts'

/**
 * Opens a store on a cluster with its own prefix. `commandTimeoutMs` is 5 s by default, so that a busy machine does not fail
 * tests.
 */
export async function openClusterStore(
  cluster: RedisCluster,
  options: { readonly replicas: number; readonly commandTimeoutMs?: number },
): Promise<StoreUnderTest & { readonly client: RedisClient; readonly prefix: string }> {
  const { replicas, commandTimeoutMs = 5000 } = options
  const prefix = `ussd-test-${randomUUID()}`
  const client = createRedisClient({ clusterNodes: cluster.addresses }, { commandTimeoutMs })
  const store = createRedisStore({ client, prefix, replicas, replicaTimeoutMs: commandTimeoutMs * 0.8 })
  if (!(await client.whenReady(10_000)))
    throw new Error(`The cluster cannot be reached: ${client.lastFault()}.`)
  return { store, client, prefix, elapse: (ms) => elapseOn(store, ms), close: () => store.close() }
}

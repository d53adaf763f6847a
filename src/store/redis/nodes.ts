import { Cluster } from 'ioredis'
import type { RedisClient } from './client.ts'
import { slotOf } from './keys.ts'

/**
 * Returns a function from a bucket to the cluster node that holds it now, as `host:port`. The node changes after a failover.
 * Returns `undefined` when the client is not a cluster's.
 */
export function createNodeLookup({ redis }: RedisClient): ((bucket: number) => string) | undefined {
  if (!(redis instanceof Cluster)) return undefined
  return (bucket) => redis.slots[slotOf(bucket)]?.[0] ?? 'unknown'
}

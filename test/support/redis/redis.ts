import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Store } from '../../../src/gateway/ports.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'

export interface TestStore {
  readonly store: Store
  readonly client: RedisClient
  /** The connection, for looking behind the store. */
  readonly redis: Redis
  readonly prefix: string
  /** Removes what it wrote, and closes. */
  readonly close: () => Promise<void>
}

/** The Redis that all test files share; throws with what to do where there is none. */
function testRedisUrl(): string {
  const url = process.env['TEST_REDIS_URL']
  if (!url) throw new Error(process.env['TEST_REDIS_MISSING'] ?? 'TEST_REDIS_URL is not set.')
  return url
}

/**
 * A store in Redis under a prefix of its own, so that test files running beside each other do not meet. Commands may take
 * five seconds: the machine is busy, and slowness is not what is tested. Tests that flush, monitor, kill or configure take a
 * server of their own (`startRedisServer`).
 */
export async function openTestStore(url = testRedisUrl()): Promise<TestStore> {
  const prefix = `ussd-test-${randomUUID()}`
  const client = createRedisClient({ url }, { commandTimeoutMs: 5000 })
  const redis = client.redis as Redis
  const store = createRedisStore({ client, prefix })
  if (!(await client.whenReady(10_000))) {
    await client.close()
    throw new Error(`Redis at ${new URL(url).host} cannot be reached: ${client.lastFault()}.`)
  }
  return {
    store,
    client,
    redis,
    prefix,
    async close() {
      try {
        for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) {
          if (keys.length > 0) await redis.unlink(...keys)
        }
      } catch {
        // The test closed the store, or ended the server: there is nothing to remove it from.
      } finally {
        await store.close()
      }
    },
  }
}

import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Store } from '../../../src/gateway/ports.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'

export interface TestStore {
  readonly store: Store
  readonly client: RedisClient
  /** The connection, to inspect records directly. */
  readonly redis: Redis
  readonly prefix: string
  /** Removes the written records and closes the connection. */
  readonly close: () => Promise<void>
}

/** Returns the URL of the shared test Redis; throws with instructions when there is none. */
function testRedisUrl(): string {
  const url = process.env['TEST_REDIS_URL']
  if (!url) throw new Error(process.env['TEST_REDIS_MISSING'] ?? 'TEST_REDIS_URL is not set.')
  return url
}

/**
 * Opens a store in Redis with its own prefix, so that parallel test files do not interfere. The command timeout is 5 s, so that
 * a busy machine does not fail tests. Tests that flush, monitor, kill or configure Redis use `startRedisServer`.
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
        // The test closed the store or stopped the server.
      } finally {
        await store.close()
      }
    },
  }
}

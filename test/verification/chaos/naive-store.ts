import { UssdError } from '../../../src/engine/errors.ts'
import type { Change, Store } from '../../../src/gateway/ports.ts'
import type { RedisClient } from '../../../src/store/redis/client.ts'
import { keysWithPrefix } from '../../../src/store/redis/keys.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'

/**
 * Creates the store of the control run, with a naive commit. It ignores versions and deadlines and writes step by step: the
 * journal, the subscriber, and the session with its receipts last. A harness that finds no violation here is blind.
 *
 * @param step called between two steps; the process may die there
 */
export function createNaiveStore(client: RedisClient, step: () => void): Store {
  const { redis } = client
  const keys = keysWithPrefix('ussd')
  const write = async (bucket: number, { name, write }: Change) => {
    const key = keys.record(bucket, name)
    if (write.kind === 'keep') return
    if (write.kind === 'delete') return void (await redis.del(key))
    const record = `${String(Date.now() * 1000).padStart(16, '0')}|${write.value}`
    if (write.ttlMs === undefined) await redis.set(key, record)
    else await redis.set(key, record, 'PX', Math.max(1, Math.round(write.ttlMs)))
  }
  return {
    ...createRedisStore({ client }),
    async commit({ bucket, changes, journal }) {
      try {
        for (const entry of journal) await redis.xadd(keys.journal(bucket), '*', 'entry', entry)
        for (const change of changes.toReversed()) {
          step()
          await write(bucket, change)
        }
        return { kind: 'ok', version: String(Date.now() * 1000).padStart(16, '0') }
      } catch {
        throw new UssdError('USSD_STORE_UNAVAILABLE')
      }
    },
  }
}

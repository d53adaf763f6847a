import { findRedisBinary } from './redis-binary.ts'
import { startRedisServer, type RedisServer } from './redis-server.ts'

declare global {
  var testRedis: RedisServer | undefined
}

/**
 * Starts the shared Redis before all tests and sets TEST_REDIS_URL and TEST_REDIS_DIR (the folder of its append-only file). Uses an
 * existing TEST_REDIS_URL unchanged. Without a server, tests that need one fail with the message in TEST_REDIS_MISSING.
 */
export default async function startRedis(): Promise<void> {
  if (process.env['TEST_REDIS_URL']) return
  try {
    globalThis.testRedis = await startRedisServer({ binary: await findRedisBinary({ install: 'allowed' }) })
    process.env['TEST_REDIS_URL'] = globalThis.testRedis.url
    process.env['TEST_REDIS_DIR'] = globalThis.testRedis.dir
  } catch (error) {
    process.env['TEST_REDIS_MISSING'] = error instanceof Error ? error.message : String(error)
  }
}

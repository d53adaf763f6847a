import { findRedisBinary } from './redis-binary.ts'
import { startRedisServer, type RedisServer } from './redis-server.ts'

declare global {
  var testRedis: RedisServer | undefined
}

/**
 * Before all tests: one Redis for those that share it, told to the workers by TEST_REDIS_URL and TEST_REDIS_DIR (where its
 * append-only file is). A TEST_REDIS_URL given from outside is taken as it is. Where no server is to be had, the tests that
 * need one fail with the sentence in TEST_REDIS_MISSING; the others still run.
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

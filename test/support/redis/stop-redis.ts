import type {} from './start-redis.ts'

/** Stops the server that `start-redis.ts` started. Prints nothing: the tally must be the last line. */
export default async function stopRedis(): Promise<void> {
  if (globalThis.testRedis) {
    await globalThis.testRedis.stop()
    globalThis.testRedis = undefined
    delete process.env['TEST_REDIS_URL']
    delete process.env['TEST_REDIS_DIR']
  }
}

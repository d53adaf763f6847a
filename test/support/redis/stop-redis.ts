import type {} from './start-redis.ts'

/** After all tests: ends the server that `start-redis.ts` started, and only that. Says nothing: the tally is the last line. */
export default async function stopRedis(): Promise<void> {
  if (globalThis.testRedis) {
    await globalThis.testRedis.stop()
    globalThis.testRedis = undefined
    delete process.env['TEST_REDIS_URL']
    delete process.env['TEST_REDIS_DIR']
  }
  // What a test has left open must not keep the run from its end: by then all is counted and printed.
  setTimeout(() => process.exit(), 700).unref()
}

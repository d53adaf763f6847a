import { buildProduct } from './build.ts'
import startRedis from './redis/start-redis.ts'

/** Runs before all tests: builds the product for the tests that start processes, and starts a Redis. */
export default async function setUp(): Promise<void> {
  await Promise.all([buildProduct(), startRedis()])
}

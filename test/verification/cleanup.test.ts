import { afterEach, describe, expect, it, jest } from '@jest/globals'

const stop = jest.fn(async () => {})
const startRedisServer = jest.fn(async () => ({ url: 'redis://127.0.0.1:9', dir: '/nowhere', stop }))
jest.unstable_mockModule('../support/redis/redis-server.ts', () => ({ startRedisServer }))
const failingStart = () => {
  throw new Error('The gateway did not start.')
}
jest.unstable_mockModule('../support/gateway-process.ts', () => ({ startGatewayProcess: failingStart }))
jest.unstable_mockModule('../../src/app.ts', () => ({ startApp: failingStart }))

const { withCleanup } = await import('../support/cleanup.ts')
const { createRandom } = await import('../../src/simulator/random.ts')
const { fuzz } = await import('./fuzz/run.ts')
const { startTarget } = await import('./overload/target.ts')
const { conditions } = await import('./timing/conditions.ts')
const { measure } = await import('./timing/measure.ts')

afterEach(() => void jest.clearAllMocks())

describe('a harness whose gateway does not start', () => {
  const [normal] = conditions
  if (!normal) throw new Error('There are no conditions.')
  const goals = { medianSpread: 1, ksDistance: 1 }
  const options = { goals, samples: 1, random: createRandom(1), print: () => {}, progress: () => {} }

  it.each<[string, () => Promise<unknown>]>([
    ['fuzz', () => fuzz({ callbacks: 1, connections: 1, seed: 1, onProgress: () => {} })],
    ['timing', () => measure(normal, options)],
    ['overload', () => withCleanup((defer) => startTarget({}, defer))],
  ])('stops its Redis: %s', async (_name, run) => {
    await expect(run()).rejects.toThrow('The gateway did not start')
    expect(startRedisServer).toHaveBeenCalledTimes(1)
    expect(stop).toHaveBeenCalledTimes(1)
  })
})

describe('withCleanup', () => {
  it('undoes every start in reverse order when a later one fails', async () => {
    const undone: string[] = []
    const run = withCleanup(async (defer) => {
      defer(() => void undone.push('first'))
      defer(() => void undone.push('second'))
      throw new Error('The third start failed.')
    })
    await expect(run).rejects.toThrow('The third start failed.')
    expect(undone).toEqual(['second', 'first'])
  })
})

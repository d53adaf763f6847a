/** The configuration check at start, on real Redis servers. */
import project from '../../../menus/index.ts'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'

const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64')
const started: RedisServer[] = []
const redisWith = async (...args: string[]) => {
  const server = await startRedisServer({ args })
  started.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()))
})

/** Starts a gateway as `npm start` does. Returns its warnings, and its error if it did not start. */
async function startOn(url: string, env: Record<string, string> = {}) {
  const lines: string[] = []
  const logStream = new PassThrough().on('data', (line: Buffer) => void lines.push(line.toString()))
  const gateway = startApp(loadConfig({ PORT: '0', SECRETS_KEY, REDIS_URL: url, ...env }), project, {
    logStream,
  })
  const refusal = await gateway.listen().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  await gateway.close('immediate')
  const warnings = lines
    .flatMap((chunk) => chunk.trim().split('\n'))
    .map((line) => JSON.parse(line) as { level: string; message: string })
    .filter(({ level }) => level === 'warn')
    .map(({ message }) => message.replace(/^Redis at \S+: /, ''))
  return { refusal, warnings }
}

describe('a Redis that may evict records', () => {
  it.each([
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
  ])('is rejected: maxmemory-policy %s', async (policy) => {
    const { url } = await redisWith('--maxmemory-policy', policy)
    const { refusal } = await startOn(url)
    expect(refusal).toContain(
      `maxmemory-policy is ${policy} and may drop subscriber records; it must be noeviction.`,
    )
  })

  it('is accepted with noeviction, even with a memory limit', async () => {
    const { url } = await redisWith('--maxmemory-policy', 'noeviction', '--maxmemory', '100mb')
    expect(await startOn(url)).toEqual({ refusal: undefined, warnings: [] })
  })
})

describe('a Redis that may lose confirmed changes', () => {
  it.each([
    [['--appendonly', 'no'], /^appendonly is no: a restart loses every record; it should be yes\.$/],
    [['--appendfsync', 'everysec'], /^appendfsync is everysec: a power cut loses .* should be always\.$/],
    [['--appendfsync', 'no'], /^appendfsync is no: a power cut loses .* should be always\.$/],
    [['--no-appendfsync-on-rewrite', 'yes'], /^no-appendfsync-on-rewrite is yes: .* it should be no\.$/],
  ])('causes a warning: %j', async (args, message) => {
    const { url } = await redisWith(...args)
    expect(await startOn(url)).toEqual({ refusal: undefined, warnings: [expect.stringMatching(message)] })
  })

  it('causes a warning: replicas that commits do not wait for', async () => {
    const master = await redisWith()
    await redisWith('--replicaof', '127.0.0.1', String(master.port))
    const redis = new Redis(master.url)
    const isConnected = async () => (await redis.info('replication')).includes('state=online')
    while (!(await isConnected())) await sleep(5)
    expect((await startOn(master.url)).warnings).toEqual([
      expect.stringMatching(/^it has replicas and REDIS_REPLICAS is 0: .* should be 1\.$/),
    ])
    redis.disconnect()
  })
})

describe('a Redis that does not match the configuration', () => {
  it('is rejected: a database that does not exist', async () => {
    const { url } = await redisWith()
    const { refusal } = await startOn(`${url}/99`, { DEMO: 'on' })
    expect(refusal).toMatch(
      /^USSD_MISCONFIGURED: .*: Redis at 127\.0\.0\.1:\d+: database 99 does not exist\.$/,
    )
    const redis = new Redis(url)
    expect(await redis.dbsize()).toBe(0)
    redis.disconnect()
  })

  it('is rejected: a user without all commands', async () => {
    const { port } = await redisWith(
      '--user',
      'gateway',
      'on',
      '>secret',
      '~*',
      '+@all',
      '-xadd',
      '-getrange',
    )
    const { refusal } = await startOn(`redis://gateway:secret@127.0.0.1:${port}`)
    expect(refusal).toContain('the user may not run GETRANGE, XADD: allow it in the ACL.')
  })

  it('is rejected: a wrong password, which the error does not quote', async () => {
    const { port } = await redisWith('--requirepass', 'secret')
    const { refusal } = await startOn(`redis://:canary@127.0.0.1:${port}`)
    expect(refusal).toContain('the user name or the password is wrong (WRONGPASS).')
    expect(refusal).not.toContain('canary')
  })
})

describe('a Redis without a password', () => {
  // 0.0.0.0 reaches this machine but is not a loopback address.
  const asRemote = ({ port }: RedisServer, user = '') => `redis://${user}0.0.0.0:${port}`
  const warning = 'it requires no password: every client on the network can read and change every record.'

  it('causes a warning on another machine', async () => {
    const server = await redisWith()
    expect((await startOn(asRemote(server))).warnings).toEqual([warning])
    expect((await startOn(server.url)).warnings).toEqual([])
  })

  it('causes a warning when the gateway has a password but others need none', async () => {
    const server = await redisWith('--user', 'gateway', 'on', '>secret', '~*', '+@all')
    expect((await startOn(asRemote(server, 'gateway:secret@'))).warnings).toEqual([warning])
  })

  it('causes no warning when every client needs a password', async () => {
    const server = await redisWith('--requirepass', 'secret')
    expect((await startOn(asRemote(server, ':secret@'))).warnings).toEqual([])
  })
})

describe('a gateway on Redis', () => {
  it('does not start without a secrets key', () => {
    expect(() => loadConfig({ REDIS_URL: 'redis://localhost' })).toThrow(
      'SECRETS_KEY is required with Redis: 32 bytes in base64',
    )
  })

  it('warns about DEMO and SIMULATOR', async () => {
    const { url } = await redisWith()
    const { warnings } = await startOn(url, { DEMO: 'on', SIMULATOR: 'on' })
    expect(warnings).toEqual([
      'DEMO is on: subscribers with publicly known PUK1 codes are registered in Redis',
      'SIMULATOR is on: callers of /handsets can act as any subscriber',
    ])
  })
})

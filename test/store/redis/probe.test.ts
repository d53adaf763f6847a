/** Probes and guarded stores on real servers: ACL, database, eviction policy, rejected writes. */
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import type { Store } from '../../../src/gateway/ports.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { createRedisProbe, type RedisProbe } from '../../../src/store/redis/probe.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { startRedisCluster } from '../../support/redis/redis-cluster.ts'
import { startRedisServer, type RedisServer } from '../../support/redis/redis-server.ts'

/** The commands of the user recommended in the docs. */
const COMMANDS = [
  'eval evalsha time get getrange set setrange del type xadd xrange wait ping info config|get',
  'client|setname hello quit',
]
  .join(' ')
  .split(' ')

let undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.toReversed()) await step()
  undo = []
})

/** Opens a client, a probe and a store as the gateway does, with longer timeouts for a busy machine. */
function open(
  address: Parameters<typeof createRedisClient>[0],
  replicas = 0,
): { client: RedisClient; probe: RedisProbe; store: Store } {
  const client = createRedisClient(address, { commandTimeoutMs: 5000 })
  const probe = createRedisProbe({ client, replicas, replicaTimeoutMs: 2000 })
  const store = probe.guard(createRedisStore({ client, replicas }))
  undo.push(() => store.close())
  return { client, probe, store }
}

const put = (store: Store, bucket = 0) =>
  store.commit({
    bucket,
    changes: [{ name: 'subscriber:1', expectedVersion: undefined, write: { kind: 'put', value: 'x' } }],
    journal: ['entry'],
    deadlineMs: Infinity,
  })

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await sleep(5)
}

it('the probe script runs every command of the other scripts', () => {
  const folder = new URL('../../../src/store/redis/commands/', import.meta.url)
  const commandsIn = (file: string, call: RegExp) =>
    new Set([...readFileSync(new URL(file, folder), 'utf8').matchAll(call)].map(([, command]) => command))
  const tried = commandsIn('probe-2.lua', /^try\('(\w+)'/gm)
  const scripts = readdirSync(folder).filter((file) => file !== 'probe-2.lua')
  const run = scripts.flatMap((file) => [...commandsIn(file, /\bredis\.p?call\('(\w+)'/g)])
  expect(run).toContain('XADD')
  expect(run.filter((command) => !tried.has(command))).toEqual([])
})

describe('a probe of one Redis', () => {
  let server: RedisServer
  let admin: Redis
  beforeAll(async () => {
    server = await startRedisServer()
    admin = new Redis(server.url)
  })
  afterAll(async () => {
    admin.disconnect()
    await server.stop()
  })

  /** Opens a connection of a user with the documented commands and additional ACL rules. */
  async function openAs(name: string, rules: readonly string[], replicas = 0) {
    await admin.acl(
      'SETUSER',
      name,
      'reset',
      'on',
      '>p',
      '~ussd:*',
      ...COMMANDS.map((one) => `+${one}`),
      ...rules,
    )
    const opened = open({ url: `redis://${name}:p@127.0.0.1:${server.port}` }, replicas)
    await opened.client.whenReady(10_000)
    return opened
  }

  it('accepts the documented user, and leaves one record, which expires', async () => {
    const { probe } = await openAs('documented', [])
    expect(await probe.check()).toBeUndefined()
    expect(await admin.keys('*')).toEqual(['ussd:{b0}:probe'])
    const ttlMs = await admin.pttl('ussd:{b0}:probe')
    expect(ttlMs).toBeGreaterThan(0)
    expect(ttlMs).toBeLessThanOrEqual(10_000)
  })

  it.each('TIME GET GETRANGE SET SETRANGE DEL TYPE XADD XRANGE EVAL EVALSHA PING WAIT'.split(' '))(
    'names a command that the ACL denies, and blocks commits: %s',
    async (command) => {
      const { probe, store } = await openAs('narrow', [`-${command}`], command === 'WAIT' ? 1 : 0)
      expect(await probe.check()).toBe(`Redis: the user may not run ${command}: allow it in the ACL.`)
      await expect(put(store)).rejects.toMatchObject({ code: 'USSD_MISCONFIGURED' })
      expect(await admin.exists('ussd:{b0}:subscriber:1')).toBe(0)
    },
  )

  it('names all denied commands at once, and denied keys', async () => {
    const { probe } = await openAs('poor', ['-xadd', '-get'])
    expect(await probe.check()).toBe('Redis: the user may not run GET, XADD: allow it in the ACL.')
    const { probe: elsewhere } = await openAs('elsewhere', ['resetkeys', '~other:*'])
    expect(await elsewhere.check()).toBe(
      'Redis: the user may not use keys with the prefix ussd: allow ~ussd:* in the ACL.',
    )
  })

  it('recovers when the ACL is corrected', async () => {
    const { probe, store } = await openAs('healing', ['-xadd'])
    await expect(put(store)).rejects.toMatchObject({ code: 'USSD_MISCONFIGURED' })
    await admin.acl('SETUSER', 'healing', '+xadd')
    expect(await probe.check()).toBeUndefined()
    expect(await put(store)).toMatchObject({ kind: 'ok' })
    await admin.del('ussd:{b0}:subscriber:1', 'ussd:{b0}:journal')
  })

  it.each([
    ['OOM', 'maxmemory', '1mb', '0'],
    ['NOREPLICAS', 'min-replicas-to-write', '1', '0'],
  ])('reports rejected writes and recovers: %s', async (word, name, during, otherwise) => {
    const { probe } = open({ url: server.url })
    expect(await probe.check()).toBeDefined()
    await until(async () => (await probe.check()) === undefined)
    if (word === 'OOM') await admin.eval('for i = 1, 20000 do redis.call("SET", "filler:" .. i, i) end', 0)
    await admin.config('SET', name, during)
    expect(await probe.check()).toBe(`Redis: writes are rejected (${word}).`)
    await admin.config('SET', name, otherwise)
    expect(await probe.check()).toBeUndefined()
    if (word === 'OOM') await admin.flushall()
  })

  it('reports too few replicas', async () => {
    const { client, probe } = open({ url: server.url }, 1)
    await client.whenReady(10_000)
    expect(await probe.check()).toBe('Redis: a write reached 0 of 1 replicas within 2000 ms.')
  })

  it('blocks commits while the eviction policy is wrong', async () => {
    const { client, probe, store } = open({ url: server.url })
    await client.whenReady(10_000)
    // The probe of the new connection may still be in progress.
    expect(await probe.check()).toBeUndefined()
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    expect(await probe.check()).toContain('maxmemory-policy is allkeys-lru')
    await expect(put(store)).rejects.toMatchObject({
      code: 'USSD_MISCONFIGURED',
      message: expect.stringContaining('maxmemory-policy is allkeys-lru'),
    })
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    expect(await probe.check()).toBeUndefined()
  })

  it('reports a wrong password without quoting it or the user', async () => {
    const { client, probe } = open({ url: `redis://nobody:canary@127.0.0.1:${server.port}` })
    expect(await client.whenReady(60_000)).toBe(false)
    expect(await probe.check()).toBe('Redis: the user name or the password is wrong (WRONGPASS).')
  })
})

describe('a database that does not exist', () => {
  it('is reported, and its connection carries no command', async () => {
    const server = await startRedisServer()
    undo.push(() => server.stop())
    const { client, probe, store } = open({ url: `${server.url}/99` })
    expect(await client.whenReady(60_000)).toBe(false)
    expect(await probe.check()).toBe('Redis: database 99 does not exist.')
    for (let tries = 0; tries < 20; tries++) {
      await expect(put(store)).rejects.toMatchObject({ code: 'USSD_MISCONFIGURED' })
      await expect(createRedisStore({ client }).ping()).rejects.toMatchObject({
        code: 'USSD_STORE_UNAVAILABLE',
      })
      await sleep(10)
    }
    const admin = new Redis(server.url)
    expect([await admin.dbsize(), await admin.info('commandstats')]).toEqual([
      0,
      expect.not.stringContaining('cmdstat_eval'),
    ])
    admin.disconnect()
  })

  it('is detected after a reconnect, and the store recovers when it exists again', async () => {
    const server = await startRedisServer()
    undo.push(() => server.stop())
    const { client, probe, store } = open({ url: `${server.url}/5` })
    await client.whenReady(10_000)
    expect(await put(store)).toMatchObject({ kind: 'ok' })
    await server.kill()
    const other = await startRedisServer({ port: server.port, args: ['--databases', '2'] })
    await until(async () => (await probe.check()) === 'Redis: database 5 does not exist.')
    await expect(put(store)).rejects.toMatchObject({ code: 'USSD_MISCONFIGURED' })
    await other.stop()
    const again = await startRedisServer({ port: server.port, dir: server.dir })
    undo.push(() => again.stop())
    await until(async () => (await put(store)).kind === 'conflict')
  })

  it('is not replaced by database 0 when SELECT is answered after its timeout', async () => {
    // This server answers SELECT only after the client timed out and continues with INFO.
    const sockets = new Set<Socket>()
    let infos = 0
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        const text = bytes.toString().toLowerCase()
        // HELLO, SELECT and three CLIENT commands arrive together.
        if (text.includes('select')) socket.write('+OK\r\n')
        else if (text.includes('info')) {
          infos += 1
          const info = 'redis_version:7.0.15'
          const late = '-ERR DB index is out of range\r\n+OK\r\n+OK\r\n+OK\r\n'
          socket.write(`${late}$${info.length}\r\n${info}\r\n`)
        }
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    undo.push(async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const client = createRedisClient({ url: `redis://127.0.0.1:${port}/9` }, { commandTimeoutMs: 100 })
    undo.push(() => client.close())
    while (sockets.size < 3) expect(await client.whenReady(10)).toBe(false)
    expect(infos).toBe(0)
  })
})

describe('a probe of a cluster', () => {
  it('avoids a master with a wrong eviction policy, and passes while another is usable', async () => {
    const cluster = await startRedisCluster({ masters: 3, replicasEach: 0 })
    undo.push(() => cluster.stop())
    const { client, probe, store } = open({ clusterNodes: cluster.addresses })
    await client.whenReady(30_000)
    expect(await probe.check()).toBeUndefined()
    expect([...(await probe.run()).keys()].toSorted()).toEqual([...cluster.addresses].toSorted())

    const [first, ...others] = cluster.masters
    await first?.admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    expect(await probe.check()).toBeUndefined()
    const outcomes = await Promise.all(
      Array.from({ length: 256 }, (_, bucket) =>
        put(store, bucket).then(
          () => 'ok',
          (error: Error) => error.message,
        ),
      ),
    )
    const rejected = outcomes.filter((outcome) => outcome !== 'ok')
    expect(new Set(rejected)).toEqual(new Set([expect.stringContaining('maxmemory-policy is allkeys-lru')]))
    expect([rejected.length > 0, rejected.length < 256]).toEqual([true, true])
    expect((await first?.admin.keys('*'))?.filter((key) => !key.endsWith(':probe'))).toEqual([])

    for (const { admin } of others) await admin.config('SET', 'min-replicas-to-write', '1')
    expect(await probe.check()).toMatch(
      /^Redis: (maxmemory-policy is allkeys-lru|writes are rejected \(NOREPLICAS\))/,
    )
    await first?.admin.config('SET', 'maxmemory-policy', 'noeviction')
    expect(await probe.check()).toBeUndefined()
    for (const { admin } of cluster.masters) await admin.acl('SETUSER', 'default', '-asking')
    expect(await probe.check()).toBe('Redis: the user may not run ASKING: allow it in the ACL.')
  }, 60_000)
})

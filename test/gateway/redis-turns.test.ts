import project from '../../menus/index.ts'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import type { Answer } from '../../src/gateway/ports.ts'
import { sessionName } from '../../src/gateway/records/records.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { createRedisClient } from '../../src/store/redis/client.ts'
import type { RedisClient } from '../../src/store/redis/client.ts'
import { createRedisStore } from '../../src/store/redis/store.ts'
import { assemble, dialogue } from '../support/gateway.ts'
import { startProxy } from '../support/redis/proxy.ts'
import type { Proxy } from '../support/redis/proxy.ts'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'

const msisdn = '+375291234567'
const unavailable: Answer = { text: systemMessages.unavailable.ru, waits: false }
const isUnavailable = ({ text }: Answer) => Object.values<string>(systemMessages.unavailable).includes(text)

/** Records the commands that a connection sends during an action. */
async function watchCommands(url: string, redis: Redis) {
  const spy = new Redis(url)
  const monitor = await spy.monitor()
  const [, ours] = / addr=(\S+) /.exec(String(await redis.client('INFO'))) ?? []
  const sent: string[][] = []
  monitor.on('monitor', (_time: string, args: string[], source: string) => {
    if (source === ours) sent.push(args)
  })
  /** Resolves when the monitor has reported every command sent so far. */
  const drained = async () => {
    const mark = `mark-${Math.random()}`
    let hear: (time: string, args: string[]) => void = () => {}
    const marked = new Promise<void>((resolve) => {
      hear = (_time, args) => void (args[1] === mark && resolve())
    })
    monitor.on('monitor', hear)
    await redis.echo(mark)
    await marked
    monitor.off('monitor', hear)
  }
  return {
    async sentBy(act: () => Promise<unknown>): Promise<string[]> {
      await drained()
      sent.length = 0
      await act()
      await drained()
      // The last command is the marker.
      return sent.slice(0, -1).map(([command]) => String(command).toLowerCase())
    },
    stop() {
      monitor.disconnect()
      spy.disconnect()
    },
  }
}

describe('a turn over Redis', () => {
  let server: RedisServer
  let client: RedisClient
  let redis: Redis
  let gateway: ReturnType<typeof assemble>
  beforeAll(async () => {
    server = await startRedisServer()
    client = createRedisClient({ url: server.url }, { commandTimeoutMs: 5000 })
    await client.whenReady(10_000)
    redis = client.redis as Redis
    gateway = assemble(createRedisStore({ client }))
    await gateway.register(msisdn, { puk1: '12345678' })
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })

  it('sends two commands to Redis, and one for a duplicate', async () => {
    const watched = await watchCommands(server.url, redis)
    const phone = dialogue(gateway, msisdn)
    // The first use of a script on a connection sends its source.
    await dialogue(gateway, msisdn).dial('*141*3*6#')
    expect(await watched.sentBy(() => phone.dial('*141*0#'))).toEqual(['evalsha', 'evalsha'])
    expect(await watched.sentBy(() => phone.type('123'))).toEqual(['evalsha', 'evalsha'])
    expect(await watched.sentBy(() => phone.type('80291'))).toEqual(['evalsha', 'evalsha'])
    expect(await watched.sentBy(() => phone.type('80291'))).toEqual(['evalsha', 'evalsha'])
    expect(await watched.sentBy(() => gateway.gateway.turn(phone.lastCallback()))).toEqual(['evalsha'])
    watched.stop()
  })

  it('waits for a replica in the round trip of the commit, and in a separate one for a duplicate', async () => {
    const replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(server.port)] })
    const waiting = assemble(createRedisStore({ client, replicas: 1, replicaTimeoutMs: 4000 }))
    try {
      while (!(await redis.info('replication')).includes('state=online')) await sleep(20)
      const watched = await watchCommands(server.url, redis)
      const phone = dialogue(waiting, msisdn)
      await dialogue(waiting, msisdn).dial('*141*3*6#')
      const turn = ['evalsha', 'evalsha', 'wait']
      expect(await watched.sentBy(() => phone.dial('*141*3*6#'))).toEqual(turn)
      expect(await watched.sentBy(() => phone.type('1'))).toEqual(turn)
      expect(await watched.sentBy(() => phone.type('7'))).toEqual(turn)
      expect(await watched.sentBy(() => waiting.gateway.turn(phone.lastCallback()))).toEqual(turn)
      watched.stop()
    } finally {
      await replica.stop()
    }
  })

  it('sets a TTL on every session, and on no permanent record', async () => {
    await dialogue(gateway, msisdn).dial('*141*3*6#')
    const keys = await redis.keys('*')
    const lasting = (await Promise.all(keys.map(async (key) => [key, await redis.pttl(key)] as const)))
      .filter(([, ttlMs]) => ttlMs === -1)
      .map(([key]) => key.replace(/^ussd:\{b\d+\}:/, ''))
    expect(lasting.toSorted()).toEqual(['journal', 'subscriber:375291234567'])
    expect(keys.filter((key) => key.includes(':session:')).length).toBeGreaterThan(0)
  })

  it('keeps a session for ten minutes after it expires or ends', async () => {
    const phone = dialogue(gateway, msisdn)
    const ttlMs = async () => {
      const name = sessionName('test', msisdn, phone.sessionId)
      return redis.pttl((await redis.keys(`*:${name}`))[0] ?? '')
    }
    await phone.dial('*141*3*6#')
    expect(await ttlMs()).toBeGreaterThan(900_000 + 500_000)
    expect(await ttlMs()).toBeLessThanOrEqual(900_000 + 600_000)
    await phone.type('0')
    expect(await ttlMs()).toBeGreaterThan(500_000)
    expect(await ttlMs()).toBeLessThanOrEqual(600_000)
  })

  it('begins the dialogue again when the record of its session is gone', async () => {
    const phone = dialogue(gateway, msisdn)
    await phone.dial('*141*3*6#')
    for (const key of await redis.keys('*:session:*')) await redis.del(key)
    // A text without a session is a deep dial (decision 0054), which stops in front of a confirmation.
    expect((await phone.type('1')).text).toMatch(/^Access to self-care is open\n/)
  })

  it('ends politely on a foreign record, and does not overwrite it', async () => {
    const [key] = await redis.keys('*:subscriber:375291234567')
    const before = await redis.get(key ?? '')
    for (const broken of ['no version', `${'1'.repeat(16)}|{"language":"xx"}`]) {
      await redis.set(key ?? '', broken)
      expect(await dialogue(gateway, msisdn).dial('*141*0#')).toEqual(unavailable)
      expect(gateway.reports.at(-1)).toMatchObject({ fault: 'USSD_RECORD_CORRUPT' })
      expect(await redis.get(key ?? '')).toBe(broken)
    }
    await redis.set(key ?? '', before ?? '')
  })
})

describe('a turn while Redis is down', () => {
  let server: RedisServer
  let proxy: Proxy
  let client: RedisClient
  let gateway: ReturnType<typeof assemble>
  beforeEach(async () => {
    server = await startRedisServer()
    proxy = await startProxy(server.port)
    client = createRedisClient({ url: `redis://127.0.0.1:${proxy.port}` })
    await client.whenReady(10_000)
    gateway = assemble(createRedisStore({ client }), { turnBudgetMs: 2000 })
    // Registration hashes, so on a busy machine the first try may find the store slow.
    await eventually(() => gateway.register(msisdn, { puk1: '12345678' }))
  })
  afterEach(async () => {
    server.thaw()
    await client.close()
    await proxy.close()
    await server.stop()
  })

  async function eventually<T>(what: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await what()
      } catch (error) {
        if (tries === 100) throw error
        await new Promise((resolve) => void setTimeout(resolve, 50))
      }
    }
  }

  /** Dials until the gateway serves the code. */
  const heals = () =>
    eventually(async () => {
      const answer = await dialogue(gateway, msisdn).dial('*141*3*6#')
      if (isUnavailable(answer)) throw new Error('still unavailable')
      return answer
    })

  /** A dialogue one reply before it closes access. */
  async function atConfirmation() {
    const phone = dialogue(gateway, msisdn)
    await eventually(async () => {
      if (!(await phone.dial('*141*3*6#')).waits) throw new Error('not served')
    })
    const asked = await phone.type('1')
    expect(asked.text).toMatch(/^Close access/)
    return phone
  }

  const accessNow = () => eventually(async () => (await gateway.subscribers.get(msisdn))?.access)

  it('is answered when Redis is killed, and turns resume when it returns', async () => {
    const phone = await atConfirmation()
    await server.kill()
    expect(await phone.type('2')).toEqual(unavailable)
    const again = await startRedisServer({ port: server.port })
    await gateway.gateway.turn(phone.lastCallback())
    // The new server is empty, so a recovered gateway answers that the number is not registered.
    expect((await heals()).text).toBe(project.messages.notServed['ru'])
    await again.stop()
  })

  it('is answered when nothing listens at the address of Redis', async () => {
    const nowhere = createRedisClient({ url: `redis://127.0.0.1:${await closedPort()}` })
    const lost = assemble(createRedisStore({ client: nowhere }), { turnBudgetMs: 2000 })
    expect(await dialogue(lost, msisdn).dial('*141*0#')).toEqual(unavailable)
    expect(lost.reports.at(-1)).toMatchObject({ outcome: 'unavailable', fault: 'USSD_STORE_UNAVAILABLE' })
    await nowhere.close()
  })

  it('is answered when Redis is frozen, and is not committed after the thaw', async () => {
    const phones = []
    for (let at = 0; at < 16; at++) phones.push(await atConfirmation())
    server.freeze()
    const answers = await Promise.all(phones.map((phone) => phone.type('2')))
    expect(answers).toEqual(answers.map(() => unavailable))
    server.thaw()
    await heals()
    expect(await accessNow()).toBe('open')
  })

  it('is answered when the network drops everything, and recovers on a new connection', async () => {
    const phone = await atConfirmation()
    proxy.inject({ kind: 'blackHole' })
    expect(await phone.type('2')).toEqual(unavailable)
    proxy.inject({ kind: 'pass' })
    expect((await heals()).text).toMatch(/^Access to self-care/)
  })

  it('gets the committed answer when only the answer of the commit is lost', async () => {
    const phone = await atConfirmation()
    // The load passes, the commit succeeds, its answer is lost, and the network recovers.
    proxy.inject({ kind: 'resetOnReply', after: 1, times: 1 })
    expect((await phone.type('2')).text).toMatch(/^Access is closed/)
    const closed = await gateway.journalOf(msisdn)
    expect(closed.filter((change) => change === 'access-closed')).toHaveLength(1)
  })

  it('commits once when every answer is lost for a while', async () => {
    const phone = await atConfirmation()
    proxy.inject({ kind: 'resetOnReply' })
    await phone.type('2')
    proxy.inject({ kind: 'pass' })
    const answer = await eventually(async () => {
      const again = await gateway.gateway.turn(phone.lastCallback())
      if (isUnavailable(again)) throw new Error('still unavailable')
      return again
    })
    expect(answer.text).toMatch(/^Access is closed/)
    expect(await accessNow()).toBe('closed-by-subscriber')
    const closed = await eventually(() => gateway.journalOf(msisdn))
    expect(closed.filter((change) => change === 'access-closed')).toHaveLength(1)
  })

  async function closedPort(): Promise<number> {
    const { createServer } = await import('node:net')
    const listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as { port: number }
    listener.close()
    await once(listener, 'close')
    return port
  }
})

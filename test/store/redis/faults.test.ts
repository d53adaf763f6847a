import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import type { Store } from '../../../src/gateway/ports.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { startProxy, type Proxy } from '../../support/redis/proxy.ts'
import { freePort, startRedisServer, type RedisServer } from '../../support/redis/redis-server.ts'

const bucket = 1
const name = 'subscriber:1'

/** What a test started, undone in reverse order, also when it failed. */
let undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.toReversed()) await step()
  undo = []
})

async function serve(port?: number): Promise<RedisServer> {
  const server = await startRedisServer(port === undefined ? {} : { port })
  undo.push(() => server.stop())
  return server
}

/** A server that takes what it is sent and never answers. */
async function listen(take: (bytes: Buffer) => void): Promise<AddressInfo> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', take).on('error', () => {})
  }).listen(0, '127.0.0.1')
  undo.push(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server, 'listening')
  return server.address() as AddressInfo
}

/** A store with the settings of production. */
function connect(port: number): { store: Store; client: RedisClient } {
  const client = createRedisClient({ url: `redis://127.0.0.1:${port}` })
  const store = createRedisStore({ client })
  undo.push(() => store.close())
  return { store, client }
}

const put = (store: Store, value: string, deadlineMs = Infinity) =>
  store.commit({
    bucket,
    changes: [{ name, expectedVersion: undefined, write: { kind: 'put', value } }],
    journal: [value],
    deadlineMs,
  })

/** Everything a store does rejects as unavailable, within a time that is generous for 400 ms and short for a hang. */
async function expectUnavailable(store: Store): Promise<void> {
  const limit = new AbortController()
  const hung = sleep(8000, 'hung', { signal: limit.signal }).catch(() => 'in time')
  const unavailable = expect.objectContaining({ code: 'USSD_STORE_UNAVAILABLE' })
  const answers = [
    store.load(bucket, [name]),
    put(store, 'unavailable', 0),
    store.readJournal(bucket, undefined, 1),
    store.ping(),
  ].map((answer) => Promise.race([answer.catch((error: unknown) => error), hung]))
  expect(await Promise.all(answers)).toEqual(answers.map(() => unavailable))
  limit.abort()
}

/** Resolves when the store serves again. The test's own time limit bounds it. */
async function heal(store: Store): Promise<void> {
  while (
    !(await store.ping().then(
      () => true,
      () => false,
    ))
  )
    await sleep(5)
}

describe('the Redis store', () => {
  it('is unavailable at once while nothing listens, and serves when something does', async () => {
    const port = await freePort()
    const { store, client } = connect(port)
    await expectUnavailable(store)
    expect(await client.whenReady(0)).toBe(false)
    while (client.lastFault() === undefined) await sleep(1)
    expect(client.lastFault()).toBe('ECONNREFUSED')
    await serve(port)
    expect(await client.whenReady(10_000)).toBe(true)
    expect(client.lastFault()).toBeUndefined()
    expect(await put(store, 'a')).toMatchObject({ kind: 'ok' })
  })

  it('is unavailable when Redis is killed, and serves when it is back', async () => {
    const server = await serve()
    const { store } = connect(server.port)
    await heal(store)
    server.freeze()
    const waiting = put(store, 'a').catch((error: unknown) => error)
    await server.kill()
    expect(await waiting).toMatchObject({ code: 'USSD_STORE_UNAVAILABLE' })
    await expectUnavailable(store)
    await serve(server.port)
    await heal(store)
    expect(await put(store, 'b')).toMatchObject({ kind: 'ok' })
  })

  it('never commits what it refused while Redis was frozen', async () => {
    const server = await serve()
    const { store, client } = connect(server.port)
    await heal(store)
    const watching = new Redis(server.url)
    undo.push(async () => watching.disconnect())
    await watching.ping()
    const { nowMs } = await store.load(bucket, [])
    const executed = async () =>
      Number(/cmdstat_eval(?:sha)?:calls=(\d+)[^]*/.exec(await watching.info('commandstats'))?.[1] ?? 0)
    const before = await executed()

    server.freeze()
    const refused = await put(store, 'late', nowMs + 1).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'USSD_STORE_UNAVAILABLE',
      message: expect.stringMatching(/timeout$/),
    })
    server.thaw()

    // The command was in the socket all the time, and runs now.
    while ((await executed()) === before) await sleep(1)
    await heal(store)
    expect((await store.load(bucket, [name])).records).toEqual([undefined])
    expect(await store.readJournal(bucket, undefined, 10)).toEqual([])
    expect(await put(store, 'in time')).toMatchObject({ kind: 'ok' })
    expect(client.lastFault()).toBeUndefined()
  })

  it('stays unavailable while Redis is frozen, and serves when it is thawed', async () => {
    const server = await serve()
    const { store } = connect(server.port)
    await heal(store)
    server.freeze()
    await expectUnavailable(store)
    await expectUnavailable(store)
    server.thaw()
    await heal(store)
    expect(await put(store, 'a')).toMatchObject({ kind: 'ok' })
  })

  it('closes while Redis is frozen', async () => {
    const server = await serve()
    const { store } = connect(server.port)
    await heal(store)
    server.freeze()
    await store.close()
    await expectUnavailable(store)
  })

  it('closes while nothing listens', async () => {
    const { store } = connect(await freePort())
    await store.close()
    await expectUnavailable(store)
  })

  it('is unavailable while a port takes connections and never answers', async () => {
    const { port } = await listen(() => {})
    const { store, client } = connect(port)
    await expectUnavailable(store)
    expect(await client.whenReady(0)).toBe(false)
    while (client.lastFault() === undefined) await sleep(1)
    expect(client.lastFault()).toBe('timeout')
  })

  it('speaks TLS to a rediss: address', async () => {
    let greet: (bytes: Buffer) => void = () => {}
    const greeting = new Promise<Buffer>((resolve) => (greet = resolve))
    const { port } = await listen((bytes) => greet(bytes))
    const client = createRedisClient({ url: `rediss://user:p4ssword@localhost:${port}` })
    undo.push(() => client.close())
    const bytes = await greeting
    expect([...bytes.subarray(0, 2)]).toEqual([0x16, 0x03])
    expect(bytes.includes('localhost')).toBe(true)
    expect(bytes.includes('p4ssword')).toBe(false)
  })
})

describe('the Redis store behind a faulty network', () => {
  let server: RedisServer
  let proxy: Proxy
  let store: Store

  beforeEach(async () => {
    server = await serve()
    proxy = await startProxy(server.port)
    undo.push(() => proxy.close())
    ;({ store } = connect(proxy.port))
    await heal(store)
  })

  it('gives up a live connection that has become a black hole, and serves over a new one', async () => {
    proxy.become({ kind: 'blackHole' })
    await expectUnavailable(store)
    await expectUnavailable(store)
    proxy.become({ kind: 'pass' })
    await heal(store)
    expect(await put(store, 'a')).toMatchObject({ kind: 'ok' })
  })

  it('runs a commit once whose answer was lost, and loading tells that it ran', async () => {
    proxy.become({ kind: 'resetOnReply' })
    await expect(put(store, 'a')).rejects.toMatchObject({ code: 'USSD_STORE_UNAVAILABLE' })
    proxy.become({ kind: 'pass' })
    await heal(store)
    expect((await store.load(bucket, [name])).records).toMatchObject([{ value: 'a' }])
    expect(await store.readJournal(bucket, undefined, 10)).toMatchObject([{ entry: 'a' }])
    expect(await put(store, 'a')).toEqual({ kind: 'conflict' })
  })

  it('waits for an answer that is slow but in time, and gives up on one that is not', async () => {
    proxy.become({ kind: 'delay', delayMs: 10 })
    expect(await put(store, 'a')).toMatchObject({ kind: 'ok' })
    proxy.become({ kind: 'delay', delayMs: 5000 })
    await expectUnavailable(store)
    proxy.become({ kind: 'pass' })
    await heal(store)
    expect((await store.load(bucket, [name])).records).toMatchObject([{ value: 'a' }])
  })
})

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

/** Clean-up steps of a test, run in reverse order even if it failed. */
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

/** Starts a server that reads and never replies. */
async function listen(onData: (bytes: Buffer) => void): Promise<AddressInfo> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', onData).on('error', () => {})
  }).listen(0, '127.0.0.1')
  undo.push(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server, 'listening')
  return server.address() as AddressInfo
}

/** Opens a store with production settings. */
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

/** Expects every operation to reject as unavailable, in a time that is generous for 400 ms and short for a hang. */
async function expectUnavailable(store: Store): Promise<void> {
  const limit = new AbortController()
  const hung = sleep(8000, 'hung', { signal: limit.signal }).catch(() => 'in time')
  const unavailable = expect.objectContaining({ code: 'USSD_STORE_UNAVAILABLE' })
  const results = [
    store.load(bucket, [name]),
    put(store, 'unavailable', 0),
    store.readJournal(bucket, undefined, 1),
    store.ping(),
  ].map((result) => Promise.race([result.catch((error: unknown) => error), hung]))
  expect(await Promise.all(results)).toEqual(results.map(() => unavailable))
  limit.abort()
}

/** Resolves when the store is available. The test's own timeout limits it. */
async function untilAvailable(store: Store): Promise<void> {
  while (
    !(await store.ping().then(
      () => true,
      () => false,
    ))
  )
    await sleep(5)
}

describe('the Redis store', () => {
  it('is unavailable at once while nothing listens, and recovers', async () => {
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

  it('is unavailable after Redis is killed, and recovers after a restart', async () => {
    const server = await serve()
    const { store } = connect(server.port)
    await untilAvailable(store)
    server.freeze()
    const waiting = put(store, 'a').catch((error: unknown) => error)
    await server.kill()
    expect(await waiting).toMatchObject({ code: 'USSD_STORE_UNAVAILABLE' })
    await expectUnavailable(store)
    await serve(server.port)
    await untilAvailable(store)
    expect(await put(store, 'b')).toMatchObject({ kind: 'ok' })
  })

  it('never applies a commit that timed out while Redis was frozen', async () => {
    const server = await serve()
    const { store, client } = connect(server.port)
    await untilAvailable(store)
    const watching = new Redis(server.url)
    undo.push(async () => watching.disconnect())
    await watching.ping()
    const { nowMs } = await store.load(bucket, [])
    const executed = async () =>
      Number(/cmdstat_eval(?:sha)?:calls=(\d+)[^]*/.exec(await watching.info('commandstats'))?.[1] ?? 0)
    const before = await executed()

    server.freeze()
    const timedOut = await put(store, 'late', nowMs + 1).catch((error: unknown) => error)
    expect(timedOut).toMatchObject({
      code: 'USSD_STORE_UNAVAILABLE',
      message: expect.stringMatching(/timeout$/),
    })
    server.thaw()

    // The command was in the socket buffer and runs now.
    while ((await executed()) === before) await sleep(1)
    await untilAvailable(store)
    expect((await store.load(bucket, [name])).records).toEqual([undefined])
    expect(await store.readJournal(bucket, undefined, 10)).toEqual([])
    expect(await put(store, 'in time')).toMatchObject({ kind: 'ok' })
    expect(client.lastFault()).toBeUndefined()
  })

  it('stays unavailable while Redis is frozen, and recovers', async () => {
    const server = await serve()
    const { store } = connect(server.port)
    await untilAvailable(store)
    server.freeze()
    await expectUnavailable(store)
    await expectUnavailable(store)
    server.thaw()
    await untilAvailable(store)
    expect(await put(store, 'a')).toMatchObject({ kind: 'ok' })
  })

  it('closes while Redis is frozen', async () => {
    const server = await serve()
    const { store } = connect(server.port)
    await untilAvailable(store)
    server.freeze()
    await store.close()
    await expectUnavailable(store)
  })

  it('closes while nothing listens', async () => {
    const { store } = connect(await freePort())
    await store.close()
    await expectUnavailable(store)
  })

  it('is unavailable while a server accepts connections and never replies', async () => {
    const { port } = await listen(() => {})
    const { store, client } = connect(port)
    await expectUnavailable(store)
    expect(await client.whenReady(0)).toBe(false)
    while (client.lastFault() === undefined) await sleep(1)
    expect(client.lastFault()).toBe('timeout')
  })

  it('uses TLS and SNI for a rediss: address', async () => {
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
    await untilAvailable(store)
  })

  it('drops a connection that has become a black hole, and recovers on a new one', async () => {
    proxy.inject({ kind: 'blackHole' })
    await expectUnavailable(store)
    await expectUnavailable(store)
    proxy.inject({ kind: 'pass' })
    await untilAvailable(store)
    expect(await put(store, 'a')).toMatchObject({ kind: 'ok' })
  })

  it('applies a commit once when its reply was lost, as a load shows', async () => {
    proxy.inject({ kind: 'resetOnReply' })
    await expect(put(store, 'a')).rejects.toMatchObject({ code: 'USSD_STORE_UNAVAILABLE' })
    proxy.inject({ kind: 'pass' })
    await untilAvailable(store)
    expect((await store.load(bucket, [name])).records).toMatchObject([{ value: 'a' }])
    expect(await store.readJournal(bucket, undefined, 10)).toMatchObject([{ entry: 'a' }])
    expect(await put(store, 'a')).toEqual({ kind: 'conflict' })
  })

  it('waits for a slow reply, and times out on a reply that is too slow', async () => {
    proxy.inject({ kind: 'delay', delayMs: 10 })
    expect(await put(store, 'a')).toMatchObject({ kind: 'ok' })
    proxy.inject({ kind: 'delay', delayMs: 5000 })
    await expectUnavailable(store)
    proxy.inject({ kind: 'pass' })
    await untilAvailable(store)
    expect((await store.load(bucket, [name])).records).toMatchObject([{ value: 'a' }])
  })
})

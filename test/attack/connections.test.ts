/** Connections that exhaust resources: idle, unread, pipelined, endless. Valid callbacks are still served. */
import project from '../../menus/index.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import express, { Router } from 'express'
import { EventEmitter, once } from 'node:events'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { dialects } from '../../src/dialects/index.ts'
import { createApp } from '../../src/http/app.ts'
import { trust } from '../../src/http/connections.ts'
import type { ConnectionLimits } from '../../src/http/connections.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { sendRaw } from '../support/attack.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const { numbering } = project

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

/** A client's connection, and the server's end of it. */
interface Pair {
  readonly client: Socket
  readonly served: Socket
  /** Resolves with all received text when the server closes the connection. */
  readonly closed: Promise<string>
  /** Sends a request and resolves with the next chunk, or `closed`. */
  ask(request: string): Promise<string>
}

async function open(server: Server): Promise<Pair> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  // The tests provoke resets during a write.
  client.setEncoding('utf8').on('error', () => {})
  let received = ''
  client.on('data', (text: string) => (received += text))
  const closed = new Promise<string>((resolve) => client.on('close', () => resolve(received)))
  const [served] = (await once(server, 'connection')) as [Socket]
  return {
    client,
    served,
    closed,
    async ask(request) {
      client.write(request)
      const answered = once(client, 'data').then(([text]) => String(text))
      return Promise.race([answered, closed.then(() => 'closed')])
    },
  }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`

/** Creates an app whose requests to `/held` wait for `release`. */
function createHeld() {
  const app = express()
  const begun = new EventEmitter()
  const held: (() => void)[] = []
  app.get('/quick', (_request, response) => void response.send('quick'))
  app.get('/trusted', (request, response) => {
    trust(request.socket)
    response.send('trusted')
  })
  app.get('/held', (_request, response) => {
    held.push(() => void response.send('held'))
    begun.emit('held')
  })
  return { app, begun, release: () => held.splice(0).forEach((each) => each()) }
}

async function serveHeld(limits: Partial<ConnectionLimits>) {
  const held = createHeld()
  const server = createHttpServer(held.app, limits)
  await listen(server)
  return { ...held, server }
}

describe('a keep-alive connection', () => {
  it.each([
    ['one request at a time', 1],
    ['pipelined', 10],
  ])('does not accumulate listeners, %s', async (_how, atOnce) => {
    const { server } = await serveHeld({})
    const pair = await open(server)
    const counts: number[] = []
    for (let round = 0; round < 40; round++) {
      expect(await pair.ask(get('/quick').repeat(atOnce))).toMatch(/200 OK/)
      counts.push(pair.served.listenerCount('close'))
    }
    expect(Math.max(...counts)).toBeLessThan(5)
  })
})

describe('an untrusted connection beyond the limit', () => {
  it('replaces the connection that has been idle the longest, never a busy one', async () => {
    const { server, begun, release } = await serveHeld({ untrusted: 3 })
    const [busy, first, second] = [await open(server), await open(server), await open(server)]
    busy.client.write(get('/held'))
    await once(begun, 'held')
    expect(await second.ask(get('/quick'))).toMatch(/200 OK/)
    expect(await first.ask(get('/quick'))).toMatch(/200 OK/)
    const third = await open(server)
    expect(await second.closed).toMatch(/quick$/)
    expect(await first.ask(get('/quick'))).toMatch(/200 OK/)
    expect(await third.ask(get('/quick'))).toMatch(/200 OK/)
    release()
    expect(String(await once(busy.client, 'data'))).toMatch(/held$/)
  })

  it('replaces the connection with the oldest request when none is idle', async () => {
    const { server, begun } = await serveHeld({ untrusted: 2 })
    const [first, second] = [await open(server), await open(server)]
    for (const each of [second, first]) {
      each.client.write(get('/held'))
      await once(begun, 'held')
    }
    const third = await open(server)
    expect(await second.closed).toBe('')
    expect(await third.ask(get('/quick'))).toMatch(/200 OK/)
    expect(first.served.destroyed).toBe(false)
  })

  it('never replaces a trusted connection, which has a separate limit', async () => {
    const { server } = await serveHeld({ untrusted: 2, trusted: 2 })
    const friends = [await open(server), await open(server)]
    for (const each of friends) expect(await each.ask(get('/trusted'))).toMatch(/200 OK/)
    const strangers: Pair[] = []
    while (strangers.length < 10) strangers.push(await open(server))
    await Promise.all(strangers.slice(0, 8).map(({ closed }) => closed))
    for (const each of friends.toReversed()) expect(await each.ask(get('/quick'))).toMatch(/200 OK/)
    expect(await strangers.at(-1)?.ask(get('/trusted'))).toMatch(/200 OK/)
    // friends[0] sent the last request, so friends[1] has been idle the longest.
    expect(await friends[1]?.closed).toMatch(/quick$/)
    expect(await friends[0]?.ask(get('/quick'))).toMatch(/200 OK/)
  })
})

describe('a flood of idle connections', () => {
  const form = 'sessionId=1&phoneNumber=%2B375291234567&serviceCode=*141%23&text='
  const posting = (authorization: string) =>
    `POST /ussd/africastalking HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}` +
    `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`

  it.each([
    ['with a token', 'sesame', 'Authorization: Bearer sesame\r\n'],
    ['without a token', undefined, ''],
  ])('does not block callbacks on old or new connections, %s', async (_name, token, authorization) => {
    const routes = [Router().get('/healthz', (_request, response) => void response.send('ok'))]
    const gateway = {
      tryShed: () => undefined,
      turn: async () => ({ text: 'Hello', waits: false }),
      refuse: () => ({ text: '', waits: false }),
      end: async () => {},
    }
    const app = createApp({
      gateway,
      numbering,
      dialects,
      callbackToken: token,
      routes,
      reportFault: () => {},
    })
    const server = createHttpServer(app, { untrusted: 8, trusted: 8 })
    await listen(server)
    const old = await open(server)
    expect(await old.ask(posting(authorization))).toMatch(/END Hello$/)
    let opened = 0
    const flood = async () => {
      const idle = await open(server)
      opened += 1
      await idle.ask(get('/healthz'))
      return idle
    }
    for (let round = 0; round < 5; round += 1) {
      const idle: Pair[] = []
      while (idle.length < 16) idle.push(await flood())
      expect(await old.ask(posting(authorization))).toMatch(/END Hello$/)
      const newcomer = await open(server)
      expect(await newcomer.ask(posting(authorization))).toMatch(/END Hello$/)
      await Promise.all(idle.slice(0, 8).map(({ closed }) => closed))
    }
    expect(opened).toBe(80)
  })

  it('displaces connections without a valid token only', async () => {
    const app = createApp({
      gateway: {
        tryShed: () => undefined,
        turn: async () => ({ text: '', waits: false }),
        refuse: () => ({ text: '', waits: false }),
        end: async () => {},
      },
      numbering,
      dialects,
      callbackToken: 'sesame',
      routes: [],
      reportFault: () => {},
    })
    const server = createHttpServer(app, { untrusted: 2, trusted: 2 })
    await listen(server)
    const stranger = await open(server)
    expect(await stranger.ask(posting('Authorization: Bearer wrong\r\n'))).toMatch(/ 401 /)
    const friend = await open(server)
    const malformed = posting('Authorization: Bearer sesame\r\n').replace('sessionId', 'sessionID')
    expect(await friend.ask(malformed)).toMatch(/ 400 /)
    await open(server)
    await open(server)
    expect(await stranger.closed).toMatch(/ 401 /)
    await open(server)
    expect(await friend.ask(malformed)).toMatch(/ 400 /)
  })
})

describe('pipelined requests', () => {
  it('are served one at a time, in order', async () => {
    let inFlight = 0
    let maxInFlight = 0
    const app = express()
    app.post('/:n', async (request, response) => {
      maxInFlight = Math.max(maxInFlight, ++inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      let body = ''
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
      inFlight -= 1
      response.send(`${request.params.n}:${body};`)
    })
    // Fewer than are written, more than one chunk holds: reading pauses while requests wait.
    const server = createHttpServer(app, { waiting: 200 })
    await listen(server)
    const { client, closed } = await open(server)
    const long = 'x'.repeat(700)
    const count = 1500
    const post = (n: number) =>
      `POST /${n} HTTP/1.1\r\nHost: x\r\nContent-Length: 700\r\n${n === count ? 'Connection: close\r\n' : ''}\r\n${long}`
    client.write(Array.from({ length: count }, (_one, at) => post(at + 1)).join(''))
    const answered = (await closed).match(/\d+:x{700};/g)?.map((each) => Number.parseInt(each, 10))
    expect(answered).toEqual(Array.from({ length: count }, (_one, at) => at + 1))
    expect(maxInFlight).toBe(1)
  })

  it('are dropped after a response that closes the connection', async () => {
    const handled: string[] = []
    const app = express()
    app.post('/:name', (request, response) => {
      handled.push(request.params.name)
      if (request.params.name === 'last') response.set('Connection', 'close')
      response.send(request.params.name)
    })
    const server = createHttpServer(app)
    await listen(server)
    const { client, closed } = await open(server)
    const post = (name: string) => `POST /${name} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`
    client.write(['first', 'last', 'behind', 'behind'].map(post).join(''))
    expect((await closed).match(/^(first|last|behind)/gm)).toEqual(['first', 'last'])
    expect(handled).toEqual(['first', 'last'])
  })

  it('wait up to a limit, beyond which the longest stalled connection is closed', async () => {
    const { server, begun, release } = await serveHeld({ waiting: 20 })
    const [first, second] = [await open(server), await open(server)]
    first.client.write(get('/held') + get('/quick').repeat(15))
    await once(begun, 'held')
    second.client.write(get('/held') + get('/quick').repeat(15))
    await once(begun, 'held')
    expect(await first.closed).toBe('')
    release()
    let answered = ''
    second.client.on('data', (text: string) => (answered += text))
    while ((answered.match(/quick/g)?.length ?? 0) < 15) await once(second.client, 'data')
    expect(answered).toMatch(/held/)
    const third = await open(server)
    third.client.write(get('/held') + get('/quick').repeat(40))
    expect(await third.closed).toBe('')
  })
})

describe('a peer that reads nothing', () => {
  it('gets no further response and times out', async () => {
    const body = Buffer.alloc(1_000_000)
    let begun = 0
    let maxUnsentBytes = 0
    const app = express()
    app.get('/', ({ socket }, response) => {
      begun += 1
      maxUnsentBytes = Math.max(maxUnsentBytes, socket.writableLength)
      response.end(body)
    })
    const server = createHttpServer(app, { stallTimeoutMs: 200 })
    await listen(server)
    const { client, served } = await open(server)
    client.pause()
    client.write(get('/').repeat(999))
    await once(served, 'close')
    // The socket buffers of both ends hold some responses of 1 MB.
    expect(begun).toBeLessThan(100)
    expect(maxUnsentBytes).toBe(0)
  })

  it('does not time out while it waits for a slow route', async () => {
    const { server, begun, release } = await serveHeld({ stallTimeoutMs: 50 })
    const { client, served } = await open(server)
    client.write(get('/held'))
    await once(begun, 'held')
    await once(served, 'timeout')
    await once(served, 'timeout')
    release()
    expect(String(await once(client, 'data'))).toMatch(/held$/)
  })
})

describe('a gateway', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway({ DEMO: 'on', LOG_LEVEL: 'error', ADMIN_TOKEN: 'sesame' })
  })
  afterAll(() => gateway.close('immediate'))

  it('answers 1100 pipelined callbacks, each in the dialect', async () => {
    const callback = (n: number) => {
      const form = `sessionId=many-${n}&phoneNumber=%2B375291234567&serviceCode=*141*3*6%23&text=`
      const last = n === 1099 ? 'Connection: close\r\n' : ''
      return (
        `POST /ussd/africastalking HTTP/1.1\r\nHost: 127.0.0.1\r\n${last}` +
        `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`
      )
    }
    const all = Array.from({ length: 1100 }, (_one, n) => callback(n)).join('')
    const port = Number(new URL(gateway.url).port)
    const { answered } = await sendRaw(port, [all], { quietMs: 20_000, timeoutMs: 60_000 })
    expect(answered.match(/HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\nCON /g)).toHaveLength(1100)
  })

  it.each([
    ['a route that reads JSON', 'POST', '/self-care/sessions', 413],
    ['a route that reads JSON, with a token', 'PUT', '/subscribers/+375291234567', 413],
    ['a route that rejects', 'PUT', '/subscribers/+375291234568', 401],
    ['a route that reads nothing', 'GET', '/healthz', 200],
    ['an unknown route', 'POST', '/nowhere', 404],
    ['a callback', 'POST', '/ussd/africastalking', 413],
    ['an unknown dialect', 'POST', '/ussd/telegraph', 404],
    ['a phone', 'POST', '/handsets/+375291234567', 413],
  ])('stops reading an endless body: %s', async (_what, method, path, status) => {
    const { client, served, closed } = await open(gateway.server)
    const token = status === 401 ? '' : 'Authorization: Bearer sesame\r\n'
    client.write(
      `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${token}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const write = () => {
      while (!client.destroyed && client.write(chunk));
    }
    client.on('drain', write)
    write()
    await once(served, 'close')
    client.destroy()
    // A reset may lose the response.
    expect((await closed).slice(0, 12)).toMatch(new RegExp(`^(HTTP/1.1 ${status})?$`))
    expect(served.bytesRead).toBeLessThan(10_000_000)
  })

  it('answers 413 to a body slightly over the limit and keeps the connection', async () => {
    const pair = await open(gateway.server)
    const large = (length: number) =>
      `POST /self-care/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n` +
      'x'.repeat(length)
    for (const length of [5000, 200_000, 4097])
      expect(await pair.ask(large(length))).toMatch(/^HTTP\/1\.1 413 /)
    expect(await pair.ask(get('/healthz'))).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('a body that no route reads', () => {
  it('stays unread while the route works', async () => {
    const { server, begun, release } = await serveHeld({})
    const { client, served } = await open(server)
    client.write('GET /held HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    await once(begun, 'held')
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    for (let n = 0; n < 150; n += 1) client.write(chunk)
    // Enough turns of the event loop to read all of it.
    for (let n = 0; n < 500; n += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(served.bytesRead).toBeLessThan(1_000_000)
    release()
    client.resume()
    await once(served, 'close')
  })
})

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import express from 'express'
import type { ErrorRequestHandler, Express } from 'express'
import { once } from 'node:events'
import http from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createHttpServer } from '../../src/http/server.ts'

/** Creates an app that uses the Express features with the deepest access to requests and responses. */
function createSample(): Express {
  const app = express()
  app.get('/json', (_request, response) => void response.json({ says: 'Да' }))
  app.get('/text', (_request, response) => void response.type('txt').send('Прывітанне'))
  app.get('/redirect', (_request, response) => response.redirect('/json'))
  app.get(
    '/cookie',
    (_request, response) => void response.cookie('a', 'b').append('Vary', 'Accept').sendStatus(202),
  )
  app.get('/accepts', (request, response) =>
    response.format({ json: () => response.json({}), text: () => response.send(String(request.accepts())) }),
  )
  app.get('/request', (request, response) => {
    const { hostname, ip, path, protocol, query, secure, xhr, originalUrl } = request
    const mine = request.get('x-mine')
    response.json({
      hostname,
      ip,
      path,
      protocol,
      query,
      secure,
      xhr,
      originalUrl,
      mine,
      fresh: request.fresh,
    })
  })
  app.post('/echo', express.json(), (request, response) => void response.json(request.body))
  app.get('/fault', () => {
    throw new Error('a route failed')
  })
  app.get('/late-fault', async () => {
    await Promise.resolve()
    throw Object.assign(new Error('not now'), { status: 503, headers: { 'Retry-After': '2' } })
  })
  const router = express.Router()
  router.get(
    '/:name',
    (request, response) => void response.json({ ...request.params, base: request.baseUrl }),
  )
  app.use('/below', router)
  const other = express()
  other.get(
    '/',
    (request, response) => void response.json({ same: request.app === other, up: request.res === response }),
  )
  app.use('/mounted', other)
  const withoutStack: ErrorRequestHandler = (error: Error, _request, _response, next) => {
    // Express prints the stack, which names the classes of the server.
    error.stack = error.message
    next(error)
  }
  app.use(withoutStack)
  return app
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  return (server.address() as AddressInfo).port
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

/** Returns everything that a client sees of a response, except the date. */
async function answerOf(
  server: Server,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
) {
  const port = await portOf(server)
  const request = http.request({
    port,
    method,
    path,
    headers: { Host: 'gateway.test', ...headers },
    agent: false,
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  const { date, ...rest } = response.headers
  expect(date).toBeDefined()
  return { status: response.statusCode, message: response.statusMessage, headers: rest, text }
}

/** Writes raw bytes and resolves with the response when the server closes the connection. */
async function wire(server: Server, written: string): Promise<string> {
  const socket = connect(await portOf(server), '127.0.0.1')
  let answered = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (answered += chunk))
  // The tests provoke resets during a write.
  socket.on('error', () => {})
  socket.write(written)
  await once(socket, 'close')
  return answered
}

describe('a server for an Express app', () => {
  const app = createSample()
  interface Seen {
    readonly request: unknown
    readonly response: unknown
    readonly isNative: boolean
  }
  const inspect = (request: http.IncomingMessage, response: http.ServerResponse): Seen => ({
    request: Object.getPrototypeOf(request),
    response: Object.getPrototypeOf(response),
    isNative: request instanceof http.IncomingMessage && response instanceof http.ServerResponse,
  })
  let inRoute: Seen | undefined
  let onRequest: Seen | undefined
  app.get('/prototypes', (request, response) => {
    inRoute = inspect(request, response)
    response.end()
  })
  const server = createHttpServer(app)
  server.prependListener('request', (request, response) => (onRequest = inspect(request, response)))
  const stock = http.createServer(createSample())
  beforeAll(() => Promise.all([portOf(server), portOf(stock)]))
  afterAll(() => Promise.all([stop(server), stop(stock)]))

  it('creates requests and responses with the prototypes of Express', async () => {
    await answerOf(server, 'GET', '/prototypes', {})
    for (const at of [onRequest, inRoute]) {
      expect(at?.request).toBe(app.request)
      expect(at?.response).toBe(app.response)
      expect(at?.isNative).toBe(true)
    }
    expect(Object.getPrototypeOf(app.request)).toBe(express.request)
    expect(Object.getPrototypeOf(app.response)).toBe(express.response)
    expect(app.request.app).toBe(app)
    expect(app.response.app).toBe(app)
  })

  it.each<[string, string, Record<string, string>?, string?]>([
    ['GET', '/json'],
    ['HEAD', '/json'],
    ['GET', '/json', { 'If-None-Match': '*' }],
    ['GET', '/text'],
    ['HEAD', '/text'],
    ['GET', '/redirect'],
    ['GET', '/redirect', { Accept: 'text/html' }],
    ['GET', '/cookie'],
    ['GET', '/accepts', { Accept: 'text/plain' }],
    ['GET', '/accepts', { Accept: 'image/png' }],
    ['GET', '/request?a=1&a=2&b[c]=3', { 'X-Mine': 'ы', 'X-Forwarded-For': '1.2.3.4' }],
    ['POST', '/echo', { 'Content-Type': 'application/json' }, '{"a":[1]}'],
    ['POST', '/echo', { 'Content-Type': 'application/json' }, '{"a":'],
    ['OPTIONS', '/json'],
    ['GET', '/nowhere'],
    ['DELETE', '/json'],
    ['GET', '/%zz'],
    ['GET', '/fault'],
    ['GET', '/late-fault'],
    ['GET', '/below/one'],
    ['GET', '/mounted'],
  ])('answers %s %s like stock Express', async (method, path, headers = {}, body) => {
    const sent = {
      ...headers,
      ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
    }
    const [ours, theirs] = [
      await answerOf(server, method, path, encoded(sent), body),
      await answerOf(stock, method, path, encoded(sent), body),
    ]
    expect(ours).toEqual(theirs)
  })
})

/** Headers go over the wire as Latin-1. */
const encoded = (headers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  )

describe('the limits of the server', () => {
  const app = express()
  app.post('/', (request, response) => void request.resume().on('end', () => response.send('received')))
  app.get('/', (request, response) => void response.json(Object.keys(request.headers).length))
  const server = createHttpServer(app)
  afterAll(() => stop(server))

  it('suit a public port', () => {
    expect(server).toMatchObject({
      headersTimeout: 3000,
      requestTimeout: 5000,
      keepAliveTimeout: 65_000,
      maxHeadersCount: 50,
      maxConnections: 4096,
      // No limit: Node answers the excess request with an empty 503.
      maxRequestsPerSocket: 0,
      timeout: 10_000,
    })
  })

  it('reject headers of 12 kB with 431', async () => {
    const answered = await wire(server, `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(12_288)}\r\n\r\n`)
    expect(answered).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('reject an address of 12 kB', async () => {
    expect(await wire(server, `GET /${'x'.repeat(12_288)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 4/,
    )
  })

  it('accept headers of 6 kB', async () => {
    const headers = `Host: x\r\nConnection: close\r\nX-Long: ${'x'.repeat(6144)}\r\n`
    expect(await wire(server, `GET / HTTP/1.1\r\n${headers}\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('parse at most 50 headers', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `X-${i}: 1\r\n`).join('')
    const answered = await wire(server, `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${many}\r\n`)
    expect(Number(answered.split('\r\n\r\n')[1])).toBeLessThanOrEqual(50)
  })

  it('reject bytes that are not HTTP', async () => {
    expect(await wire(server, '*141*0#\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  describe('with short timeouts', () => {
    const impatient = createHttpServer(app)
    const firstByteServer = createHttpServer(app, { firstByteTimeoutMs: 100 })
    impatient.headersTimeout = 100
    impatient.requestTimeout = 200
    afterAll(() => Promise.all([stop(impatient), stop(firstByteServer)]))

    it('close a connection that sends nothing', async () => {
      expect(await wire(firstByteServer, '')).toBe('')
    })

    it('close a connection with incomplete headers', async () => {
      const answered = await wire(impatient, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
      expect(answered).toMatch(/^HTTP\/1\.1 408 /)
    })

    it('close a connection with an incomplete body', async () => {
      const answered = await wire(impatient, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc')
      expect(answered).toMatch(/^HTTP\/1\.1 408 /)
    })
  })
})

/** Serves form callbacks on one of the two HTTP layers. The floors and the peers share it. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { parse } from 'node:querystring'
import express from 'express'
import { readBytes } from '../../../../src/http/body.ts'
import { createListener } from '../../../../src/http/listener.ts'
import { createHttpServer } from '../../../../src/http/server.ts'
import type { HttpLayer } from './specs.ts'

export interface Fields {
  readonly sessionId: string
  readonly phoneNumber: string
  readonly serviceCode: string
  readonly text: string
}

type Handle = (fields: Fields) => Promise<string>

const PATH = '/ussd/africastalking'
const BODY_LIMIT_BYTES = 8192

/** Listens on a free loopback port and returns the URL. */
export async function serveForms(layer: HttpLayer, handle: Handle): Promise<string> {
  const server = layer === 'fast' ? createFastServer(handle) : createStockServer(handle)
  const readiness = { reason: () => undefined, start: () => Promise.resolve(), stop: () => {} }
  const listener = createListener({ server, address: { host: '127.0.0.1', port: 0 }, readiness })
  const { url } = await listener.listen()
  return url
}

function createFastServer(handle: Handle): Server {
  const app = express().disable('x-powered-by').disable('etag')
  app.post(PATH, async (request, response) => {
    const bytes = await readBytes(request, BODY_LIMIT_BYTES)
    const body = await handle({ ...parse(String(bytes)) } as unknown as Fields)
    response.writeHead(200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(body)
  })
  return createHttpServer(app)
}

function createStockServer(handle: Handle): Server {
  const app = express()
  app.use(express.urlencoded({ extended: false }))
  app.post(PATH, async (request, response) => {
    response.send(await handle(request.body as Fields))
  })
  return createServer(app)
}

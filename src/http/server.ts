import express from 'express'
import type { Express } from 'express'
import http from 'node:http'
import type { Server } from 'node:http'
import { mayBeDiscarded } from './body.ts'
import { serveConnections } from './connections.ts'
import type { ConnectionLimits } from './connections.ts'

const MAX_CONNECTIONS = 4096
const MAX_UNTRUSTED = 1024

const limits: ConnectionLimits = {
  untrusted: MAX_UNTRUSTED,
  // One fewer than the rest, so that the server itself never has to drop a connection.
  trusted: MAX_CONNECTIONS - MAX_UNTRUSTED - 1,
  waiting: 8192,
  firstByteWithinMs: 5000,
  stalledAfterMs: 10_000,
}

/**
 * An HTTP server for an Express app, with the limits a public port needs: slow headers, slow bodies, idle sockets and peers
 * that do not read are closed, headers are few and small, connections are bounded by `serveConnections`.
 *
 * Express would give each request the app's prototypes with `setPrototypeOf`, which makes V8 treat every request as an
 * exception from then on (expressjs/express#5998): more than half the time of a turn. Requests and responses are born with
 * those prototypes here, so that there is nothing left to change. A test holds the trick to Express's behaviour.
 */
export function createHttpServer(app: Express, overrides: Partial<ConnectionLimits> = {}): Server {
  class Request extends http.IncomingMessage {}
  class Response extends http.ServerResponse {
    /** Closes the connection after a response to a body that is not read: Node would read all of it, to throw it away. */
    override writeHead(...args: [number]): this {
      if (!this.req.complete && !mayBeDiscarded(this.req)) this.shouldKeepAlive = false
      return super.writeHead(...args)
    }
  }
  adopt(Request.prototype, express.request, app)
  adopt(Response.prototype, express.response, app)
  app.request = Request.prototype as unknown as typeof app.request
  app.response = Response.prototype as unknown as typeof app.response

  const server = http.createServer({
    IncomingMessage: Request,
    ServerResponse: Response as unknown as typeof http.ServerResponse,
    maxHeaderSize: 8192,
    headersTimeout: 3000,
    requestTimeout: 5000,
    connectionsCheckingInterval: 500,
    // Longer than the keep-alive of a proxy in front, so that it is never us who close a socket it is about to use.
    keepAliveTimeout: 65_000,
  })
  server.maxHeadersCount = 50
  server.maxConnections = MAX_CONNECTIONS
  serveConnections(server, app, { ...limits, ...overrides })
  return server
}

function adopt(prototype: object, parent: object, app: Express): void {
  Object.setPrototypeOf(prototype, parent)
  Object.defineProperty(prototype, 'app', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: app,
  })
}

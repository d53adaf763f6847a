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
  // One fewer than the rest, so that Node never drops a connection by itself.
  trusted: MAX_CONNECTIONS - MAX_UNTRUSTED - 1,
  waiting: 8192,
  firstByteTimeoutMs: 5000,
  stallTimeoutMs: 10_000,
}

/**
 * Creates an HTTP server for an Express app with the limits that a public port needs. Slow headers, slow bodies, idle sockets and
 * peers that do not read time out. Headers are few and small. `serveConnections` limits connections.
 *
 * Express calls `setPrototypeOf` on each request, which V8 cannot optimise (expressjs/express#5998): it took more than half the
 * time of a turn. Requests and responses are created with those prototypes here. A test compares the result with Express.
 */
export function createHttpServer(app: Express, overrides: Partial<ConnectionLimits> = {}): Server {
  class Request extends http.IncomingMessage {}
  class Response extends http.ServerResponse {
    /** Closes the connection after a response to an unread body. Node would read the body to its end. */
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
    // Longer than the keep-alive of a proxy in front, so that the proxy never reuses a socket that just closed.
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

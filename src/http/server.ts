import express from 'express'
import type { Express } from 'express'
import http from 'node:http'
import type { Server } from 'node:http'

/**
 * An HTTP server for an Express app, with the limits a public port needs: slow headers, slow bodies and idle sockets are
 * closed, headers are few and small.
 *
 * Express would give each request the app's prototypes with `setPrototypeOf`, which makes V8 treat every request as an
 * exception from then on (expressjs/express#5998): more than half the time of a turn. Requests and responses are born with
 * those prototypes here, so that there is nothing left to change. A test holds the trick to Express's behaviour.
 */
export function createHttpServer(app: Express, { firstByteWithinMs = 5000 } = {}): Server {
  class Request extends http.IncomingMessage {}
  class Response extends http.ServerResponse {}
  adopt(Request.prototype, express.request, app)
  adopt(Response.prototype, express.response, app)
  app.request = Request.prototype as unknown as typeof app.request
  app.response = Response.prototype as unknown as typeof app.response

  const server = http.createServer(
    {
      IncomingMessage: Request,
      ServerResponse: Response as unknown as typeof http.ServerResponse,
      maxHeaderSize: 8192,
      headersTimeout: 3000,
      requestTimeout: 5000,
      connectionsCheckingInterval: 500,
      // Longer than the keep-alive of a proxy in front, so that it is never us who close a socket it is about to use.
      keepAliveTimeout: 65_000,
    },
    app,
  )
  // Node's own timers start with the first byte: a socket that never sends one would stay.
  server.on('connection', (socket) => socket.setTimeout(firstByteWithinMs, () => socket.destroy()))
  server.on('request', ({ socket }) => socket.setTimeout(0))
  server.maxHeadersCount = 50
  server.maxConnections = 4096
  server.maxRequestsPerSocket = 1000
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

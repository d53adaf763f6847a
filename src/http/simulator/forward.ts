import { request as sendRequest } from 'node:http'
import express, { Router } from 'express'
import type { Request, Response } from 'express'
import { notFound } from '../failures.ts'
import { listenPrivately } from '../listener.ts'
import { createHttpServer } from '../server.ts'
import { sendError } from './handsets.ts'

/**
 * Forwards the routes of the simulated phones to the worker that serves them. That worker checks access.
 *
 * @param port its loopback port; undefined while it restarts
 */
export function forwardedRoutes(port: () => number | undefined): Router {
  const router = Router()
  router.use(['/handsets', '/network'], (request, response) => forward(request, response, port()))
  return router
}

/** Creates a server of the simulated phones for the other workers, on a loopback port of its own. */
export function createSimulatorServer(routes: readonly Router[]): {
  /** Resolves with the port. */
  listen(): Promise<number>
  close(): void
} {
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple')
  for (const router of routes) app.use(router)
  app.use(notFound)
  const server = createHttpServer(app)
  return {
    listen: () => listenPrivately(server),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function forward(request: Request, response: Response, port: number | undefined): void {
  const unavailable = () => {
    if (response.headersSent) return void response.destroy()
    response.setHeader('Retry-After', '1')
    const message = 'The worker that serves the phones is restarting. Try again in a moment.'
    sendError('USSD_BUSY', message, { request, response })
  }
  if (port === undefined) return unavailable()
  const { method, originalUrl: path, headers } = request
  const forwarded = sendRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  forwarded.on('error', unavailable)
  response.on('close', () => forwarded.destroy())
  request.pipe(forwarded)
}

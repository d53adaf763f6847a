import express from 'express'
import type { Express, NextFunction, Request, Response, Router } from 'express'
import helmet from 'helmet'
import type { Dialect } from '../dialects/dialect.ts'
import type { UssdError } from '../engine/errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { createCallbackGuard } from './callback-guard.ts'
import { callbackRoute } from './callback.ts'
import { errorBody, failureRoute, notFound } from './failures.ts'

const methodOf = { GET: 'get', POST: 'post', PUT: 'put' } as const

/** Builds the application and never listens. */
export function createApp(options: {
  readonly gateway: Gateway
  readonly dialects: Readonly<Record<string, Dialect>>
  readonly callbackToken: string | undefined
  /** As `createCallbackGuard` takes them. */
  readonly callbackSignatureKeys?: readonly Uint8Array[]
  /** The clock that the age of signatures is measured on: the store's. */
  readonly nowMs?: () => number
  readonly callbackAllow?: readonly string[]
  /** Whatever else is served, in this order. */
  readonly routes: readonly Router[]
  readonly reportFault: (fault: UssdError) => void
  /** Called when the connection of a callback closes before its body is complete. */
  readonly onAborted?: (dialect: string) => void
}): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')

  // Callbacks come first and on the app itself: every layer in front of them is paid for by every turn.
  const guard = createCallbackGuard({
    token: options.callbackToken,
    signatureKeys: options.callbackSignatureKeys,
    now: options.nowMs,
    allow: options.callbackAllow,
  })
  for (const dialect of Object.values(options.dialects)) {
    const address = `/ussd/${dialect.name}`
    const addresses = [address, ...(dialect.paths ?? []).map((path) => `${address}${path}`)]
    const route = callbackRoute(dialect, {
      gateway: options.gateway,
      guard,
      onAborted: options.onAborted ?? (() => {}),
    })
    for (const method of dialect.methods) app[methodOf[method]](addresses, route)
    app.all(addresses, (_request, response) => {
      response.set('Allow', dialect.methods.join(', '))
      answerError(dialect, response, 405, `Bad request: it takes ${dialect.methods.join(' or ')}`)
    })
  }
  // Whatever else lies below a dialect's address, and what cannot even be read as an address, is answered in it too.
  const dialectOf = (path: string) => {
    const name = /^\/ussd\/([\w-]+)\//.exec(path)?.[1] ?? ''
    return Object.hasOwn(options.dialects, name) ? options.dialects[name] : undefined
  }
  app.use('/ussd', (request, response, next) => {
    const dialect = dialectOf(request.originalUrl)
    if (dialect) answerError(dialect, response, 404, 'Bad request: there is nothing at this address')
    else next()
  })
  app.use('/ussd', (error: unknown, request: Request, response: Response, next: NextFunction) => {
    const dialect = dialectOf(request.originalUrl)
    if (dialect && isUriError(error))
      answerError(dialect, response, 400, 'Bad request: the address cannot be read')
    else next(error)
  })
  app.all('/ussd/:dialect', (_request, response) => {
    const known = Object.keys(options.dialects).join(', ')
    response.status(404).json(errorBody('USSD_NOT_FOUND', `there is no such dialect; there are: ${known}`))
  })

  app.use(
    helmet({
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      // TLS is the proxy's in front, and so is the promise that there will always be some.
      strictTransportSecurity: false,
    }),
  )
  for (const router of options.routes) app.use(router)
  app.use(notFound)
  app.use(failureRoute(options.reportFault))
  return app
}

function answerError(dialect: Dialect, response: Response, status: number, sentence: string): void {
  const error = dialect.formatError(status, sentence)
  response.status(error.status).set('Content-Type', error.type).send(error.body)
}

/** Of a path that is not percent-encoded: Express gives it a status. */
const isUriError = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && error.status === 400

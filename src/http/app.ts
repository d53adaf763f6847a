import express from 'express'
import type { Express, NextFunction, Request, Response, Router } from 'express'
import helmet from 'helmet'
import type { Dialect } from '../dialects/dialect.ts'
import type { UssdError } from '../engine/errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Numbering } from '../ussd/numbering.ts'
import { createCallbackGuard } from './callback-guard.ts'
import { callbackRoute } from './callback.ts'
import { errorBody, failureRoute, notFound } from './failures.ts'

const methodOf = { GET: 'get', POST: 'post', PUT: 'put' } as const

/** Builds the Express app: callbacks, then the other routes, then errors. */
export function createApp(options: {
  readonly gateway: Gateway
  /** The numbers that may dial. */
  readonly numbering: Numbering
  readonly dialects: Readonly<Record<string, Dialect>>
  readonly callbackToken: string | undefined
  readonly callbackSignatureKeys?: readonly Uint8Array[]
  /** The clock for the age of signatures, milliseconds since the epoch. */
  readonly nowMs?: () => number
  readonly callbackAllow?: readonly string[]
  /** Further routes, in this order. */
  readonly routes: readonly Router[]
  readonly reportFault: (fault: UssdError) => void
  /** Called when the connection of a callback closes before its body is complete. */
  readonly onAborted?: (dialect: string) => void
}): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')

  // Callbacks come first: every turn would pay for a layer in front of them.
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
      numbering: options.numbering,
      guard,
      onAborted: options.onAborted ?? (() => {}),
    })
    for (const method of dialect.methods) app[methodOf[method]](addresses, route)
    app.all(addresses, (_request, response) => {
      response.set('Allow', dialect.methods.join(', '))
      answerError(dialect, response, 405, `Bad request: the method must be ${dialect.methods.join(' or ')}`)
    })
  }
  // Unknown and malformed addresses below a dialect are answered in the dialect.
  const dialectOf = (path: string) => {
    const name = /^\/ussd\/([\w-]+)\//.exec(path)?.[1] ?? ''
    return Object.hasOwn(options.dialects, name) ? options.dialects[name] : undefined
  }
  app.use('/ussd', (request, response, next) => {
    const dialect = dialectOf(request.originalUrl)
    if (dialect) answerError(dialect, response, 404, 'Bad request: this address does not exist')
    else next()
  })
  app.use('/ussd', (error: unknown, request: Request, response: Response, next: NextFunction) => {
    const dialect = dialectOf(request.originalUrl)
    if (dialect && isUriError(error))
      answerError(dialect, response, 400, 'Bad request: the address is not percent-encoded correctly')
    else next(error)
  })
  app.all('/ussd/:dialect', (_request, response) => {
    const known = Object.keys(options.dialects).join(', ')
    response.status(404).json(errorBody('USSD_NOT_FOUND', `Unknown dialect. Use one of: ${known}`))
  })

  app.use(
    helmet({
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      // A proxy in front terminates TLS, so it decides on HSTS.
      strictTransportSecurity: false,
    }),
  )
  for (const router of options.routes) app.use(router)
  app.use(notFound)
  app.use(failureRoute(options.reportFault))
  return app
}

function answerError(dialect: Dialect, response: Response, status: number, message: string): void {
  const error = dialect.formatError(status, message)
  response.status(error.status).set('Content-Type', error.type).send(error.body)
}

/** True for the error that Express throws for a malformed percent-encoding. */
const isUriError = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && error.status === 400

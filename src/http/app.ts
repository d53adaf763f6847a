import express from 'express'
import type { Express, Router } from 'express'
import helmet from 'helmet'
import type { Dialect } from '../dialects/dialect.ts'
import type { UssdError } from '../engine/errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { callbackRoute } from './callback.ts'
import { failure, failureRoute, notFound } from './failures.ts'
import { createTokenCheck } from './tokens.ts'

const methodOf = { GET: 'get', POST: 'post', PUT: 'put' } as const

/** Builds the application and never listens. */
export function createApp(options: {
  readonly gateway: Gateway
  readonly dialects: Readonly<Record<string, Dialect>>
  readonly callbackToken: string | undefined
  /** Whatever else is served, in this order. */
  readonly routes: readonly Router[]
  readonly reportFault: (fault: UssdError) => void
}): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')

  // Callbacks come first and on the app itself: every layer in front of them is paid for by every turn.
  const tokenCheck = options.callbackToken === undefined ? undefined : createTokenCheck(options.callbackToken)
  for (const dialect of Object.values(options.dialects)) {
    const address = `/ussd/${dialect.name}`
    const addresses = [address, ...(dialect.paths ?? []).map((path) => `${address}${path}`)]
    const route = callbackRoute(dialect, options.gateway, tokenCheck)
    for (const method of dialect.methods) app[methodOf[method]](addresses, route)
    app.all(addresses, (_request, response) => {
      const { status, type, body } = dialect.formatError(
        405,
        `Bad request: it takes ${dialect.methods.join(' or ')}`,
      )
      response.set({ 'Content-Type': type, Allow: dialect.methods.join(', ') })
      response.status(status).send(body)
    })
  }
  app.all('/ussd/:dialect', (_request, response) => {
    const known = Object.keys(options.dialects).join(', ')
    response.status(404).json(failure('USSD_NOT_FOUND', `there is no such dialect; there are: ${known}`))
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

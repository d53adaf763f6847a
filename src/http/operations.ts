import { Router } from 'express'
import { onlyMethods } from './failures.ts'
import type { Readiness } from './readiness.ts'

export interface HealthOptions {
  readonly readiness: Pick<Readiness, 'reason'>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  readonly openApi: object
}

/** Creates the routes for operators. They contain no data of subscribers. */
export function healthRoutes({ readiness, metrics, openApi }: HealthOptions): Router {
  const router = Router()
  // All responses share one buffer. A string would be copied for every slow client.
  const document = Buffer.from(JSON.stringify(openApi))

  // Independent of the store: restarting the process does not repair Redis.
  router.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))

  router.get('/readyz', (_request, response) => {
    const reason = readiness.reason()
    response.status(reason === undefined ? 200 : 503)
    response.json(reason === undefined ? { status: 'ready' } : { status: 'not ready', reason })
  })

  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text())
  })

  router.get('/openapi.json', (_request, response) => void response.type('application/json').send(document))
  router.all(['/healthz', '/readyz', '/metrics', '/openapi.json'], onlyMethods('GET', 'HEAD'))
  return router
}

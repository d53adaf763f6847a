import { Router } from 'express'
import type { RequestHandler } from 'express'
import type { RestcommPush } from '../../simulator/restcomm-push.ts'
import { readBody } from '../body.ts'
import { phoneMethods } from './handsets.ts'

/** The longest dialog is far below this. */
const DIALOG_LIMIT_BYTES = 8192

/**
 * Where an application begins a dialogue with a simulated phone, as it would at the gateway of an operator. The answer waits
 * for the subscriber, who looks at the phone and types at `/handsets`.
 *
 * @param access lets through whoever may use the phones
 */
export function networkRoutes(options: {
  readonly restcomm: RestcommPush
  readonly access: RequestHandler
}): Router {
  const router = Router()
  router.post('/network/restcomm', options.access, async (request, response) => {
    const body = await readBody(request, DIALOG_LIMIT_BYTES).catch(() => null)
    if (body === null) return void response.destroy()
    response.type('text/plain')
    if (body === undefined) {
      response.setHeader('Connection', 'close')
      return void response.status(413).end('The dialog is larger than 8 kB.')
    }
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const [, session] = /(?:^|;\s*)JSESSIONID=([0-9a-f]{32})(?:;|$)/.exec(request.headers.cookie ?? '') ?? []
    const posted = await options.restcomm.post(body, session, gone.signal)
    if (posted.kind === 'malformed') return void response.status(400).end(posted.sentence)
    response.setHeader('Content-Type', 'text/xml; charset=utf-8')
    if (posted.cookie !== undefined) {
      response.setHeader(
        'Set-Cookie',
        `JSESSIONID=${posted.cookie}; Path=/network/restcomm; HttpOnly; SameSite=Strict`,
      )
    }
    response.end(posted.xml)
  })
  router.all('/network/restcomm', options.access, phoneMethods('POST'))
  return router
}

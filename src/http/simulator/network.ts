import { Router } from 'express'
import type { RequestHandler } from 'express'
import type { RestcommPush } from '../../simulator/restcomm-push.ts'
import { readBody } from '../body.ts'
import { phoneMethods } from './handsets.ts'

/** Far above the longest dialog. */
const DIALOG_LIMIT_BYTES = 8192

/**
 * Serves network-initiated dialogues: an application pushes to a simulated phone, as at an operator's gateway. The response waits
 * for the reply that is typed at `/handsets`.
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
    if (posted.kind === 'malformed') return void response.status(400).end(posted.message)
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

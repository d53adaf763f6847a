import { Router } from 'express'
import type { RequestHandler } from 'express'
import type { SubscriberView } from '../../services/subscribers.ts'
import { phoneMethods, msisdnOf, sendError } from './handsets.ts'
import type { Recordings } from './recordings.ts'
import { SubscriberOutput } from '../subscribers.ts'

/** Serves the subscriber's record of a simulated phone, without secrets, and the recorded test script. */
export function recordedRoutes(options: {
  readonly recordings: Recordings
  readonly getSubscriber: (msisdn: string) => Promise<SubscriberView | undefined>
  readonly access: RequestHandler
}): Router {
  const { recordings, getSubscriber } = options
  const router = Router()

  router.get('/handsets/:msisdn/subscriber', options.access, async (request, response) => {
    const phone = msisdnOf({ request, response })
    if (phone === undefined) return
    const view = await getSubscriber(phone)
    if (view) response.json(SubscriberOutput.parse(view))
    else sendError('USSD_NOT_FOUND', 'This number is not registered.', { request, response })
  })
  router.all('/handsets/:msisdn/subscriber', options.access, phoneMethods('GET', 'HEAD'))

  router
    .route('/handsets/:msisdn/walkthrough')
    .all(options.access)
    .get((request, response) => {
      const phone = msisdnOf({ request, response })
      if (phone === undefined) return
      const script = recordings.script(phone)
      if (script === undefined) {
        return sendError('USSD_NOT_FOUND', 'Nothing was recorded on this phone. Dial with ?record=on.', {
          request,
          response,
        })
      }
      response.setHeader('Content-Type', 'application/yaml; charset=utf-8')
      response.end(script)
    })
    .delete((request, response) => {
      const phone = msisdnOf({ request, response })
      if (phone === undefined) return
      recordings.forget(phone)
      response.status(204).end()
    })
    .all(phoneMethods('GET', 'HEAD', 'DELETE'))
  return router
}

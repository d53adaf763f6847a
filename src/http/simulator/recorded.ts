import { Router } from 'express'
import type { RequestHandler } from 'express'
import type { SubscriberView } from '../../services/subscribers.ts'
import type { Numbering } from '../../ussd/numbering.ts'
import { phoneMethods, phoneRoute, sendError } from './handsets.ts'
import type { Recordings } from './recordings.ts'

/** Serves the subscriber's record of a simulated phone, without secrets, and the recorded test script. */
export function recordedRoutes(options: {
  readonly numbering: Numbering
  readonly recordings: Recordings
  readonly getSubscriber: (msisdn: string) => Promise<SubscriberView | undefined>
  readonly access: RequestHandler
}): Router {
  const { recordings, getSubscriber } = options
  const onPhone = phoneRoute(options.numbering)
  const router = Router()

  router
    .route('/handsets/:msisdn/subscriber')
    .all(options.access)
    .get(
      onPhone(async (phone, exchange) => {
        const view = await getSubscriber(phone)
        if (view) exchange.response.json(view)
        else sendError('USSD_NOT_FOUND', 'This number is not registered.', exchange)
      }),
    )
    .all(phoneMethods('GET', 'HEAD'))

  router
    .route('/handsets/:msisdn/walkthrough')
    .all(options.access)
    .get(
      onPhone((phone, exchange) => {
        const script = recordings.script(phone)
        const message = 'Nothing was recorded on this phone. Dial with ?record=on.'
        if (script === undefined) return sendError('USSD_NOT_FOUND', message, exchange)
        exchange.response.setHeader('Content-Type', 'application/yaml; charset=utf-8')
        exchange.response.end(script)
      }),
    )
    .delete(
      onPhone((phone, { response }) => {
        recordings.forget(phone)
        response.status(204).end()
      }),
    )
    .all(phoneMethods('GET', 'HEAD', 'DELETE'))
  return router
}

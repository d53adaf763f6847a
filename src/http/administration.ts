import { Router } from 'express'
import type { Request, RequestHandler } from 'express'
import { describeIssue } from '../dialects/encoding/fields.ts'
import { administeredStates } from '../services/administration.ts'
import type { Administration } from '../services/administration.ts'
import type { SelfCare } from '../services/self-care.ts'
import type { Numbering } from '../ussd/numbering.ts'
import { errorBody, onlyMethods } from './failures.ts'
import { jsonObject, oneOf } from './fields.ts'
import { badRequest, jsonRoute, noStore, unauthorised } from './json.ts'
import { subscriberAddress } from './subscribers.ts'
import { tokenOf } from './tokens.ts'

/** The body of a change of access. */
export const AccessInput = jsonObject({
  access: oneOf(administeredStates).meta({
    description: 'access to self-care; closed: closed by the organisation',
    example: 'closed',
  }),
})

/**
 * Serves `PUT /self-care/subscribers/:msisdn/access`: an administrator opens or closes the access of a subscriber of the same
 * client (L9). Requires the token of the administrator's self-care session as Bearer, and checks it first.
 */
export function administrationRoutes(options: {
  readonly numbering: Numbering
  readonly selfCare: Pick<SelfCare, 'use'>
  readonly administration: Administration
}): Router {
  const { selfCare, administration } = options
  const address = subscriberAddress(options.numbering)
  const router = Router()
  const callers = new WeakMap<Request, string>()

  const withSession: RequestHandler = async (request, response, next) => {
    const token = tokenOf(request)
    const used = token === undefined ? undefined : await selfCare.use(token)
    if (!used) return unauthorised(response)
    callers.set(request, used.msisdn)
    next()
  }

  router.put(
    '/self-care/subscribers/:msisdn/access',
    noStore,
    withSession,
    jsonRoute(AccessInput, async ({ access }, request, response) => {
      const parsed = address.safeParse(request.params)
      if (!parsed.success) return badRequest(response, describeIssue(parsed.error))
      const by = callers.get(request)
      const { msisdn } = parsed.data
      if (by !== undefined && (await administration.setAccess({ by, msisdn, access }))) {
        response.status(204).end()
      } else response.status(403).json(errorBody('USSD_REFUSED', 'The access was not changed.'))
    }),
  )
  router.all('/self-care/subscribers/:msisdn/access', onlyMethods('PUT'))
  return router
}

import { defineRoute, errorBody, failed, jsonObject, oneOf } from '../../src/http/route.ts'
import { administeredStates } from '../services/administration.ts'
import type { Administration } from '../services/administration.ts'
import type { SelfCare } from '../services/self-care.ts'
import { bySession } from './self-care.ts'

/** An administrator opens or closes the access of a subscriber of the same client (L9). */
export const accessRoute = (selfCare: Pick<SelfCare, 'use'>, administration: Administration) =>
  defineRoute({
    method: 'put',
    path: '/self-care/subscribers/{msisdn}/access',
    auth: bySession(selfCare),
    body: jsonObject({
      access: oneOf(administeredStates).meta({
        description: 'access to self-care; closed: closed by the organisation',
        example: 'closed',
      }),
    }),
    operation: {
      operationId: 'setAccess',
      tag: 'Self-care',
      summary: 'Open or close the access of a subscriber of the same client, as its administrator',
      description:
        '`closed` means closed by the organisation: PUK1 does not open it. `open` also opens access that the subscriber closed, but not access that the operator closed. Restarts the 15 minutes of the session.',
      example: { access: 'closed' },
      responses: {
        204: { description: 'Done; a change is in the journal' },
        ...failed('USSD_BAD_REQUEST', 'A field is wrong', 'Bad request: access must be one of open, closed'),
        ...failed('USSD_UNAUTHORISED', 'The session does not exist or has expired'),
        ...failed(
          'USSD_REFUSED',
          'The same response for every reason: not an administrator, an unknown number, another client, closed by the operator',
          'The access was not changed.',
        ),
      },
    },
    handle: async ({ msisdn, body: { access }, caller }) =>
      (await administration.setAccess({ by: caller.msisdn, msisdn, access }))
        ? { status: 204 }
        : { status: 403, body: errorBody('USSD_REFUSED', 'The access was not changed.') },
  })

/** Describes the routes for records: the operator's and self-care. */
import type { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import type { Project } from '../../gateway/project.ts'
import type { Numbering } from '../../ussd/numbering.ts'
import { AccessInput } from '../administration.ts'
import { failed, json, jsonBody, storeFailures } from './answers.ts'
import { SessionBegun, SessionUsed, credentials, newPassword } from '../self-care.ts'
import { SubscriberOutput, subscriberAddress, subscriberInput } from '../subscribers.ts'

const record = SubscriberOutput.meta({ id: 'Subscriber', description: 'A subscriber, without secrets' })

const demo = {
  language: 'ru',
  tariff: 'Комфорт',
  client: null,
  role: 'subscriber',
  registrationByPuk1: false,
  access: 'open',
  closedBecause: null,
  puk1AttemptsLeft: 10,
  msisdn: '+375291234567',
  hasPuk1: true,
  hasPassword: false,
} satisfies z.output<typeof SubscriberOutput>

const adminOnly = (numbering: Numbering) =>
  ({
    tags: ['Subscribers'],
    security: [{ adminBearer: [] }, { adminBasic: [] }],
    requestParams: { path: subscriberAddress(numbering) },
  }) satisfies Partial<ZodOpenApiOperationObject>

const adminFailures = {
  ...failed(
    'USSD_BAD_REQUEST',
    'A field is wrong; nothing was stored',
    'Bad request: access must be one of open, closed-by-subscriber, closed-by-organisation, closed-by-operator',
  ),
  ...failed('USSD_UNAUTHORISED', 'The admin token is missing or wrong, or none is configured'),
  ...storeFailures,
}

/** The parts of a project that the document depends on. */
export type Described = Pick<Project, 'languages' | 'numbering'>

const notRegistered = failed(
  'USSD_NOT_FOUND',
  'The number is not registered',
  'This number is not registered.',
)

export const subscriber = ({ languages, numbering }: Described): ZodOpenApiPathItemObject => ({
  put: {
    ...adminOnly(numbering),
    operationId: 'putSubscriber',
    summary: 'Register or change a subscriber',
    description:
      'Fields are merged: an omitted field keeps its value. A new subscriber has the first language of the project, open access and no secrets. Null clears a nullable field. `puk1` and `password` are write-only.',
    requestBody: jsonBody(subscriberInput(languages).meta({ id: 'SubscriberInput' }), {
      language: 'ru',
      tariff: 'Комфорт',
      puk1: '12345678',
      access: 'open',
    }),
    responses: {
      200: json('Changed', record, demo),
      201: json('Registered', record, demo),
      ...failed('USSD_TOO_LARGE', 'More than 4 kB'),
      ...adminFailures,
    },
  },
  get: {
    ...adminOnly(numbering),
    operationId: 'getSubscriber',
    summary: 'Get the record, without secrets',
    responses: { 200: json('The record', record, demo), ...notRegistered, ...adminFailures },
  },
  delete: {
    ...adminOnly(numbering),
    operationId: 'removeSubscriber',
    summary: 'Delete a subscriber',
    responses: { 204: { description: 'Deleted' }, ...notRegistered, ...adminFailures },
  },
})

const selfCareFailures = {
  ...failed(
    'USSD_BAD_REQUEST',
    'A field is wrong',
    'Bad request: password must be a string of 5 to 10 digits',
  ),
  ...failed('USSD_TOO_LARGE', 'More than 4 kB'),
  ...storeFailures,
}

export const selfCare = ({ numbering }: Described): Record<string, ZodOpenApiPathItemObject> => ({
  '/self-care/password': {
    post: {
      operationId: 'setPassword',
      tags: ['Self-care'],
      summary: 'Set the password with PUK1',
      description:
        'For devices that cannot dial. The tariff plan or an opt-in at a sales centre must allow it. Ten wrong PUK1 in a row lock PUK1 until the operator unlocks it.',
      security: [],
      requestBody: jsonBody(newPassword(numbering), {
        msisdn: '+375291234560',
        puk1: '56789012',
        password: '80291',
      }),
      responses: {
        204: { description: 'Set; all self-care sessions of the number have ended' },
        ...failed('USSD_REFUSED', 'The same response for every reason', 'The password was not set.'),
        ...selfCareFailures,
      },
    },
  },
  '/self-care/sessions': {
    post: {
      operationId: 'logIn',
      tags: ['Self-care'],
      summary: 'Log in with number and password',
      security: [],
      requestBody: jsonBody(credentials(numbering), { msisdn: '+375291234560', password: '80291' }),
      responses: {
        201: json('A session', SessionBegun, {
          token: 'q0Xh7mJ2vR1sT9bK4nW8yE3uC6pZ5aLdFgHjQwErTyU',
          expiresIn: 900,
        }),
        ...failed(
          'USSD_UNAUTHORISED',
          'The same response for every reason',
          'The number or the password is wrong.',
        ),
        ...failed('USSD_THROTTLED', 'Rate limited after five wrong passwords in a row'),
        ...selfCareFailures,
      },
    },
  },
  '/self-care/session': {
    get: {
      operationId: 'useSession',
      tags: ['Self-care'],
      summary: 'Get the session of a token; restarts its 15 minutes',
      security: [{ sessionBearer: [] }],
      responses: {
        200: json('The session is valid', SessionUsed, { msisdn: '+375291234560', expiresIn: 900 }),
        ...failed('USSD_UNAUTHORISED', 'The session does not exist or has expired'),
        ...storeFailures,
      },
    },
  },
  '/self-care/subscribers/{msisdn}/access': {
    put: {
      operationId: 'setAccess',
      tags: ['Self-care'],
      summary: 'Open or close the access of a subscriber of the same client, as its administrator',
      description:
        '`closed` means closed by the organisation: PUK1 does not open it. `open` also opens access that the subscriber closed, but not access that the operator closed. Restarts the 15 minutes of the session.',
      security: [{ sessionBearer: [] }],
      requestParams: { path: subscriberAddress(numbering) },
      requestBody: jsonBody(AccessInput, { access: 'closed' }),
      responses: {
        204: { description: 'Done; a change is in the journal' },
        ...selfCareFailures,
        ...failed('USSD_BAD_REQUEST', 'A field is wrong', 'Bad request: access must be one of open, closed'),
        ...failed('USSD_UNAUTHORISED', 'The session does not exist or has expired'),
        ...failed(
          'USSD_REFUSED',
          'The same response for every reason: not an administrator, an unknown number, another client, closed by the operator',
          'The access was not changed.',
        ),
      },
    },
  },
})

/** The description of what works on records: the operator's side of them, and self-care. */
import type { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import { AccessInput } from '../administration.ts'
import { failed, json, storeFailures } from './answers.ts'
import { Credentials, NewPassword, SessionBegun, SessionUsed } from '../self-care.ts'
import { SubscriberAddress, SubscriberInput, SubscriberOutput } from '../subscribers.ts'

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

const adminOnly = {
  tags: ['Subscribers'],
  security: [{ adminBearer: [] }, { adminBasic: [] }],
  requestParams: { path: SubscriberAddress },
} satisfies Partial<ZodOpenApiOperationObject>

const adminFailures = {
  ...failed(
    'USSD_BAD_REQUEST',
    'Which field is wrong, and how; nothing was stored',
    'Bad request: language must be one of ru, be, en',
  ),
  ...failed('USSD_UNAUTHORISED', 'The admin token is missing or wrong, or none is configured'),
  ...storeFailures,
}

const notRegistered = failed(
  'USSD_NOT_FOUND',
  'Nobody registered this number',
  'This number is not registered.',
)

export const subscriber: ZodOpenApiPathItemObject = {
  put: {
    ...adminOnly,
    operationId: 'putSubscriber',
    summary: 'Register a subscriber, or change one',
    description:
      'Fields are merged: what is left out stays as it is, and a new subscriber begins with Russian, open access and no secrets. Null clears where null is allowed. `puk1` and `password` can only be written.',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: SubscriberInput.meta({ id: 'SubscriberInput' }),
          example: { language: 'ru', tariff: 'Комфорт', puk1: '12345678', access: 'open' },
        },
      },
    },
    responses: {
      200: json('Changed', record, demo),
      201: json('Registered', record, demo),
      ...failed('USSD_TOO_LARGE', 'More than 4 kB'),
      ...adminFailures,
    },
  },
  get: {
    ...adminOnly,
    operationId: 'getSubscriber',
    summary: 'The record without secrets',
    responses: { 200: json('The record', record, demo), ...notRegistered, ...adminFailures },
  },
  delete: {
    ...adminOnly,
    operationId: 'removeSubscriber',
    summary: 'Forget a subscriber',
    responses: { 204: { description: 'Forgotten' }, ...notRegistered, ...adminFailures },
  },
}

const selfCareFailures = {
  ...failed(
    'USSD_BAD_REQUEST',
    'Which field is wrong, and how',
    'Bad request: password must be a string of 5 to 10 digits',
  ),
  ...failed('USSD_TOO_LARGE', 'More than 4 kB'),
  ...storeFailures,
}

export const selfCare: Record<string, ZodOpenApiPathItemObject> = {
  '/self-care/password': {
    post: {
      operationId: 'setPassword',
      tags: ['Self-care'],
      summary: 'Set the password with PUK1',
      description:
        'For devices that cannot dial: the tariff plan, or an application at a sales centre, must allow it. Ten wrong PUK1 in a row lock it until the operator unlocks it.',
      security: [],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: NewPassword,
            example: { msisdn: '+375291234560', puk1: '56789012', password: '80291' },
          },
        },
      },
      responses: {
        204: { description: 'Set; every self-care session of the number has ended' },
        ...failed('USSD_REFUSED', 'One answer, whatever the reason', 'The password was not set.'),
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
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: Credentials,
            example: { msisdn: '+375291234560', password: '80291' },
          },
        },
      },
      responses: {
        201: json('A session', SessionBegun, {
          token: 'q0Xh7mJ2vR1sT9bK4nW8yE3uC6pZ5aLdFgHjQwErTyU',
          expiresIn: 900,
        }),
        ...failed(
          'USSD_UNAUTHORISED',
          'One answer, whatever the reason',
          'The number or the password is wrong.',
        ),
        ...failed('USSD_THROTTLED', 'Five wrong passwords in a row, or more'),
        ...selfCareFailures,
      },
    },
  },
  '/self-care/session': {
    get: {
      operationId: 'useSession',
      tags: ['Self-care'],
      summary: 'Whose session a token is; its 15 minutes begin anew',
      security: [{ sessionBearer: [] }],
      responses: {
        200: json('The session goes on', SessionUsed, { msisdn: '+375291234560', expiresIn: 900 }),
        ...failed('USSD_UNAUTHORISED', 'No such session, or it has ended'),
        ...storeFailures,
      },
    },
  },
  '/self-care/subscribers/{msisdn}/access': {
    put: {
      operationId: 'setAccess',
      tags: ['Self-care'],
      summary: 'An administrator opens or closes access of a subscriber of the same client',
      description:
        'What is closed here is closed by the organisation: PUK1 does not open it. Opening also opens what the subscriber has closed; what the operator has closed stays so. The 15 minutes of the session begin anew.',
      security: [{ sessionBearer: [] }],
      requestParams: { path: SubscriberAddress },
      requestBody: {
        required: true,
        content: { 'application/json': { schema: AccessInput, example: { access: 'closed' } } },
      },
      responses: {
        204: { description: 'It is so; where it was not, the change is in the journal' },
        ...selfCareFailures,
        ...failed(
          'USSD_BAD_REQUEST',
          'Which field is wrong, and how',
          'Bad request: access must be one of open, closed',
        ),
        ...failed('USSD_UNAUTHORISED', 'No such session, or it has ended'),
        ...failed(
          'USSD_REFUSED',
          'One answer, whatever the reason: no administrator, an unknown number, another client, closed by the operator',
          'The access was not changed.',
        ),
      },
    },
  },
}

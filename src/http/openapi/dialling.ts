/** The description of what is dialled over: an aggregator's callbacks, and the simulated phones. */
import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import { HandsetPath, HandsetQuery, HandsetScreen } from '../simulator/handsets.ts'
import { failed, text } from './answers.ts'
import { SubscriberOutput } from '../subscribers.ts'

const screenHeaders = z.object({
  'Ussd-Session': z.string().meta({ description: 'Session id of the dialogue', example: 'ATUid_3f9c1d7a' }),
  'Ussd-State': HandsetScreen.shape.state,
  'Ussd-Alphabet': HandsetScreen.shape.alphabet,
  'Ussd-Octets': z.string().meta({ description: 'What the text takes on the air', example: '76' }),
  'Ussd-Asks': HandsetScreen.shape.asks,
})

const screen = {
  description: 'The screen of the phone: nothing else in plain text, with the headers as fields in JSON',
  headers: screenHeaders,
  content: {
    'text/plain': { schema: z.string(), example: 'Придумайте пароль: 5-10 цифр' },
    'application/json': {
      schema: HandsetScreen.meta({ id: 'HandsetScreen' }),
      example: {
        session: 'ATUid_3f9c1d7a',
        state: 'waiting',
        text: 'Придумайте пароль: 5-10 цифр',
        alphabet: 'ucs2',
        octets: 56,
      },
    },
  },
}

export const handset: ZodOpenApiPathItemObject = {
  description:
    'A simulated phone, only with `SIMULATOR=on`. Errors are plain text, or JSON where that is what is accepted.',
  get: {
    operationId: 'lookAtHandset',
    tags: ['Handsets'],
    summary: 'What is on the screen now',
    security: [{ adminBearer: [] }, { adminBasic: [] }, {}],
    requestParams: { path: HandsetPath },
    responses: {
      200: screen,
      ...failed('USSD_BAD_REQUEST', 'No number of Belarus'),
      ...failed('USSD_REFUSED', 'Not from this machine, and no admin token'),
    },
  },
  post: {
    operationId: 'typeOnHandset',
    tags: ['Handsets'],
    summary: 'Type a line: a code when the phone is idle, an answer in a dialogue',
    security: [{ adminBearer: [] }, { adminBasic: [] }, {}],
    requestParams: { path: HandsetPath, query: HandsetQuery },
    requestBody: {
      required: true,
      content: { 'text/plain': { schema: z.string().max(182), example: '*141*0#' } },
    },
    responses: {
      200: screen,
      ...failed('USSD_BAD_REQUEST', 'Nothing a phone can send, or no such dialect, profile or fault'),
      ...failed('USSD_REFUSED', 'Not from this machine, and no admin token; or no target that is allowed'),
      ...failed('USSD_TOO_LARGE', 'More than fits one message'),
    },
  },
  delete: {
    operationId: 'hangUpHandset',
    tags: ['Handsets'],
    summary: 'Hang up',
    security: [{ adminBearer: [] }, { adminBasic: [] }, {}],
    requestParams: { path: HandsetPath },
    responses: {
      204: { description: 'The phone is idle' },
      ...failed('USSD_BAD_REQUEST', 'No number of Belarus'),
      ...failed('USSD_REFUSED', 'Not from this machine, and no admin token'),
    },
  },
}

const onThisPhone = {
  tags: ['Handsets'],
  security: [{ adminBearer: [] }, { adminBasic: [] }, {}],
  requestParams: { path: HandsetPath },
} satisfies Partial<ZodOpenApiOperationObject>

const refusals = {
  ...failed('USSD_BAD_REQUEST', 'No number of Belarus'),
  ...failed('USSD_REFUSED', 'Not from this machine, and no admin token'),
}

export const handsetSubscriber: ZodOpenApiPathItemObject = {
  get: {
    ...onThisPhone,
    operationId: 'lookAtHandsetSubscriber',
    summary: "The record of the phone's subscriber, without its secrets",
    responses: {
      200: {
        description: 'The record as it is now',
        content: { 'application/json': { schema: SubscriberOutput } },
      },
      ...refusals,
      ...failed('USSD_NOT_FOUND', 'Nobody has registered this number'),
    },
  },
}

export const handsetWalkthrough: ZodOpenApiPathItemObject = {
  description: 'What was done on the phone since it was typed on with `?record=on`.',
  get: {
    ...onThisPhone,
    operationId: 'readRecordedWalkthrough',
    summary: 'The recorded walkthrough, in which a placeholder stands for every secret',
    responses: {
      200: {
        description: 'A script that `npm run walk` takes',
        content: { 'application/yaml': { schema: z.string(), example: 'title: …\nturns:\n  - sees: …\n' } },
      },
      ...refusals,
      ...failed('USSD_NOT_FOUND', 'Nothing was recorded'),
    },
  },
  delete: {
    ...onThisPhone,
    operationId: 'forgetRecordedWalkthrough',
    summary: 'Stop recording, and forget what was recorded',
    responses: { 204: { description: 'Nothing is recorded' }, ...refusals },
  },
}

const xml = (example: string) => ({ 'text/xml': { schema: z.string(), example } })

export const networkPush: ZodOpenApiOperationObject = {
  operationId: 'pushToHandset',
  tags: ['Handsets'],
  summary: 'Ask or notify a simulated phone from the side of the network, in the dialect of RestComm',
  description:
    'Only with `SIMULATOR=on`. The first post of a dialogue names the phone; the cookie of its answer goes with those that follow, and `<dialog prearrangedEnd="false"/>` ends it. A question waits for what is typed at `/handsets`. A phone that nobody used or looked at is absent.',
  security: [{ adminBearer: [] }, { adminBasic: [] }, {}],
  requestBody: {
    required: true,
    content: xml(
      '<dialog mapMessagesSize="1"><unstructuredSSRequest_Request invokeId="1" dataCodingScheme="15" string="1 Yes"><msisdn number="375291234567" nai="international_number" npi="ISDN"/></unstructuredSSRequest_Request></dialog>',
    ),
  },
  responses: {
    200: {
      description: 'What the subscriber answered, or why nothing came of it',
      content: xml(
        '<dialog type="Continue" mapMessagesSize="1"><errComponents/><unstructuredSSRequest_Response invokeId="1" dataCodingScheme="15" string="1"/></dialog>',
      ),
    },
    400: text('No dialog of this dialect, or one of a dialogue that is over', 'The body is no dialog.'),
    ...failed('USSD_REFUSED', 'Not from this machine, and no admin token'),
    413: text('Larger than 8 kB', 'The dialog is larger than 8 kB.'),
  },
}

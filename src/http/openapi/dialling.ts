/** Describes the simulated phones and the simulated network. */
import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import { HandsetQuery, HandsetScreen, handsetPath } from '../simulator/handsets.ts'
import { failed, text } from './answers.ts'
import { createNumbering } from '../../ussd/numbering.ts'

const screenHeaders = z.object({
  'Ussd-Session': z.string().meta({ description: 'Session id of the dialogue', example: 'ATUid_3f9c1d7a' }),
  'Ussd-State': HandsetScreen.shape.state,
  'Ussd-Alphabet': HandsetScreen.shape.alphabet,
  'Ussd-Octets': z.string().meta({ description: 'Length of the text in octets', example: '76' }),
  'Ussd-Input': HandsetScreen.shape.asks,
})

const screen = {
  description: 'The screen of the phone and a line feed; JSON has the headers as fields, and no line feed',
  headers: screenHeaders,
  content: {
    'text/plain': { schema: z.string(), example: 'Придумайте пароль: 5-10 цифр\n' },
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

const path = handsetPath(createNumbering({ countries: 'any' }))

const onThisPhone = {
  tags: ['Handsets'],
  security: [{ adminBearer: [] }, { adminBasic: [] }, {}],
  requestParams: { path },
} satisfies Partial<ZodOpenApiOperationObject>

const accessFailures = {
  ...failed('USSD_BAD_REQUEST', 'Not a mobile number, or not one of the project'),
  ...failed('USSD_REFUSED', 'Sent from another machine without the admin token'),
}

export const handset: ZodOpenApiPathItemObject = {
  description:
    'A simulated phone. Requires `SIMULATOR=on`. Errors are plain text, or JSON with `Accept: application/json`.',
  get: {
    ...onThisPhone,
    operationId: 'getHandsetScreen',
    summary: 'Get the current screen',
    responses: {
      200: screen,
      ...accessFailures,
    },
  },
  post: {
    ...onThisPhone,
    operationId: 'typeOnHandset',
    summary: 'Type a line: a code when the phone is idle, a reply in a dialogue',
    requestParams: { path, query: HandsetQuery },
    requestBody: {
      required: true,
      content: { 'text/plain': { schema: z.string().max(182), example: '*141*0#' } },
    },
    responses: {
      200: screen,
      ...failed(
        'USSD_BAD_REQUEST',
        'Input that a phone cannot send, or an unknown dialect, profile or fault',
      ),
      ...failed(
        'USSD_REFUSED',
        'Sent from another machine without the admin token, or the target is not allowed',
      ),
      ...failed('USSD_TOO_LARGE', 'Longer than one USSD message'),
    },
  },
  delete: {
    ...onThisPhone,
    operationId: 'hangUpHandset',
    summary: 'Hang up',
    responses: {
      204: { description: 'The phone is idle' },
      ...accessFailures,
    },
  },
}

/** @param record the schema of a record without its secrets */
export const handsetSubscriber = (record: z.ZodType): ZodOpenApiPathItemObject => ({
  get: {
    ...onThisPhone,
    operationId: 'getHandsetSubscriber',
    summary: "Get the record of the phone's subscriber, without secrets",
    responses: {
      200: {
        description: 'The record',
        content: { 'application/json': { schema: record } },
      },
      ...accessFailures,
      ...failed('USSD_NOT_FOUND', 'The number is not registered'),
    },
  },
})

export const handsetWalkthrough: ZodOpenApiPathItemObject = {
  description: 'The recording that started with `?record=on`.',
  get: {
    ...onThisPhone,
    operationId: 'readRecordedWalkthrough',
    summary: 'Get the recorded test script, with placeholders for secrets',
    responses: {
      200: {
        description: 'A script for `npm run walk`',
        content: { 'application/yaml': { schema: z.string(), example: 'title: …\nturns:\n  - sees: …\n' } },
      },
      ...accessFailures,
      ...failed('USSD_NOT_FOUND', 'Nothing was recorded'),
    },
  },
  delete: {
    ...onThisPhone,
    operationId: 'forgetRecordedWalkthrough',
    summary: 'Stop and delete the recording',
    responses: { 204: { description: 'No recording' }, ...accessFailures },
  },
}

const xml = (example: string) => ({ 'text/xml': { schema: z.string(), example } })

export const networkPush: ZodOpenApiOperationObject = {
  operationId: 'pushToHandset',
  tags: ['Handsets'],
  summary: 'Push a question or notification to a simulated phone, in the RestComm dialect',
  description:
    'Requires `SIMULATOR=on`. The first POST names the phone. Later ones send the cookie of its response; `<dialog prearrangedEnd="false"/>` ends the dialogue. A question waits for input at `/handsets`. A phone that was never used is absent.',
  security: [{ adminBearer: [] }, { adminBasic: [] }, {}],
  requestBody: {
    required: true,
    content: xml(
      '<dialog mapMessagesSize="1"><unstructuredSSRequest_Request invokeId="1" dataCodingScheme="15" string="1 Yes"><msisdn number="375291234567" nai="international_number" npi="ISDN"/></unstructuredSSRequest_Request></dialog>',
    ),
  },
  responses: {
    200: {
      description: 'The reply of the subscriber, or the error',
      content: xml(
        '<dialog type="Continue" mapMessagesSize="1"><errComponents/><unstructuredSSRequest_Response invokeId="1" dataCodingScheme="15" string="1"/></dialog>',
      ),
    },
    400: text(
      'Not a dialog of this dialect, or the dialogue has ended',
      'The body must be a dialog element.',
    ),
    ...failed('USSD_REFUSED', 'Sent from another machine without the admin token'),
    413: text('Larger than 8 kB', 'The dialog is larger than 8 kB.'),
  },
}

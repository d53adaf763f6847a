/** The description of what is dialled over: an aggregator's callbacks, and the simulated phones. */
import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import { msisdn, sessionId, typed, ussdString } from '../dialects/fields.ts'
import { HandsetPath, HandsetScreen } from './handsets.ts'
import { failed, text } from './openapi-answers.ts'

const form = 'application/x-www-form-urlencoded'

export const africasTalking: ZodOpenApiOperationObject = {
  operationId: 'takeTurnOfAfricasTalking',
  tags: ['Callbacks'],
  summary: "One turn of a dialogue, in the dialect of Africa's Talking",
  description:
    'Every answer so far stands in `text`, joined with `*`; it is empty at the begin. The same callback again gets the same answer and has no second effect. Errors too are answered as `END` and a sentence.',
  security: [{ callbackBearer: [] }, { callbackBasic: [] }, { callbackQuery: [] }, {}],
  requestBody: {
    required: true,
    content: {
      [form]: {
        schema: z.object({
          sessionId: sessionId.meta({
            description: "The aggregator's handle of the dialogue",
            example: 'ATUid_3f9c1d7a',
          }),
          phoneNumber: msisdn.meta({ description: 'The subscriber, in any form', example: '+375291234567' }),
          serviceCode: ussdString.meta({ description: 'What was dialled', example: '*141*3*6#' }),
          text: typed.meta({ description: 'Every answer so far, joined with `*`', example: '1*2' }),
          networkCode: z.string().optional().meta({ description: 'Not looked at', example: '25701' }),
        }),
      },
    },
  },
  responses: {
    200: text(
      'The screen behind `CON ` (the dialogue goes on with an answer) or `END ` (it is over)',
      'CON Доступ открыт\n1 Закрыть\n0 Выход',
    ),
    400: text('Not of the form of this dialect', 'END Bad request: phoneNumber is missing'),
    401: text('The token is missing or wrong', 'END Unauthorised: the token is missing or wrong'),
    403: text(
      'Sent by a page of another site, where no token is asked for',
      'END Refused: a page of another site may not call here',
    ),
    405: text('Not POST', 'END Bad request: it takes POST'),
    413: text('Larger than 8 kB', 'END Bad request: the body is too large'),
  },
}

const screenHeaders = z.object({
  'Ussd-Session': z.string().meta({ description: 'Session id of the dialogue', example: 'ATUid_3f9c1d7a' }),
  'Ussd-State': HandsetScreen.shape.state,
  'Ussd-Alphabet': HandsetScreen.shape.alphabet,
  'Ussd-Octets': z.string().meta({ description: 'What the text takes on the air', example: '76' }),
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
    requestParams: { path: HandsetPath },
    requestBody: {
      required: true,
      content: { 'text/plain': { schema: z.string().max(182), example: '*141*0#' } },
    },
    responses: {
      200: screen,
      ...failed('USSD_BAD_REQUEST', 'Nothing a phone can send'),
      ...failed('USSD_REFUSED', 'Not from this machine, and no admin token'),
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

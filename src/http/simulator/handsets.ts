import { Router } from 'express'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { fieldProblem, msisdn } from '../../dialects/encoding/fields.ts'
import { errorMessages } from '../../engine/errors.ts'
import type { ErrorCode } from '../../engine/errors.ts'
import type { Handsets } from '../../simulator/handset.ts'
import type { ResolveRoute } from '../../simulator/routes.ts'
import type { Screen } from '../../simulator/screen.ts'
import { readBody } from '../body.ts'
import { comesFromAnotherSite, comesThroughProxy, hasForeignOrigin } from '../callback-guard.ts'
import { trust } from '../connections.ts'
import { errorBody } from '../failures.ts'
import { inputHeaders } from '../input-headers.ts'
import type { Recordings } from './recordings.ts'

/** More than the longest input, 182 characters, takes in UTF-8. */
const INPUT_LIMIT_BYTES = 2048

/** Which phone: a Belarusian mobile number in any form that is written, percent-encoded where it needs to be. */
export const HandsetPath = z.object({
  msisdn: msisdn.meta({
    description: 'Mobile number of Belarus, in any form that is written',
    example: '+375291234567',
  }),
})

const word = (description: string, example: string) =>
  z
    .string({ error: 'is given twice' })
    .max(2000, { error: 'is too long' })
    .optional()
    .meta({ description, example })

/** Where the dialogue that begins now leads; one in progress stays where it began. */
export const HandsetQuery = z.strictObject({
  url: word(
    "Another application's callback, of those that `SIMULATOR_TARGETS` names",
    'http://127.0.0.1:3000/ussd',
  ),
  dialect: word('In which wire format it is called', 'africastalking'),
  profile: word('The carrier, and figures that overrule its own', 'safaricom,idle=60s'),
  events: word(
    'Where the application of `url` hears that a dialogue is over',
    'http://127.0.0.1:3000/events',
  ),
  faults: word('What the network does wrong, and how often', 'duplicate=0.2,delay=0.1:50ms,drop=0.1:retry'),
  seed: word('The same seed brings the same faults', '7'),
  record: z
    .literal('on', { error: 'is on, or is left out' })
    .optional()
    .meta({ description: 'This and all that follows on this phone is written down as a walkthrough' }),
})

/** What a phone shows, as JSON. In plain text the text is the body and the rest are headers `Ussd-…`. */
export const HandsetScreen = z.object({
  session: z
    .string()
    .meta({ description: "The dialogue's session id; empty where the screen is of no dialogue" }),
  state: z.enum(['waiting', 'ended']).meta({ description: '`waiting`: the dialogue goes on with an answer' }),
  text: z.string(),
  alphabet: z.enum(['gsm7', 'ucs2']),
  octets: z.int().min(0).meta({ description: 'What the text takes on the air; one USSD message takes 160' }),
  problem: z
    .string()
    .optional()
    .meta({ description: 'What went wrong: a sentence about the application, or the network' }),
  faults: z
    .array(z.enum(['duplicate', 'delay', 'drop', 'reorder', 'reset', 'begin']))
    .readonly()
    .optional()
    .meta({ description: 'What the network did to this turn because it was asked to' }),
  asks: z
    .enum(['secret', 'plain'])
    .optional()
    .meta({ description: 'What a waiting screen asks for: a secret, or an answer everybody may see' }),
})

/**
 * Simulated phones, for `curl`: `POST` types a line on one, `GET` looks at its screen, `DELETE` hangs up. The body is what is
 * typed, whatever content type is given, and is never logged. Everything is said in plain text, or in JSON to who accepts
 * nothing else.
 *
 * @param lines where a dialogue may lead, as the query says it
 * @param access lets through whoever may use the phones
 */
export function handsetRoutes(options: {
  readonly handsets: Handsets
  readonly lines: ResolveRoute
  readonly recordings: Recordings
  readonly access: RequestHandler
}): Router {
  const { handsets, lines, recordings } = options
  const router = Router()

  router
    .route('/handsets/:msisdn')
    .all(options.access)
    .get((request, response) => {
      const phone = msisdnOf({ request, response })
      if (phone !== undefined) show(handsets.screen(phone), { request, response })
    })
    .delete((request, response) => {
      const phone = msisdnOf({ request, response })
      if (phone === undefined) return
      handsets.hangUp(phone)
      recordings.hungUp(phone)
      response.status(204).end()
    })
    .post(async (request, response) => {
      const phone = msisdnOf({ request, response })
      if (phone === undefined) return
      const query = HandsetQuery.safeParse(request.query)
      if (!query.success) {
        return sendError('USSD_BAD_REQUEST', `${fieldProblem(query.error)}.`, { request, response })
      }
      const { record, ...wanted } = query.data
      const chosen = lines(wanted)
      if (chosen.kind !== 'line') {
        const code = chosen.kind === 'refused' ? 'USSD_REFUSED' : 'USSD_BAD_REQUEST'
        return sendError(code, chosen.sentence, { request, response })
      }
      const body = await readBody(request, INPUT_LIMIT_BYTES).catch(() => null)
      if (body === null) return void response.destroy()
      if (body === undefined) {
        response.setHeader('Connection', 'close')
        return sendError(
          'USSD_TOO_LARGE',
          'This is too long: one USSD message takes at most 182 characters.',
          {
            request,
            response,
          },
        )
      }
      // What a decoder writes for octets that are not UTF-8; nobody types it.
      if (body.includes('\ufffd')) {
        return sendError('USSD_BAD_REQUEST', 'What is typed must be UTF-8.', { request, response })
      }
      // `curl --data-binary @file` and `echo` end the line, and a phone has no such key.
      const text = body.replace(/\r?\n$/, '')
      const typed = await handsets.type(phone, text, chosen.line)
      if (typed.kind === 'refused')
        return sendError('USSD_BAD_REQUEST', typed.sentence, { request, response })
      if (record) recordings.begin(phone)
      await recordings.typed(phone, { text, before: typed.before, after: typed.screen })
      show(typed.screen, { request, response })
    })
    .all(phoneMethods('GET', 'HEAD', 'POST', 'DELETE'))
  return router
}

/**
 * Lets those through who may act as any subscriber: whoever types on the phones holds everybody's.
 *
 * @param isAllowed for those without the admin token
 */
export function handsetAccess(
  isAllowed: (request: Request) => boolean,
  isAdmin: (request: Request) => boolean = () => false,
): RequestHandler {
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    response.vary('Accept')
    const exchange = { request, response }
    const isForeign = 'A page of another site may not use the phones.'
    if (hasForeignOrigin(request.headers)) return sendError('USSD_REFUSED', isForeign, exchange)
    if (isAdmin(request)) {
      trust(request.socket)
      return next()
    }
    if (comesThroughProxy(request)) {
      const sentence =
        'This came through a proxy. Send the admin token: without it, only direct calls from this machine are served.'
      return sendError('USSD_REFUSED', sentence, exchange)
    }
    if (comesFromAnotherSite(request)) return sendError('USSD_REFUSED', isForeign, exchange)
    if (!isAllowed(request)) {
      const sentence = 'The phones are for this machine, or for the admin token.'
      return sendError('USSD_REFUSED', sentence, exchange)
    }
    next()
  }
}

export interface Exchange {
  readonly request: Request
  readonly response: Response
}

/** E.164, or `undefined` when the path has no number of ours and that was answered. */
export function msisdnOf({ request, response }: Exchange): string | undefined {
  const path = HandsetPath.safeParse(request.params)
  if (path.success) return path.data.msisdn
  sendError('USSD_BAD_REQUEST', `${fieldProblem(path.error)}.`, { request, response })
  return undefined
}

function show(screen: Screen, { request, response }: Exchange): void {
  response.setHeader('Ussd-Session', screen.session)
  response.setHeader('Ussd-State', screen.state)
  response.setHeader('Ussd-Alphabet', screen.alphabet)
  response.setHeader('Ussd-Octets', screen.octets)
  if (screen.asks !== undefined) {
    for (const [name, value] of Object.entries(inputHeaders(screen.asks))) response.setHeader(name, value)
  }
  answer(
    200,
    { text: screen.text, json: screen satisfies z.output<typeof HandsetScreen> },
    { request, response },
  )
}

/** Goes last at an address of a phone: answers the methods that it does not take. */
export const phoneMethods =
  (...methods: readonly string[]): RequestHandler =>
  (request, response) => {
    response.set('Allow', methods.join(', '))
    sendError('USSD_METHOD_NOT_ALLOWED', `This address takes ${methods.join(', ')}.`, { request, response })
  }

export function sendError(code: ErrorCode, sentence: string, exchange: Exchange): void {
  answer(errorMessages[code].status, { text: sentence, json: errorBody(code, sentence) }, exchange)
}

/** Not with `response.send`: it would tag what is typed and shown, and answer a second look at it with 304. */
function answer(
  status: number,
  body: { readonly text: string; readonly json: object },
  { request, response }: Exchange,
): void {
  const isJson = request.accepts('text/plain', 'application/json') === 'application/json'
  response.status(status)
  response.setHeader('Content-Type', isJson ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8')
  response.end(isJson ? JSON.stringify(body.json) : body.text)
}

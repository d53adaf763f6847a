import { Router } from 'express'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { describeIssue, msisdnOf } from '../../dialects/encoding/fields.ts'
import { errorMessages } from '../../engine/errors.ts'
import type { ErrorCode } from '../../engine/errors.ts'
import type { Handsets } from '../../simulator/handset.ts'
import type { RouteResolver } from '../../simulator/routes.ts'
import type { Screen } from '../../simulator/screen.ts'
import { ofAnyCountry } from '../../ussd/numbering.ts'
import type { Numbering } from '../../ussd/numbering.ts'
import { readBody } from '../body.ts'
import { comesFromAnotherSite, comesThroughProxy, hasForeignOrigin } from '../callback-guard.ts'
import { trust } from '../connections.ts'
import { errorBody } from '../failures.ts'
import { inputHeaders } from '../input-headers.ts'
import type { Recordings } from './recordings.ts'

/** Larger than the longest input, 182 characters, in UTF-8. */
const INPUT_LIMIT_BYTES = 2048

/**
 * The path parameters: a number in any written form, percent-encoded. A phone that called another application has a number of
 * any country.
 */
export const handsetPath = (numbering: Numbering) =>
  z.object({
    msisdn: msisdnOf(numbering).meta({
      description:
        "Mobile number of the project's countries, or, with `url`, of any country; in any written form",
      example: '+375291234567',
    }),
  })

const word = (description: string, example: string) =>
  z
    .string({ error: 'must be given once' })
    .max(2000, { error: 'must be at most 2000 characters' })
    .optional()
    .meta({ description, example })

/** The target of a new dialogue. A dialogue in progress keeps its target. */
export const HandsetQuery = z.strictObject({
  url: word(
    'Callback URL of another application, allowed by `SIMULATOR_TARGETS`',
    'http://127.0.0.1:3000/ussd',
  ),
  dialect: word('Dialect of the callbacks', 'africastalking'),
  serviceCode: word(
    'Registered code; the application receives what the aggregator sends for a longer dialled string',
    '*384*123#',
  ),
  profile: word('Carrier profile, with values to override', 'safaricom,idle=60s'),
  events: word('URL that receives the end of a dialogue', 'http://127.0.0.1:3000/events'),
  faults: word('Faults to inject, with probabilities', 'duplicate=0.2,delay=0.1:50ms,drop=0.1:retry'),
  network: word('Code or name of the network in the callbacks', '63902'),
  seed: word('Seed of the faults', '7'),
  record: z
    .literal('on', { error: 'must be on, or omitted' })
    .optional()
    .meta({ description: 'Starts a recording of this phone as a test script' }),
})

/** The screen as JSON. In plain text, the body is the text and the other fields are `Ussd-…` headers. */
export const HandsetScreen = z.object({
  session: z.string().meta({ description: 'Session id of the dialogue; empty without a dialogue' }),
  state: z.enum(['waiting', 'ended']).meta({ description: '`waiting`: the dialogue continues with a reply' }),
  text: z.string(),
  alphabet: z.enum(['gsm7', 'ucs2']),
  octets: z.int().min(0).meta({ description: 'Length of the text in octets; a USSD message has 160' }),
  problem: z.string().optional().meta({ description: 'Error of the application or the network' }),
  faults: z
    .array(z.enum(['duplicate', 'delay', 'drop', 'reorder', 'reset', 'begin']))
    .readonly()
    .optional()
    .meta({ description: 'Faults injected into this turn' }),
  asks: z
    .enum(['secret', 'plain'])
    .optional()
    .meta({ description: 'Input that a waiting screen asks for: a secret, or an open reply' }),
})

/**
 * Serves simulated phones: `POST` types a line, `GET` returns the screen, `DELETE` hangs up. The body is the input; its content
 * type is ignored, and it is never logged. Responses are plain text, or JSON by `Accept`.
 */
export function handsetRoutes(options: {
  readonly numbering: Numbering
  readonly handsets: Handsets
  readonly resolveRoute: RouteResolver
  readonly recordings: Recordings
  readonly access: RequestHandler
}): Router {
  const { numbering, handsets, resolveRoute, recordings } = options
  const onPhone = phoneRoute(numbering)
  const router = Router()

  router
    .route('/handsets/:msisdn')
    .all(options.access)
    .get(onPhone((phone, exchange) => show(handsets.screen(phone), exchange)))
    .delete(
      onPhone((phone, { response }) => {
        handsets.hangUp(phone)
        recordings.recordHangUp(phone)
        response.status(204).end()
      }),
    )
    .post(
      onPhone(async (phone, exchange) => {
        const { request, response } = exchange
        const query = HandsetQuery.safeParse(request.query)
        if (!query.success) return sendError('USSD_BAD_REQUEST', `${describeIssue(query.error)}.`, exchange)
        const { record, ...routeQuery } = query.data
        const isForeign = numbering.parse(phone).kind === 'reject'
        if (isForeign && query.data.url === undefined && handsets.screen(phone).state !== 'waiting')
          return sendError('USSD_BAD_REQUEST', `Bad request: msisdn ${numbering.requirement}.`, exchange)
        const resolved = resolveRoute(routeQuery)
        if (resolved.kind !== 'route') {
          const code = resolved.kind === 'refused' ? 'USSD_REFUSED' : 'USSD_BAD_REQUEST'
          return sendError(code, resolved.message, exchange)
        }
        const body = await readBody(request, INPUT_LIMIT_BYTES).catch(() => null)
        if (body === null) return void response.destroy()
        if (body === undefined) {
          response.setHeader('Connection', 'close')
          const message = 'This is too long: one USSD message takes at most 182 characters.'
          return sendError('USSD_TOO_LARGE', message, exchange)
        }
        // The replacement character of the decoder: the body is not UTF-8.
        if (body.includes('\ufffd'))
          return sendError('USSD_BAD_REQUEST', 'The input must be UTF-8.', exchange)
        // `curl --data-binary @file` and `echo` append a line feed. A phone cannot type one.
        const text = body.replace(/\r?\n$/, '')
        const typed = await handsets.type(phone, text, resolved.route)
        if (typed.kind === 'refused') return sendError('USSD_BAD_REQUEST', typed.message, exchange)
        if (record) recordings.begin(phone)
        await recordings.recordInput(phone, { text, before: typed.before, after: typed.screen })
        show(typed.screen, exchange)
      }),
    )
    .all(phoneMethods('GET', 'HEAD', 'POST', 'DELETE'))
  return router
}

/**
 * Creates the access check of the phones. A caller can act as any subscriber.
 *
 * @param isAllowed decides on requests without the admin token
 */
export function handsetAccess(
  isAllowed: (request: Request) => boolean,
  isAdmin: (request: Request) => boolean = () => false,
): RequestHandler {
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    response.vary('Accept')
    const exchange = { request, response }
    const foreignPage = 'Pages of other sites may not use the phones.'
    if (hasForeignOrigin(request.headers)) return sendError('USSD_REFUSED', foreignPage, exchange)
    if (isAdmin(request)) {
      trust(request.socket)
      return next()
    }
    if (comesThroughProxy(request)) {
      const message =
        'The request came through a proxy. Send the admin token; without it, only direct calls from this machine are served.'
      return sendError('USSD_REFUSED', message, exchange)
    }
    if (comesFromAnotherSite(request)) return sendError('USSD_REFUSED', foreignPage, exchange)
    if (!isAllowed(request)) {
      const message =
        'The phones accept calls from this machine only. Send the admin token to call from another one.'
      return sendError('USSD_REFUSED', message, exchange)
    }
    next()
  }
}

export interface Exchange {
  readonly request: Request
  readonly response: Response
}

/**
 * Returns a function that creates the handler of a route for one phone. `handle` receives its number in E.164. An invalid
 * number is answered with 400.
 */
export function phoneRoute(numbering: Numbering) {
  const { requirement } = numbering
  const schema = handsetPath({ ...ofAnyCountry(numbering), requirement })
  return (handle: (msisdn: string, exchange: Exchange) => void | Promise<void>): RequestHandler =>
    (request, response) => {
      const exchange = { request, response }
      const path = schema.safeParse(request.params)
      if (path.success) return handle(path.data.msisdn, exchange)
      sendError('USSD_BAD_REQUEST', `${describeIssue(path.error)}.`, exchange)
    }
}

function show(screen: Screen, exchange: Exchange): void {
  const { response } = exchange
  response.setHeader('Ussd-Session', screen.session)
  response.setHeader('Ussd-State', screen.state)
  response.setHeader('Ussd-Alphabet', screen.alphabet)
  response.setHeader('Ussd-Octets', screen.octets)
  if (screen.asks !== undefined) {
    for (const [name, value] of Object.entries(inputHeaders(screen.asks))) response.setHeader(name, value)
  }
  answer(200, { text: screen.text, json: screen satisfies z.output<typeof HandsetScreen> }, exchange)
}

/** Answers 405 to every other method. Register it last at an address of a phone. */
export const phoneMethods =
  (...methods: readonly string[]): RequestHandler =>
  (request, response) => {
    response.set('Allow', methods.join(', '))
    const message = `Use one of the methods ${methods.join(', ')}.`
    sendError('USSD_METHOD_NOT_ALLOWED', message, { request, response })
  }

export function sendError(code: ErrorCode, message: string, exchange: Exchange): void {
  answer(errorMessages[code].status, { text: message, json: errorBody(code, message) }, exchange)
}

/** Avoids `response.send`, which would add an ETag and answer 304 to a second request. */
function answer(
  status: number,
  body: { readonly text: string; readonly json: object },
  { request, response }: Exchange,
): void {
  const isJson = request.accepts('text/plain', 'application/json') === 'application/json'
  response.status(status)
  response.setHeader('Content-Type', isJson ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8')
  // The line feed keeps a shell prompt off the screen. It is not part of the text.
  response.end(isJson ? JSON.stringify(body.json) : `${body.text}\n`)
}

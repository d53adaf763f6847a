import type { RequestHandler, Response } from 'express'
import { malformed } from '../dialects/dialect.ts'
import type { Dialect, Echo, Malformed, Method, WireRequest, WireResponse } from '../dialects/dialect.ts'
import { parseShortCode } from '../dialects/encoding/fields.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Answer, Callback, Ended, SignedDelivery } from '../gateway/ports.ts'
import type { Numbering } from '../ussd/numbering.ts'
import { mayBeDiscarded, readBytes } from './body.ts'
import type { CallbackGuard } from './callback-guard.ts'
import { trust } from './connections.ts'
import { inputHeaders } from './input-headers.ts'

/** Far above the longest callback of any dialect. */
const CALLBACK_LIMIT_BYTES = 8192

/**
 * Delays the reply to a callback shed by admission control. An aggregator sends nothing else on a connection that waits, so
 * the delay reduces load (decision 0035).
 */
const SHED_DELAY_MS = 200

interface CallbackContext {
  readonly gateway: Gateway
  readonly numbering: Numbering
  readonly guard: CallbackGuard
  /** Reports that the connection closed before the body was complete. */
  readonly onAborted: (dialect: string) => void
}

/**
 * Creates the route of a dialect. It answers in the dialect, errors too. The guard runs before anything is parsed. The body is
 * never logged: cumulative dialects repeat every earlier secret in it.
 */
export function callbackRoute(
  dialect: Dialect,
  { gateway, numbering, guard, onAborted }: CallbackContext,
): RequestHandler {
  return async (request, response) => {
    const admitted = guard.admit(request)
    if (admitted.kind === 'rejected') {
      return send(response, dialect.formatError(admitted.status, admitted.message))
    }
    const path = request.path.slice(`/ussd/${dialect.name}`.length)
    if (mayBeDiscarded(request, CALLBACK_LIMIT_BYTES) && dialect.canAnswerUnread?.(path)) {
      const busy = gateway.tryShed(dialect.name)
      if (busy) {
        await pause(SHED_DELAY_MS)
        return send(response, dialect.formatAnswer(busy, {}))
      }
    }
    const bytes = await readBytes(request, CALLBACK_LIMIT_BYTES).catch(() => null)
    if (bytes === null) {
      onAborted(dialect.name)
      return void response.destroy()
    }
    if (bytes === undefined) {
      response.setHeader('Connection', 'close')
      return send(response, dialect.formatError(413, 'Bad request: the body is too large'))
    }
    if (!admitted.isIntact(path, bytes)) {
      return send(response, dialect.formatError(guard.unauthorised.status, guard.unauthorised.message))
    }
    // Express parses the query anew each time it is read.
    const query = request.url.includes('?') ? (request.query as Record<string, string | string[]>) : {}
    const code = codeOf(query)
    if (code.kind === 'malformed') return send(response, dialect.formatError(400, code.message))
    const parsed = dialect.parseRequest({
      method: request.method as Method,
      path,
      query,
      headers: request.headers as Record<string, string>,
      body: bytes.toString(),
      code: code.code,
    })
    switch (parsed.kind) {
      case 'malformed':
        return send(response, dialect.formatError(400, parsed.message))
      case 'ended': {
        const ended = parsed.ended && resolveNumber(parsed.ended, numbering)
        if (ended?.kind === 'malformed') return send(response, dialect.formatError(400, ended.message))
        // A number outside the numbering has no dialogue.
        if (ended?.kind === 'served') await gateway.end(signed(ended.received, admitted.signed))
        trust(request.socket)
        return send(response, dialect.formatEnded(parsed.echo))
      }
      case 'callback': {
        const callback = resolveNumber(parsed.callback, numbering)
        if (callback.kind === 'malformed') return send(response, dialect.formatError(400, callback.message))
        const answer =
          callback.kind === 'served'
            ? await gateway.turn(signed(callback.received, admitted.signed))
            : gateway.refuse(parsed.callback)
        trust(request.socket)
        return sendAnswer(response, dialect, answer, parsed.echo)
      }
    }
  }
}

/** Returns the short code of the address. A `#` that is not percent-encoded never arrives, so the code may lack it. */
function codeOf({
  code,
}: WireRequest['query']): Malformed | { readonly kind: 'code'; readonly code: string | undefined } {
  if (code === undefined) return { kind: 'code', code }
  if (typeof code !== 'string') return malformed('Bad request: code must be given once in the address')
  const parsed = parseShortCode(code)
  return parsed === undefined
    ? malformed('Bad request: code in the address must be a USSD code such as *141%23')
    : { kind: 'code', code: parsed }
}

/** The number of a callback, resolved. `outside`: a number that the project does not serve. */
type Resolved<T> =
  | { readonly kind: 'served'; readonly received: T }
  | { readonly kind: 'outside' }
  | { readonly kind: 'malformed'; readonly message: string }

/** Replaces the number as the aggregator wrote it with its E.164 form, the only one that is stored. */
function resolveNumber<T extends Callback | Ended>(received: T, numbering: Numbering): Resolved<T> {
  const number = numbering.parse(received.msisdn)
  if (number.kind === 'msisdn') return { kind: 'served', received: { ...received, msisdn: number.e164 } }
  return number.why === 'foreign' || number.why === 'not-mobile'
    ? { kind: 'outside' }
    : { kind: 'malformed', message: `Bad request: the number ${numbering.requirement}` }
}

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms))

const signed = <T extends Callback | Ended>(parsed: T, delivery: SignedDelivery | undefined): T =>
  delivery === undefined ? parsed : { ...parsed, signed: delivery }

/** Sends the answer in the dialect. Headers tell simulators and recorders what kind of input the screen asks for. */
function sendAnswer(response: Response, dialect: Dialect, answer: Answer, echo: Echo): void {
  const wire = dialect.formatAnswer(answer, echo)
  if (!answer.waits) return send(response, wire)
  send(response, {
    ...wire,
    headers: { ...wire.headers, ...inputHeaders(answer.asksSecret ? 'secret' : 'plain') },
  })
}

/** Writes the response in one piece. `response.send` would compute a charset and an ETag for every answer. */
function send(response: Response, { status, type, body, headers }: WireResponse): void {
  response.writeHead(status, {
    ...headers,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

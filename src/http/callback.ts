import type { Request, RequestHandler, Response } from 'express'
import type { Dialect, Echo, Method, WireResponse } from '../dialects/dialect.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Answer } from '../gateway/ports.ts'
import { readBody } from './body.ts'
import type { createTokenCheck } from './tokens.ts'

/** The longest callback a dialect writes is far below this. */
const CALLBACK_LIMIT_BYTES = 8192

/**
 * Where an aggregator calls: its dialect in, its dialect out, errors too. The body is never logged: dialects that accumulate
 * answers send every earlier secret again. `tokenCheck` is undefined only where nobody but this machine can call.
 */
export function callbackRoute(
  dialect: Dialect,
  gateway: Gateway,
  tokenCheck: ReturnType<typeof createTokenCheck> | undefined,
): RequestHandler {
  return async (request, response) => {
    if (tokenCheck && !tokenCheck(request, request.query['token'])) {
      return send(response, dialect.formatError(401, 'Unauthorised: the token is missing or wrong'))
    }
    if (!tokenCheck && comesFromAnotherSite(request)) {
      return send(response, dialect.formatError(403, 'Refused: a page of another site may not call here'))
    }
    const body = await readBody(request, CALLBACK_LIMIT_BYTES).catch(() => null)
    if (body === null) return void response.destroy()
    if (body === undefined) {
      response.setHeader('Connection', 'close')
      return send(response, dialect.formatError(413, 'Bad request: the body is too large'))
    }
    const parsed = dialect.parseRequest({
      method: request.method as Method,
      path: request.path.slice(`/ussd/${dialect.name}`.length),
      query: request.query as Record<string, string | string[]>,
      headers: request.headers as Record<string, string>,
      body,
    })
    switch (parsed.kind) {
      case 'malformed':
        return send(response, dialect.formatError(400, parsed.sentence))
      case 'ended':
        if (parsed.ended) await gateway.end(parsed.ended)
        return send(response, dialect.formatEnded(parsed.echo))
      case 'callback':
        return sendAnswer(response, dialect, await gateway.turn(parsed.callback), parsed.echo)
    }
  }
}

/**
 * Whether a page of another site asks: a browser says so itself, and a page whose host was made to point at this machine still
 * names that host. Without a token, it could otherwise dial in the name of whoever reads it.
 */
export function comesFromAnotherSite({ headers, socket }: Request): boolean {
  if (['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']))) return true
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  return isLoopback(socket.localAddress ?? '') && !isLoopback(host)
}

const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|::ffff:127(\.\d{1,3}){3})$/.test(host)

/** Beside the dialect's own answer, for whoever draws a phone or writes a dialogue down: what the screen asks for. */
function sendAnswer(response: Response, dialect: Dialect, answer: Answer, echo: Echo): void {
  const wire = dialect.formatAnswer(answer, echo)
  const asks = answer.waits && { 'Ussd-Asks': answer.asksSecret ? 'secret' : 'open' }
  send(response, asks ? { ...wire, headers: { ...wire.headers, ...asks } } : wire)
}

/** Written in one piece: `response.send` would compute a type, a charset and an ETag for every answer. */
function send(response: Response, { status, type, body, headers }: WireResponse): void {
  response.writeHead(status, {
    ...headers,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

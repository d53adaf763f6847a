import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { fieldProblem } from '../dialects/encoding/fields.ts'
import { UssdError } from '../engine/errors.ts'
import { readBytes } from './body.ts'
import { errorBody } from './failures.ts'

const JSON_LIMIT_BYTES = 4096
const NOT_JSON = 'Bad request: the body is not JSON, uncompressed, in UTF-8'

/**
 * A route whose body is JSON of one schema: uncompressed, at most 4 kB. What does not fit is answered with 400 and a sentence
 * that names the field, never its value. The body as it came does not outlive the parsing: secrets are wrapped from here on.
 *
 * Express's own parser reads a body that is too large to its end before it says so, and quotes one that it cannot parse.
 */
export function jsonRoute<T>(
  schema: z.ZodType<T>,
  handle: (body: T, request: Request, response: Response) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    if (!request.is('application/json')) {
      return badRequest(response, 'Bad request: the body is JSON, sent with Content-Type: application/json')
    }
    if (!isPlain(request)) return badRequest(response, NOT_JSON)
    const bytes = await readBytes(request, JSON_LIMIT_BYTES).catch(() => null)
    if (bytes === null) return void response.destroy()
    if (bytes === undefined) throw new UssdError('USSD_TOO_LARGE')
    const given = parseObject(bytes)
    if (given === undefined) return badRequest(response, NOT_JSON)
    const parsed = schema.safeParse(given)
    if (!parsed.success) return badRequest(response, fieldProblem(parsed.error))
    await handle(parsed.data, request, response)
  }
}

/** True without a content coding and without another charset than UTF-8. */
function isPlain({ headers }: Request): boolean {
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s;"]+)/i.exec(headers['content-type'] ?? '') ?? []
  return /^utf-?8$/i.test(charset) && /^identity$/i.test(headers['content-encoding'] ?? 'identity')
}

/** An object or an array in JSON; `undefined` for anything else. An empty body counts as an empty object. */
function parseObject(bytes: Uint8Array): object | undefined {
  if (bytes.length === 0) return {}
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

export const badRequest = (response: Response, sentence: string): void =>
  void response.status(400).json(errorBody('USSD_BAD_REQUEST', sentence))

/** Refuses with 401, and says how to do better (RFC 9110 15.5.2). */
export const unauthorised = (response: Response, sentence?: string): void =>
  void response.status(401).set('WWW-Authenticate', 'Bearer').json(errorBody('USSD_UNAUTHORISED', sentence))

/** What is answered about a subscriber stays in no cache. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

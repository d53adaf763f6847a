import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { describeIssue } from '../dialects/encoding/fields.ts'
import { UssdError } from '../engine/errors.ts'
import { readBytes } from './body.ts'
import { errorBody } from './failures.ts'

const JSON_LIMIT_BYTES = 4096
const NOT_JSON = 'Bad request: the body must be uncompressed JSON in UTF-8'

/**
 * Creates a route for a JSON body of one schema: uncompressed, at most 4 kB. Answers 400 with the name of the wrong field, never
 * its value. The schema wraps secrets; the raw body is dropped after parsing.
 *
 * Express's parser would read an oversized body to its end, and quote one that it cannot parse.
 */
export function jsonRoute<T>(
  schema: z.ZodType<T>,
  handle: (body: T, request: Request, response: Response) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    if (!request.is('application/json')) {
      return badRequest(response, 'Bad request: send JSON with Content-Type: application/json')
    }
    if (!isPlain(request)) return badRequest(response, NOT_JSON)
    const bytes = await readBytes(request, JSON_LIMIT_BYTES).catch(() => null)
    if (bytes === null) return void response.destroy()
    if (bytes === undefined) throw new UssdError('USSD_TOO_LARGE')
    const body = parseObject(bytes)
    if (body === undefined) return badRequest(response, NOT_JSON)
    const parsed = schema.safeParse(body)
    if (!parsed.success) return badRequest(response, describeIssue(parsed.error))
    await handle(parsed.data, request, response)
  }
}

/** Returns true for an uncompressed body in UTF-8. */
function isPlain({ headers }: Request): boolean {
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s;"]+)/i.exec(headers['content-type'] ?? '') ?? []
  return /^utf-?8$/i.test(charset) && /^identity$/i.test(headers['content-encoding'] ?? 'identity')
}

/** Parses an object or array; `undefined` for anything else. An empty body counts as an empty object. */
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

export const badRequest = (response: Response, message: string): void =>
  void response.status(400).json(errorBody('USSD_BAD_REQUEST', message))

/** Answers 401 with the scheme to use (RFC 9110 15.5.2). */
export const unauthorised = (response: Response, message?: string): void =>
  void response.status(401).set('WWW-Authenticate', 'Bearer').json(errorBody('USSD_UNAUTHORISED', message))

/** Keeps responses about a subscriber out of caches. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

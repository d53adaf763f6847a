import express from 'express'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { fieldProblem } from '../dialects/fields.ts'
import { failure } from './failures.ts'

const parser = express.json({ limit: 4096, inflate: false, strict: true })

/** What Express's parser refuses: it would quote the body, so it is said anew. Too large has a code of its own. */
const notJson: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  if (status === 413 || typeof status !== 'number' || status >= 500) return next(error)
  badRequest(response, 'Bad request: the body is not JSON, uncompressed, in UTF-8')
}

/**
 * A route whose body is JSON of one schema: uncompressed, at most 4 kB. What does not fit is answered with 400 and a sentence
 * that names the field, never its value. The body as it came does not outlive the parsing: secrets are wrapped from here on.
 */
export function jsonRoute<T>(
  schema: z.ZodType<T>,
  handle: (body: T, request: Request, response: Response) => Promise<void>,
): (RequestHandler | ErrorRequestHandler)[] {
  const accept: RequestHandler = async (request, response) => {
    const given: unknown = request.body
    request.body = undefined
    if (given === undefined) {
      return badRequest(response, 'Bad request: the body is JSON, sent with Content-Type: application/json')
    }
    const parsed = schema.safeParse(given)
    if (!parsed.success) return badRequest(response, fieldProblem(parsed.error))
    await handle(parsed.data, request, response)
  }
  return [parser, notJson, accept]
}

export const badRequest = (response: Response, sentence: string): void =>
  void response.status(400).json(failure('USSD_BAD_REQUEST', sentence))

/** Refuses with 401, and says how to do better (RFC 9110 15.5.2). */
export const unauthorised = (response: Response, sentence?: string): void =>
  void response.status(401).set('WWW-Authenticate', 'Bearer').json(failure('USSD_UNAUTHORISED', sentence))

/** What is answered about a subscriber stays in no cache. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

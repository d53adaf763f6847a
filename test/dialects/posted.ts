import type { Dialect, Malformed, ParsedRequest, WireResponse } from '../../src/dialects/dialect.ts'

/** Parses a body posted to a dialect: text, or a value to serialise as JSON. */
export const posted = (dialect: Dialect, body: unknown, path = ''): ParsedRequest =>
  dialect.parseRequest({
    method: 'POST',
    path,
    query: {},
    headers: {},
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

export const malformed = (problem: string): Malformed => ({
  kind: 'malformed',
  message: `Bad request: ${problem}`,
})

/** Returns a JSON answer with status 200. */
export const json = (fields: unknown): WireResponse => ({
  status: 200,
  type: 'application/json; charset=utf-8',
  body: typeof fields === 'string' ? fields : JSON.stringify(fields),
})

/** Bodies that are not JSON objects, and their errors. */
export const notJson: readonly (readonly [string, string])[] = [
  ['', 'the body must be JSON'],
  ['x', 'the body must be JSON'],
  ['{"a":1', 'the body must be JSON'],
  ['a=1&b=2', 'the body must be JSON'],
  ['null', 'the body must be a JSON object'],
  ['[]', 'the body must be a JSON object'],
  ['"a"', 'the body must be a JSON object'],
]

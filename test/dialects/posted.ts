import type { Dialect, ParsedRequest, WireResponse } from '../../src/dialects/dialect.ts'

/** What a dialect makes of a body that was posted to its address, given as text or as what becomes JSON. */
export const posted = (dialect: Dialect, body: unknown, path = ''): ParsedRequest =>
  dialect.parseRequest({
    method: 'POST',
    path,
    query: {},
    headers: {},
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

export const malformed = (problem: string) => ({ kind: 'malformed', sentence: `Bad request: ${problem}` })

/** An application's answer, or ours, as JSON. */
export const json = (fields: unknown): WireResponse => ({
  status: 200,
  type: 'application/json; charset=utf-8',
  body: typeof fields === 'string' ? fields : JSON.stringify(fields),
})

/** What a JSON dialect says of a body that is none. */
export const notJson: readonly (readonly [string, string])[] = [
  ['', 'the body is not JSON'],
  ['x', 'the body is not JSON'],
  ['{"a":1', 'the body is not JSON'],
  ['a=1&b=2', 'the body is not JSON'],
  ['null', 'the body is not a JSON object'],
  ['[]', 'the body is not a JSON object'],
  ['"a"', 'the body is not a JSON object'],
]

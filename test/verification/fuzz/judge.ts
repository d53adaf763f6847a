import { parse } from 'node:querystring'
import type { Dialect, Method, WireResponse } from '../../../src/dialects/dialect.ts'
import { canaries } from './corpus.ts'
import type { RawRequest } from './mutate.ts'

/** The size limit of a request body. */
export const BODY_LIMIT_BYTES = 8192

/** The circuit opens after several store timeouts (decision 0034). */
const OVERLOAD_FAULTS = [
  'USSD_BUSY',
  'USSD_TURN_TIMED_OUT',
  'USSD_STORE_UNAVAILABLE',
  'USSD_STORE_CIRCUIT_OPEN',
]

/** Returns true for a fault that an overloaded machine explains; any other fault is a defect. */
export const isOverloadFault = (fault: string): boolean => OVERLOAD_FAULTS.includes(fault)

/** Returns the problem of an answer: a 5xx, a leaked secret or a format other than the dialect's. `undefined` when it is valid. */
export function problemOf(dialect: Dialect, sent: RawRequest, response: WireResponse): string | undefined {
  const { status, body } = response
  if (status >= 500) return `status ${status}`
  // Oversized bodies are rejected unread.
  if (status >= 400 || sent.body.length > BODY_LIMIT_BYTES)
    return isError(dialect, response) ? undefined : `status ${status} in a wrong format`
  const path = sent.path.replace(/^\/$/, '')
  const parsed = dialect.parseRequest({
    method: sent.method as Method,
    path,
    query: { ...parse(sent.query) },
    headers: sent.headers,
    body: sent.body.toString(),
  })
  // Some dialects echo fields of the request.
  const echo = parsed.kind === 'malformed' ? '' : Object.values(parsed.echo).join('\n')
  if (canaries.some((canary) => body.includes(canary) && !echo.includes(canary)))
    return 'a secret in the answer'
  switch (parsed.kind) {
    case 'ended':
      return body === dialect.formatEnded(parsed.echo).body
        ? undefined
        : 'an end acknowledged in a wrong format'
    case 'malformed':
      // Some dialects report errors with status 200.
      return isError(dialect, response) ? undefined : 'a malformed callback was accepted'
    case 'callback': {
      const read = dialect.parseResponse(response)
      return read.kind === 'answer' ? undefined : `an answer in a wrong format: ${read.message}`
    }
  }
}

/** Returns true for an error in the dialect's format, with one of the gateway's error texts. */
function isError(dialect: Dialect, response: WireResponse): boolean {
  const rest = response.body.startsWith('{') ? '[^"]*' : '[^"<&]*'
  const pattern = new RegExp(`(?:Bad request|Unauthorised|Rejected): ${rest}`)
  const message = pattern.exec(response.body)?.[0].trimEnd()
  if (message === undefined) return false
  const code = /"responseExitCode":(\d{3})/.exec(response.body)?.[1]
  const own = dialect.formatError(Number(code ?? response.status), message)
  if (own.status !== response.status || own.type !== response.type) return false
  if (own.body === response.body) return true
  // Some dialects echo the request in errors: parsed as an answer, they must end the dialogue with the message.
  const read = dialect.parseResponse({ ...response, status: 200 })
  return read.kind === 'answer' && !read.answer.waits && read.answer.text === message
}

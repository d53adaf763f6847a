import { parse } from 'node:querystring'
import type { Dialect, Method, WireResponse } from '../../../src/dialects/dialect.ts'
import { marks } from './corpus.ts'
import type { Sent } from './mutate.ts'

/** What is read of a body. */
export const BODY_LIMIT_BYTES = 8192

/** The last follows the one before: when Redis has been late several times, it is left alone for a while (decision 0034). */
const LATE = ['USSD_BUSY', 'USSD_TURN_TIMED_OUT', 'USSD_STORE_UNAVAILABLE', 'USSD_STORE_CIRCUIT_OPEN']

/** A fault of a machine that has too much to do: it is late, and says so in form. Whatever else is a defect. */
export const isLate = (fault: string): boolean => LATE.includes(fault)

/** What is wrong with an answer; undefined where nothing is. Nobody is to see a secret, a 5xx, or another form than the dialect's. */
export function problemOf(dialect: Dialect, sent: Sent, response: WireResponse): string | undefined {
  const { status, body } = response
  if (status >= 500) return `status ${status}`
  // Too large for anything to be read of it.
  if (status >= 400 || sent.body.length > BODY_LIMIT_BYTES)
    return isError(dialect, response) ? undefined : `status ${status} out of form`
  const path = sent.path.replace(/^\/$/, '')
  const parsed = dialect.parseRequest({
    method: sent.method as Method,
    path,
    query: { ...parse(sent.query) },
    headers: sent.headers,
    body: sent.body.toString(),
  })
  // What an aggregator wants back it gets back.
  const echo = parsed.kind === 'malformed' ? '' : Object.values(parsed.echo).join('\n')
  if (marks.some((mark) => body.includes(mark) && !echo.includes(mark))) return 'a secret in the answer'
  switch (parsed.kind) {
    case 'ended':
      return body === dialect.formatEnded(parsed.echo).body ? undefined : 'an end acknowledged out of form'
    case 'malformed':
      // Where a dialect tells errors inside of 200.
      return isError(dialect, response) ? undefined : 'what is malformed was taken'
    case 'callback': {
      const read = dialect.parseResponse(response)
      return read.kind === 'answer' ? undefined : `an answer out of form: ${read.sentence}`
    }
  }
}

/** The dialect's own error: it ends the dialogue with a sentence of ours. */
function isError(dialect: Dialect, response: WireResponse): boolean {
  const isJson = response.body.startsWith('{')
  const said = isJson
    ? /(?:Bad request|Unauthorised|Rejected): [^"]*/
    : /(?:Bad request|Unauthorised|Rejected): [^"<&]*/
  const sentence = said.exec(response.body)?.[0]
  if (sentence === undefined) return false
  const trimmed = sentence.trimEnd()
  const code = /"responseExitCode":(\d{3})/.exec(response.body)?.[1]
  const own = dialect.formatError(Number(code ?? response.status), trimmed)
  if (own.status !== response.status || own.type !== response.type) return false
  if (own.body === response.body) return true
  // Some give the callback's own account back with it: read as an answer, it ends the dialogue with that sentence.
  const read = dialect.parseResponse({ ...response, status: 200 })
  return read.kind === 'answer' && !read.answer.waits && read.answer.text === trimmed
}

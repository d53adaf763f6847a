import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { malformed } from './dialect.ts'
import type { Dialect, Method, NetworkTurn, ParsedRequest, WireCall, WireRequest } from './dialect.ts'
import { codeOfBegin, describeIssue, dialledAt, msisdn, noCode, normaliseCode } from './encoding/fields.ts'
import { percentDecode, sessionId, typed } from './encoding/fields.ts'
import { jsonResponse, jsonText, readRequest, readResponse, screenText } from './encoding/json.ts'
import { postJson } from './encoding/json-dialect.ts'
import { unnumbered } from './encoding/latest-input.ts'

/** `imsi`, `language`, `optional` and `ussdGwId` are ignored. Some deployments send no `shortCode`. */
const Request = z.object({
  msisdn: jsonText(msisdn),
  text: jsonText(typed),
  shortCode: z.unknown().optional(),
})

const Response = z.object({
  responseExitCode: z.literal(200, { error: 'must be 200' }),
  ussdMenu: screenText,
  shouldClose: z.boolean({ error: 'must be true or false' }),
})

const Session = z.object({ sessionId })

const resource = /^\/session\/([^/]+)\/(start|response|end|status)\/?$/i

type Step = 'start' | 'response' | 'end' | 'status'

const methodOf: Record<Step, Method> = { start: 'POST', response: 'POST', end: 'PUT', status: 'GET' }

/** The bodies of an end request. Infobip publishes no table of the exit codes. */
const endBodies = {
  cancelled: { reason: 'user abort', exitCode: 500 },
  'timed-out': { reason: 'timeout', exitCode: 500 },
  failed: { reason: 'application error', exitCode: 500 },
}

/**
 * Infobip. JSON goes to four URLs that contain the session id. `text` holds the latest input; the answer has `ussdMenu` and
 * `shouldClose`. Turns have no numbers. Errors have HTTP status 200 and a `responseExitCode`. End and status requests carry no
 * number and cannot be matched to a dialogue; status requests are rejected.
 */
export const infobip: Dialect = {
  name: 'infobip',
  methods: ['POST', 'PUT', 'GET'],
  paths: [
    '/session/:sessionId/start',
    '/session/:sessionId/response',
    '/session/:sessionId/end',
    '/session/:sessionId/status',
  ],
  answerTimeoutMs: 10_000,
  limitations: [
    { case: 'cancel', reason: 'the end request names no subscriber: the session expires' },
    { case: 'time-out', reason: 'the end request names no subscriber: the session expires' },
    unnumbered,
    { case: 'error-status', reason: 'errors have status 200 and a responseExitCode' },
  ],

  canAnswerUnread: (path) => /\/(start|response)$/i.test(path),

  requestSchema: (path) => (/\/(start|response)$/i.test(path) ? Request : undefined),

  parseRequest({ method, path, body, code }) {
    const [, id = '', name = ''] = resource.exec(path) ?? []
    const step = name.toLowerCase() as Step | ''
    if (step === '') return badRequest('the address is not /session/<id>/start, response, end or status')
    if (method !== methodOf[step]) return badRequest(`${step} takes ${methodOf[step]}`)
    const session = Session.safeParse({ sessionId: percentDecode(id) })
    if (!session.success) return malformed(describeIssue(session.error))
    switch (step) {
      case 'start':
      case 'response':
        return parseTurn(session.data.sessionId, step, { body, code })
      case 'end':
        return { kind: 'ended', ended: undefined, echo: {} }
      case 'status':
        return badRequest('the status of a session is not available without a number')
    }
  },

  formatAnswer({ text, waits }) {
    return jsonResponse(200, {
      ussdMenu: text,
      shouldClose: !waits,
      responseExitCode: 200,
      responseMessage: '',
    })
  },

  formatEnded() {
    return jsonResponse(200, { responseExitCode: 200, responseMessage: '' })
  },

  formatError(status, message) {
    return jsonResponse(200, { responseExitCode: status, responseMessage: message })
  },

  newSessionId: () => String(randomInt(10 ** 7, 10 ** 8)),

  formatRequest(turn) {
    const { msisdn, dialled, serviceCode = dialled, replies } = turn
    const body = {
      msisdn: msisdn.slice(1),
      text: replies.at(-1) ?? dialled,
      shortCode: serviceCode,
      language: null,
      optional: null,
      ussdGwId: 'live2',
    }
    return formatCall(turn, replies.length === 0 ? 'start' : 'response', body)
  },

  parseResponse(response) {
    const read = readResponse(response, Response)
    if (read.kind === 'malformed') return read
    const { ussdMenu, shouldClose } = read.fields
    return { kind: 'answer', answer: { text: ussdMenu, waits: !shouldClose }, echo: {} }
  },

  // Undocumented: an end request after the application itself closed the dialogue. None is sent.
  formatEnd: (turn, end) => (end === 'completed' ? undefined : formatCall(turn, 'end', endBodies[end])),
}

const badRequest = (problem: string) => malformed(`Bad request: ${problem}`)

function parseTurn(
  sessionId: string,
  step: 'start' | 'response',
  { body, code: address }: Pick<WireRequest, 'body' | 'code'>,
): ParsedRequest {
  const read = readRequest(body, Request)
  if (read.kind === 'malformed') return read
  const { msisdn, text, shortCode } = read.fields
  const code = typeof shortCode === 'string' ? normaliseCode(shortCode) : undefined
  const begins = step === 'start'
  const dialled = begins ? dialledAt(address, codeOfBegin(text, code)) : code
  if (begins && dialled === undefined) return noCode('text')
  return {
    kind: 'callback',
    callback: {
      dialect: 'infobip',
      sessionId,
      msisdn,
      dialled: dialled ?? '',
      reported: { kind: 'latest-only', typed: begins ? undefined : text },
    },
    echo: {},
  }
}

const formatCall = ({ sessionId }: NetworkTurn, step: Step, body: object): WireCall => ({
  ...postJson(body, `/session/${encodeURIComponent(sessionId)}/${step}`),
  method: methodOf[step],
})

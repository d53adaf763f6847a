import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Dialect, Method, NetworkTurn, ParsedRequest, WireCall } from './dialect.ts'
import { fieldProblem, looseCode, msisdn, noCode, sessionId, typed } from './encoding/fields.ts'
import { jsonResponse, jsonText, jsonType, readRequest, readResponse, screenText } from './encoding/json.ts'

/** `imsi`, `language`, `optional` and `ussdGwId` are of no use here; `shortCode` is sometimes left out. */
const Request = z.object({
  msisdn: jsonText(msisdn),
  text: jsonText(typed),
  shortCode: z.unknown().optional(),
})

const Response = z.object({
  responseExitCode: z.literal(200, { error: 'is not 200' }),
  ussdMenu: screenText,
  shouldClose: z.boolean({ error: 'is neither true nor false' }),
})

const Session = z.object({ sessionId })

const resource = /^\/session\/([^/]+)\/(start|response|end|status)\/?$/i

type Step = 'start' | 'response' | 'end' | 'status'

const methodOf: Record<Step, Method> = { start: 'POST', response: 'POST', end: 'PUT', status: 'GET' }

/** What becomes of the dialogue, as it is told at `…/end`; no table of the codes is public. */
const endings = {
  cancelled: { reason: 'user abort', exitCode: 500 },
  'timed-out': { reason: 'timeout', exitCode: 500 },
  failed: { reason: 'application error', exitCode: 500 },
}

/**
 * Infobip: JSON at four addresses that have the session's id in them. The last input is in `text`; a menu with `shouldClose`
 * comes back. Nothing is numbered. Errors are told inside of status 200, as `responseExitCode`. An end names no number, and so
 * it does not say whose dialogue is over; the same is true of a question for the status, which is not answered.
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
  answerWithinMs: 10_000,
  cannot: [
    { case: 'cancel', because: 'the end names the session, but not whose it was: it expires' },
    { case: 'time-out', because: 'the end names the session, but not whose it was: it expires' },
    {
      case: 'repeat',
      because: 'turns are not numbered: only what comes again at once is known for a repeat',
    },
    { case: 'error-status', because: 'errors are told with status 200, in responseExitCode' },
  ],

  answersUnread: (path) => /\/(start|response)$/i.test(path),

  parseRequest({ method, path, body }) {
    const [, id = '', name = ''] = resource.exec(path) ?? []
    const step = name.toLowerCase() as Step | ''
    if (step === '') return malformed('the address is not /session/<id>/start, response, end or status')
    if (method !== methodOf[step]) return malformed(`${step} takes ${methodOf[step]}`)
    const session = Session.safeParse({ sessionId: decoded(id) })
    if (!session.success) return { kind: 'malformed', sentence: fieldProblem(session.error) }
    switch (step) {
      case 'start':
      case 'response':
        return parseTurn(session.data.sessionId, step, body)
      case 'end':
        return { kind: 'ended', ended: undefined, echo: {} }
      case 'status':
        return malformed('the status of a session is not told without a number')
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

  formatError(status, sentence) {
    return jsonResponse(200, { responseExitCode: status, responseMessage: sentence })
  },

  newSessionId: () => String(randomInt(10 ** 7, 10 ** 8)),

  formatRequest(turn) {
    const { msisdn, dialled, replies } = turn
    const body = {
      msisdn: msisdn.slice(1),
      text: replies.at(-1) ?? dialled,
      shortCode: dialled,
      language: null,
      optional: null,
      ussdGwId: 'live2',
    }
    return callOf(turn, replies.length === 0 ? 'start' : 'response', body)
  },

  parseResponse(response) {
    const read = readResponse(response, Response)
    if (read.kind === 'malformed') return read
    const { ussdMenu, shouldClose } = read.fields
    return { kind: 'answer', answer: { text: ussdMenu, waits: !shouldClose }, echo: {} }
  },

  // Whether an end is told too where the application closed the dialogue itself, nobody documents.
  formatEnd: (turn, end) => (end === 'completed' ? undefined : callOf(turn, 'end', endings[end])),
}

const malformed = (problem: string): ParsedRequest => ({
  kind: 'malformed',
  sentence: `Bad request: ${problem}`,
})

/** `undefined` where it is not percent-encoded as it should be. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function parseTurn(sessionId: string, step: 'start' | 'response', body: string): ParsedRequest {
  const read = readRequest(body, Request)
  if (read.kind === 'malformed') return read
  const { msisdn, text, shortCode } = read.fields
  const code = typeof shortCode === 'string' ? looseCode(shortCode) : undefined
  const begins = step === 'start'
  // A text without * and # may be what was typed behind the short code.
  const dialled = begins
    ? ((/^\s*[*#]/.test(text) ? looseCode(text) : code) ?? code ?? looseCode(text))
    : code
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

const callOf = ({ sessionId }: NetworkTurn, step: Step, body: object): WireCall => ({
  method: methodOf[step],
  path: `/session/${encodeURIComponent(sessionId)}/${step}`,
  query: '',
  headers: { 'content-type': jsonType },
  body: JSON.stringify(body),
})

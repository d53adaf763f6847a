import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Ended } from '../gateway/ports.ts'
import { malformed } from './dialect.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireCall, WireResponse } from './dialect.ts'
import { describeIssue, msisdn, sessionId, typed } from './encoding/fields.ts'
import { latestInput, unnumbered } from './encoding/latest-input.ts'
import { fieldsOf, isMalformed, postXml } from './encoding/xml.ts'
import { readXmlRequest, readXmlResponse, xmlResponse } from './encoding/xml.ts'
import type { Markup } from './encoding/xml.ts'

const requestTypes = ['1', '2', '3', '4', '10'] as const
const Type = z.object({ type: z.enum(requestTypes, { error: `must be one of ${requestTypes.join(', ')}` }) })
const SessionFields = z.object({ msisdn, sessionid: sessionId })
const Turn = SessionFields.extend({ msg: typed })

/** RELEASE, TIMEOUT and CHARGE: the subscriber hung up, did not reply, or could not be billed. */
const endings: Readonly<Record<string, Ended['why']>> = { 3: 'cancelled', 4: 'timed-out', 10: 'failed' }

const WAITS = '2'
const RELEASES = '3'

/**
 * TruRoute, of Namibia and Malawi. The `type` of a `<ussd>` request is 1 for the begin, 2 for a reply, and 3, 4 or 10 for the
 * end of a dialogue. The `type` of an answer is 2 or 3. Turns have no numbers.
 */
export const truroute: Dialect = {
  name: 'truroute',
  methods: ['POST'],
  answerTimeoutMs: 10_000,
  limitations: [unnumbered],

  parseRequest({ body, code }) {
    const request = readXmlRequest(body, 'ussd')
    return isMalformed(request) ? request : parseFields(fieldsOf(request), code)
  },

  formatAnswer({ text, waits }) {
    return formatResponse(200, waits ? WAITS : RELEASES, text)
  },

  formatEnded() {
    return formatResponse(200, RELEASES, '')
  },

  formatError(status, message) {
    return formatResponse(status, RELEASES, message)
  },

  newSessionId: () => Array.from({ length: 17 }, () => randomInt(10)).join(''),

  formatRequest(turn) {
    const reply = turn.replies.at(-1)
    return reply === undefined ? formatCall(turn, '1', turn.dialled) : formatCall(turn, '2', reply)
  },

  parseResponse(response) {
    const element = readXmlResponse(response, 'ussd')
    if (isMalformed(element)) return element
    const { type, msg: text } = fieldsOf(element)
    if (type === '5') return malformed('the answer redirects, which this network does not support')
    if (type !== WAITS && type !== RELEASES) return malformed('the type of the answer must be 2 or 3')
    if (typeof text !== 'string') return malformed('the answer must have one msg')
    return { kind: 'answer', answer: { text, waits: type === WAITS }, echo: {} }
  },

  formatEnd(turn, end) {
    switch (end) {
      case 'cancelled':
        return formatCall(turn, '3', '')
      case 'timed-out':
        return formatCall(turn, '4', '')
      // Type 10 reports a failed charge only; other failures have no type.
      case 'failed':
      case 'completed':
        return undefined
    }
  },
}

function parseFields(sent: Record<string, string | string[]>, code: string | undefined): ParsedRequest {
  const kind = Type.safeParse(sent)
  if (!kind.success) return malformed(describeIssue(kind.error))
  const why = endings[kind.data.type]
  if (why !== undefined) {
    const session = SessionFields.safeParse(sent)
    if (!session.success) return malformed(describeIssue(session.error))
    const { sessionid, msisdn } = session.data
    const ended = { dialect: 'truroute', sessionId: sessionid, msisdn, why }
    return { kind: 'ended', ended, echo: {} }
  }
  const turn = Turn.safeParse(sent)
  if (!turn.success) return malformed(describeIssue(turn.error))
  const { sessionid, msisdn, msg } = turn.data
  return latestInput(
    { dialect: 'truroute', sessionId: sessionid, msisdn },
    { begins: kind.data.type === '1', input: msg, field: 'msg', code },
    {},
  )
}

/** Formats a response that charges nothing. */
function formatResponse(status: number, kind: string, text: string): WireResponse {
  const premium: readonly Markup[] = [
    ['cost', {}, '0'],
    ['ref', {}, '0'],
  ]
  return xmlResponse(status, [
    'ussd',
    {},
    [
      ['type', {}, kind],
      ['msg', {}, text],
      ['premium', {}, premium],
    ],
  ])
}

const formatCall = (turn: NetworkTurn, kind: string, text: string): WireCall =>
  postXml([
    'ussd',
    {},
    [
      ['msisdn', {}, turn.msisdn.slice(1)],
      ['sessionid', {}, turn.sessionId],
      ['type', {}, kind],
      ['msg', {}, text],
    ],
  ])

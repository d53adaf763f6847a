import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { malformed } from './dialect.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireCall, WireResponse } from './dialect.ts'
import { bareCode, describeIssue, msisdn, sessionId, typed, withoutPlus } from './encoding/fields.ts'
import { latestInput, unnumbered } from './encoding/latest-input.ts'
import { fieldsOf, isMalformed, onlyElement, postXml } from './encoding/xml.ts'
import { readXmlRequest, readXmlResponse, xmlResponse } from './encoding/xml.ts'
import type { Element, Markup } from './encoding/xml.ts'

const SessionFields = z.object({ msisdn, sessionid: sessionId })
const TurnKind = z.object({ newrequest: z.enum(['0', '1'], { error: 'must be 0 or 1' }) })
const Turn = SessionFields.extend({ subscriberinput: typed })

/** Alternative element names of some deployments. */
const aliases = { new_request: 'newrequest', input: 'subscriberinput', session_id: 'sessionid' }

/** Free-flow states: continue and break. Some applications write FE for break. */
const CONTINUE = 'FC'
const BREAK = 'FB'

/**
 * Comviva's XML pull, used by Airtel, MTN and others. `<request type="pull">` carries the dialled code without `*` and `#`,
 * and later the latest reply. `<response>` carries FC or FB. Element names are case-insensitive, because deployments differ.
 * Turns have no numbers. A `cleanup` reports the end of a dialogue without a reason.
 */
export const comviva: Dialect = {
  name: 'comviva',
  methods: ['POST'],
  answerTimeoutMs: 10_000,
  limitations: [
    unnumbered,
    { case: 'time-out', reason: 'a clean-up gives no reason: it counts as a hang-up' },
  ],

  parseRequest({ body, code }) {
    const request = readXmlRequest(body, 'request')
    return isMalformed(request) ? request : parseElement(request, code)
  },

  formatAnswer({ text, waits }, { msisdn }) {
    return formatResponse(200, waits ? CONTINUE : BREAK, text, msisdn)
  },

  formatEnded({ msisdn }) {
    return formatResponse(200, BREAK, '', msisdn)
  },

  formatError(status, message) {
    return formatResponse(status, BREAK, message, undefined)
  },

  newSessionId: () => Array.from({ length: 17 }, () => randomInt(10)).join(''),

  formatRequest(turn) {
    const reply = turn.replies.at(-1)
    return formatCall(turn, 'pull', [
      ['newRequest', {}, reply === undefined ? '1' : '0'],
      ['subscriberInput', {}, reply ?? bareCode(turn.dialled)],
      ['freeflow', {}, [['mode', {}, CONTINUE]]],
    ])
  },

  parseResponse(response) {
    const element = readXmlResponse(response, 'response')
    if (isMalformed(element)) return element
    const { applicationresponse: text } = fieldsOf(element)
    if (typeof text !== 'string') return malformed('the answer must have one applicationResponse')
    const freeflow = onlyElement(element, 'freeflow')
    const state = freeflow && fieldsOf(freeflow)['freeflowstate']
    if (state !== CONTINUE && state !== BREAK && state !== 'FE') {
      return malformed('the freeflowState of the answer must be FC or FB')
    }
    return { kind: 'answer', answer: { text, waits: state === CONTINUE }, echo: {} }
  },

  formatEnd: (turn, end) => (end === 'completed' ? undefined : formatCall(turn, 'cleanup', [])),
}

function parseElement(request: Element, code: string | undefined): ParsedRequest {
  const fields = fieldsOf(request)
  for (const [alias, name] of Object.entries(aliases)) {
    const values = [fields[name], fields[alias]].flat().filter((value) => value !== undefined)
    if (values.length > 0) fields[name] = values.length === 1 ? (values[0] ?? '') : values
  }
  const isCleanUp = Object.entries(request.attributes).some(
    ([name, value]) => name.toLowerCase() === 'type' && /clean-?up/i.test(value),
  )
  if (isCleanUp) {
    const session = SessionFields.safeParse(fields)
    if (!session.success) return malformed(describeIssue(session.error))
    const { sessionid, msisdn } = session.data
    const ended = { dialect: 'comviva', sessionId: sessionid, msisdn, why: 'cancelled' } as const
    return { kind: 'ended', ended, echo: { msisdn: withoutPlus(msisdn) } }
  }
  const kind = TurnKind.safeParse(fields)
  if (!kind.success) return malformed(describeIssue(kind.error))
  const turn = Turn.safeParse(fields)
  if (!turn.success) return malformed(describeIssue(turn.error))
  const { sessionid, msisdn, subscriberinput: input } = turn.data
  return latestInput(
    { dialect: 'comviva', sessionId: sessionid, msisdn },
    { begins: kind.data.newrequest === '1', input, field: 'subscriberinput', code },
    { msisdn: withoutPlus(msisdn) },
  )
}

/** Formats a response that charges nothing. */
function formatResponse(
  status: number,
  state: string,
  text: string,
  msisdn: string | undefined,
): WireResponse {
  const subscriber: readonly Markup[] = msisdn === undefined ? [] : [['msisdn', {}, msisdn]]
  const freeflow: readonly Markup[] = [
    ['freeflowState', {}, state],
    ['freeflowCharging', {}, 'N'],
    ['freeflowChargingAmount', {}, '0'],
  ]
  return xmlResponse(status, [
    'response',
    {},
    [...subscriber, ['applicationResponse', {}, text], ['freeflow', {}, freeflow]],
  ])
}

const formatCall = (turn: NetworkTurn, kind: string, elements: readonly Markup[]): WireCall =>
  postXml([
    'request',
    { type: kind },
    [['msisdn', {}, turn.msisdn.slice(1)], ['sessionId', {}, turn.sessionId], ...elements],
  ])

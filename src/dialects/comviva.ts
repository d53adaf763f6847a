import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { malformed } from './dialect.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireCall, WireResponse } from './dialect.ts'
import { bareCode, describeIssue, looseUssdString, msisdn, sessionId, typed } from './encoding/fields.ts'
import { fieldsOf, onlyElement, parseXml, writeXml } from './encoding/xml.ts'
import type { Element, Markup } from './encoding/xml.ts'

const SessionFields = z.object({ msisdn, sessionid: sessionId })
const TurnKind = z.object({ newrequest: z.enum(['0', '1'], { error: 'must be 0 or 1' }) })
const Begin = SessionFields.extend({ subscriberinput: looseUssdString })
const Reply = SessionFields.extend({ subscriberinput: typed })

/** Alternative element names of some deployments. */
const aliases = { new_request: 'newrequest', input: 'subscriberinput', session_id: 'sessionid' }

const type = 'text/xml; charset=utf-8'

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
    { case: 'repeat', reason: 'turns are not numbered: the same reply later is a second reply' },
    { case: 'time-out', reason: 'a clean-up gives no reason: it counts as a hang-up' },
  ],

  parseRequest({ body }) {
    const xml = parseXml(body, 'request')
    if (xml.kind === 'malformed') return malformed(`Bad request: the body ${xml.problem}`)
    return parseElement(xml.element)
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

  parseResponse({ status, body }) {
    if (status !== 200) return malformed(`the application answered with status ${status}`)
    const xml = parseXml(body, 'response')
    if (xml.kind === 'malformed') return malformed(`the answer ${xml.problem}`)
    const { applicationresponse: text } = fieldsOf(xml.element)
    if (typeof text !== 'string') return malformed('the answer must have one applicationResponse')
    const freeflow = onlyElement(xml.element, 'freeflow')
    const state = freeflow && fieldsOf(freeflow)['freeflowstate']
    if (state !== CONTINUE && state !== BREAK && state !== 'FE') {
      return malformed('the freeflowState of the answer must be FC or FB')
    }
    return { kind: 'answer', answer: { text, waits: state === CONTINUE }, echo: {} }
  },

  formatEnd: (turn, end) => (end === 'completed' ? undefined : formatCall(turn, 'cleanup', [])),
}

function parseElement(request: Element): ParsedRequest {
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
    return { kind: 'ended', ended, echo: { msisdn: msisdn.slice(1) } }
  }
  const kind = TurnKind.safeParse(fields)
  if (!kind.success) return malformed(describeIssue(kind.error))
  const begins = kind.data.newrequest === '1'
  const parsed = (begins ? Begin : Reply).safeParse(fields)
  if (!parsed.success) return malformed(describeIssue(parsed.error))
  const { sessionid, msisdn, subscriberinput } = parsed.data
  return {
    kind: 'callback',
    callback: {
      dialect: 'comviva',
      sessionId: sessionid,
      msisdn,
      dialled: begins ? subscriberinput : '',
      reported: { kind: 'latest-only', typed: begins ? undefined : subscriberinput },
    },
    echo: { msisdn: msisdn.slice(1) },
  }
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
  return {
    status,
    type,
    body: writeXml([
      'response',
      {},
      [...subscriber, ['applicationResponse', {}, text], ['freeflow', {}, freeflow]],
    ]),
  }
}

const formatCall = (turn: NetworkTurn, kind: string, elements: readonly Markup[]): WireCall => ({
  method: 'POST',
  path: '',
  query: '',
  headers: { 'content-type': 'text/xml' },
  body: writeXml([
    'request',
    { type: kind },
    [['msisdn', {}, turn.msisdn.slice(1)], ['sessionId', {}, turn.sessionId], ...elements],
  ]),
})

import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { bareCode } from './code.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireCall, WireResponse } from './dialect.ts'
import { fieldProblem, looseUssdString, msisdn, sessionId, typed } from './encoding/fields.ts'
import { fieldsOf, onlyElement, parseXml, writeXml } from './encoding/xml.ts'
import type { Element, Markup } from './encoding/xml.ts'

const Whose = z.object({ msisdn, sessionid: sessionId })
const Place = z.object({ newrequest: z.enum(['0', '1'], { error: 'is neither 0 nor 1' }) })
const Begin = Whose.extend({ subscriberinput: looseUssdString })
const Reply = Whose.extend({ subscriberinput: typed })

/** What deployments call the same elsewhere. */
const alsoCalled = { new_request: 'newrequest', input: 'subscriberinput', session_id: 'sessionid' }

const type = 'text/xml; charset=utf-8'

/** Free flow: continue, and break; one application is known to write FE for the latter. */
const CONTINUE = 'FC'
const BREAK = 'FB'

/**
 * Comviva's XML pull, of Airtel, MTN and others: `<request type="pull">` with the dialled code without its `*` and `#` at the
 * begin, and the last answer later; `<response>` comes back, which says FC or FB. Names of elements are taken in any case,
 * because deployments differ. It numbers nothing. A `cleanup` says that the dialogue is over, and not why.
 */
export const comviva: Dialect = {
  name: 'comviva',
  methods: ['POST'],
  answerWithinMs: 10_000,
  cannot: [
    { case: 'repeat', because: 'it numbers nothing: the same answer later is a second answer' },
    { case: 'time-out', because: 'a clean-up does not say why: it is taken for a hang-up' },
  ],

  parseRequest({ body }) {
    const xml = parseXml(body, 'request')
    if (xml.kind === 'malformed') return malformed(`Bad request: the body ${xml.problem}`)
    return parseElement(xml.element)
  },

  formatAnswer({ text, waits }, { msisdn }) {
    return written(200, waits ? CONTINUE : BREAK, text, msisdn)
  },

  formatEnded({ msisdn }) {
    return written(200, BREAK, '', msisdn)
  },

  formatError(status, sentence) {
    return written(status, BREAK, sentence, undefined)
  },

  newSessionId: () => Array.from({ length: 17 }, () => randomInt(10)).join(''),

  formatRequest(turn) {
    const last = turn.replies.at(-1)
    return calling(turn, 'pull', [
      ['newRequest', {}, last === undefined ? '1' : '0'],
      ['subscriberInput', {}, last ?? bareCode(turn.dialled)],
      ['freeflow', {}, [['mode', {}, CONTINUE]]],
    ])
  },

  parseResponse({ status, body }) {
    if (status !== 200) return malformed(`the application answered with status ${status}`)
    const xml = parseXml(body, 'response')
    if (xml.kind === 'malformed') return malformed(`the answer ${xml.problem}`)
    const { applicationresponse: text } = fieldsOf(xml.element)
    if (typeof text !== 'string') return malformed('the answer has no applicationResponse, or more than one')
    const freeflow = onlyElement(xml.element, 'freeflow')
    const state = freeflow && fieldsOf(freeflow)['freeflowstate']
    if (state !== CONTINUE && state !== BREAK && state !== 'FE') {
      return malformed('the freeflowState of the answer is neither FC nor FB')
    }
    return { kind: 'answer', answer: { text, waits: state === CONTINUE }, echo: {} }
  },

  formatEnd: (turn, end) => (end === 'completed' ? undefined : calling(turn, 'cleanup', [])),
}

function parseElement(request: Element): ParsedRequest {
  const fields = fieldsOf(request)
  for (const [other, name] of Object.entries(alsoCalled)) {
    const given = [fields[name], fields[other]].flat().filter((value) => value !== undefined)
    if (given.length > 0) fields[name] = given.length === 1 ? (given[0] ?? '') : given
  }
  const isCleanUp = Object.entries(request.attributes).some(
    ([name, value]) => name.toLowerCase() === 'type' && /clean-?up/i.test(value),
  )
  if (isCleanUp) {
    const whose = Whose.safeParse(fields)
    if (!whose.success) return malformed(fieldProblem(whose.error))
    const { sessionid, msisdn } = whose.data
    const ended = { dialect: 'comviva', sessionId: sessionid, msisdn, why: 'cancelled' } as const
    return { kind: 'ended', ended, echo: { msisdn: msisdn.slice(1) } }
  }
  const place = Place.safeParse(fields)
  if (!place.success) return malformed(fieldProblem(place.error))
  const begins = place.data.newrequest === '1'
  const parsed = (begins ? Begin : Reply).safeParse(fields)
  if (!parsed.success) return malformed(fieldProblem(parsed.error))
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

const malformed = (sentence: string) => ({ kind: 'malformed', sentence }) as const

/** Nothing is charged. */
function written(status: number, state: string, text: string, msisdn: string | undefined): WireResponse {
  const whose: readonly Markup[] = msisdn === undefined ? [] : [['msisdn', {}, msisdn]]
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
      [...whose, ['applicationResponse', {}, text], ['freeflow', {}, freeflow]],
    ]),
  }
}

const calling = (turn: NetworkTurn, kind: string, more: readonly Markup[]): WireCall => ({
  method: 'POST',
  path: '',
  query: '',
  headers: { 'content-type': 'text/xml' },
  body: writeXml([
    'request',
    { type: kind },
    [['msisdn', {}, turn.msisdn.slice(1)], ['sessionId', {}, turn.sessionId], ...more],
  ]),
})

import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Ended } from '../gateway/ports.ts'
import type { Dialect, ParsedRequest, WireCall, WireResponse } from './dialect.ts'
import { fieldProblem, looseUssdString, msisdn, sessionId, typed } from './encoding/fields.ts'
import { fieldsOf, parseXml, writeXml } from './encoding/xml.ts'

const requestTypes = ['1', '2', '3', '4', '10'] as const
const Type = z.object({ type: z.enum(requestTypes, { error: `is none of ${requestTypes.join(', ')}` }) })
const Whose = z.object({ msisdn, sessionid: sessionId })
/** What is dialled; one tool of testers sends the code bare. */
const Begin = Whose.extend({ msg: looseUssdString })
const Reply = Whose.extend({ msg: typed })

/** RELEASE, TIMEOUT and CHARGE: the subscriber hung up, did not answer, or could not be billed. */
const endings: Readonly<Record<string, Ended['why']>> = { 3: 'cancelled', 4: 'timed-out', 10: 'failed' }

const type = 'text/xml; charset=utf-8'
const headers = { 'content-type': 'text/xml' }
const WAITS = '2'
const RELEASES = '3'

/**
 * TruRoute, of Namibia and Malawi: `<ussd>` with `type` 1 for the begin, 2 for an answer, and 3, 4 or 10 where the dialogue
 * is over; a document of `type` 2 or 3 comes back. It numbers nothing.
 */
export const truroute: Dialect = {
  name: 'truroute',
  methods: ['POST'],
  answerWithinMs: 10_000,
  cannot: [{ case: 'repeat', because: 'it numbers nothing: the same answer later is a second answer' }],

  parseRequest({ body }) {
    const xml = parseXml(body, 'ussd')
    if (xml.kind === 'malformed')
      return { kind: 'malformed', sentence: `Bad request: the body ${xml.problem}` }
    return parseFields(fieldsOf(xml.element))
  },

  formatAnswer({ text, waits }) {
    return written(200, waits ? WAITS : RELEASES, text)
  },

  formatEnded() {
    return written(200, RELEASES, '')
  },

  formatError(status, sentence) {
    return written(status, RELEASES, sentence)
  },

  newSessionId: () => Array.from({ length: 17 }, () => randomInt(10)).join(''),

  formatRequest(turn) {
    const last = turn.replies.at(-1)
    return last === undefined ? calling(turn, '1', turn.dialled) : calling(turn, '2', last)
  },

  parseResponse({ status, body }) {
    if (status !== 200) return malformed(`the application answered with status ${status}`)
    const xml = parseXml(body, 'ussd')
    if (xml.kind === 'malformed') return malformed(`the answer ${xml.problem}`)
    const fields = fieldsOf(xml.element)
    const { msg: text } = fields
    if (fields['type'] === '5') return malformed('the answer redirects, which this network does not')
    if (fields['type'] !== WAITS && fields['type'] !== RELEASES) {
      return malformed('the type of the answer is neither 2 nor 3')
    }
    if (typeof text !== 'string') return malformed('the answer has no msg, or more than one')
    return { kind: 'answer', answer: { text, waits: fields['type'] === WAITS }, echo: {} }
  },

  formatEnd(turn, end) {
    switch (end) {
      case 'cancelled':
        return calling(turn, '3', '')
      case 'timed-out':
        return calling(turn, '4', '')
      // It has a word for a charge that failed, and none for anything else that did.
      case 'failed':
      case 'completed':
        return undefined
    }
  },
}

function parseFields(given: Record<string, string | string[]>): ParsedRequest {
  const kind = Type.safeParse(given)
  if (!kind.success) return { kind: 'malformed', sentence: fieldProblem(kind.error) }
  const why = endings[kind.data.type]
  if (why !== undefined) {
    const whose = Whose.safeParse(given)
    if (!whose.success) return { kind: 'malformed', sentence: fieldProblem(whose.error) }
    const ended = { dialect: 'truroute', sessionId: whose.data.sessionid, msisdn: whose.data.msisdn, why }
    return { kind: 'ended', ended, echo: {} }
  }
  const begins = kind.data.type === '1'
  const fields = (begins ? Begin : Reply).safeParse(given)
  if (!fields.success) return { kind: 'malformed', sentence: fieldProblem(fields.error) }
  const { sessionid, msisdn, msg } = fields.data
  return {
    kind: 'callback',
    callback: {
      dialect: 'truroute',
      sessionId: sessionid,
      msisdn,
      dialled: begins ? msg : '',
      reported: { kind: 'latest-only', typed: begins ? undefined : msg },
    },
    echo: {},
  }
}

const malformed = (sentence: string) => ({ kind: 'malformed', sentence }) as const

/** Nothing is charged. */
const written = (status: number, kind: string, text: string): WireResponse => ({
  status,
  type,
  body: writeXml([
    'ussd',
    {},
    [
      ['type', {}, kind],
      ['msg', {}, text],
      [
        'premium',
        {},
        [
          ['cost', {}, '0'],
          ['ref', {}, '0'],
        ],
      ],
    ],
  ]),
})

const calling = (
  turn: { readonly msisdn: string; readonly sessionId: string },
  kind: string,
  text: string,
): WireCall => ({
  method: 'POST',
  path: '',
  query: '',
  headers,
  body: writeXml([
    'ussd',
    {},
    [
      ['msisdn', {}, turn.msisdn.slice(1)],
      ['sessionid', {}, turn.sessionId],
      ['type', {}, kind],
      ['msg', {}, text],
    ],
  ]),
})

import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Dialect, ParsedRequest } from './dialect.ts'
import { looseCode, msisdn, noCode, sessionId, typed } from './encoding/fields.ts'
import { jsonResponse, jsonText, jsonType, readRequest, readResponse, screenText } from './encoding/json.ts'

/** `ussd_service_op` of SMPP 3.4 5.3.2.44, as these aggregators pass it on: a number, or its digits. */
const op = <T extends string>(codes: readonly [T, ...T[]]) =>
  jsonText(
    z.enum(codes, {
      error: ({ input }) => (input === undefined ? 'is missing' : `is none of ${codes.join(', ')}`),
    }),
  )
const BEGIN = '1'
const REPLY = '18'
const REQUEST = '2'
const RESPONSE = '17'

/** `network` is of no use here and not looked at. */
const Request = z.object({
  sessionID: jsonText(sessionId),
  msisdn: jsonText(msisdn),
  ussdString: jsonText(typed),
  ussdServiceOp: op([BEGIN, REPLY]),
})

const Response = z.object({ message: screenText, ussdServiceOp: op([REQUEST, RESPONSE]) })

/**
 * The JSON of Korba, Emergent, TxtGhana and others, who pass the operations of their SMPP bind on as numbers in
 * `ussdServiceOp`: 1 begins, 18 is an answer; back goes 2 for a screen that waits, 17 for the last one. It numbers nothing,
 * and never tells that a dialogue is over.
 */
export const serviceOp: Dialect = {
  name: 'service-op',
  methods: ['POST'],
  answerWithinMs: 10_000,
  cannot: [
    { case: 'cancel', because: 'no operation for it is known: the session expires' },
    { case: 'time-out', because: 'no operation for it is known: the session expires' },
    {
      case: 'repeat',
      because: 'turns are not numbered: only what comes again at once is known for a repeat',
    },
  ],

  parseRequest({ body }): ParsedRequest {
    const read = readRequest(body, Request)
    if (read.kind === 'malformed') return read
    const { sessionID, msisdn, ussdString, ussdServiceOp } = read.fields
    const begins = ussdServiceOp === BEGIN
    const dialled = begins ? looseCode(ussdString) : ''
    if (dialled === undefined) return noCode('ussdString')
    return {
      kind: 'callback',
      callback: {
        dialect: 'service-op',
        sessionId: sessionID,
        msisdn,
        dialled,
        reported: { kind: 'latest-only', typed: begins ? undefined : ussdString },
      },
      echo: { sessionID, msisdn: String(read.raw['msisdn']) },
    }
  },

  formatAnswer({ text, waits }, echo) {
    return jsonResponse(200, {
      ...echo,
      message: text,
      ussdServiceOp: Number(waits ? REQUEST : RESPONSE),
    })
  },

  formatEnded(echo) {
    return jsonResponse(200, { ...echo, message: '', ussdServiceOp: Number(RESPONSE) })
  },

  formatError(status, sentence) {
    return jsonResponse(status, { message: sentence, ussdServiceOp: Number(RESPONSE) })
  },

  newSessionId: () => String(randomInt(10 ** 9, 10 ** 10)),

  formatRequest({ sessionId, msisdn, dialled, replies }) {
    return {
      method: 'POST',
      path: '',
      query: '',
      headers: { 'content-type': jsonType },
      body: JSON.stringify({
        sessionID: sessionId,
        msisdn: msisdn.slice(1),
        network: '00',
        ussdString: replies.at(-1) ?? dialled,
        ussdServiceOp: Number(replies.length === 0 ? BEGIN : REPLY),
      }),
    }
  },

  parseResponse(response) {
    const read = readResponse(response, Response)
    if (read.kind === 'malformed') return read
    const { message, ussdServiceOp } = read.fields
    return { kind: 'answer', answer: { text: message, waits: ussdServiceOp === REQUEST }, echo: {} }
  },

  formatEnd: () => undefined,
}

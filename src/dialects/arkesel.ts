import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Dialect, ParsedRequest } from './dialect.ts'
import { label, looseCode, msisdn, noCode, sessionId, typed } from './encoding/fields.ts'
import { flag, jsonResponse, jsonText, jsonType, orNothing } from './encoding/json.ts'
import { readRequest, readResponse, screenText } from './encoding/json.ts'

/** `network` is of no use here and not looked at; `userID`, the account, is only given back. */
const Request = z.object({
  sessionID: jsonText(sessionId),
  userID: orNothing(jsonText(label)),
  newSession: flag,
  msisdn: jsonText(msisdn),
  userData: jsonText(typed),
})

const Response = z.object({
  message: screenText,
  continueSession: z.boolean({ error: 'is neither true nor false' }),
})

/**
 * Arkesel: a JSON POST with the last input in `userData`; JSON with `continueSession` comes back. `newSession` marks the
 * begin, whose `userData` is the dialled string. It numbers nothing, and never tells that a dialogue is over.
 */
export const arkesel: Dialect = {
  name: 'arkesel',
  methods: ['POST'],
  answerWithinMs: 25_000,
  cannot: [
    { case: 'cancel', because: 'there is no callback for it: the session expires' },
    { case: 'time-out', because: 'there is no callback for it: the session expires' },
    {
      case: 'repeat',
      because: 'turns are not numbered: only what comes again at once is known for a repeat',
    },
  ],

  parseRequest({ body }): ParsedRequest {
    const read = readRequest(body, Request)
    if (read.kind === 'malformed') return read
    const { sessionID, userID, newSession, msisdn, userData } = read.fields
    const dialled = newSession ? looseCode(userData) : ''
    if (dialled === undefined) return noCode('userData')
    return {
      kind: 'callback',
      callback: {
        dialect: 'arkesel',
        sessionId: sessionID,
        msisdn,
        dialled,
        reported: { kind: 'latest-only', typed: newSession ? undefined : userData },
      },
      echo: {
        sessionID,
        ...(userID !== undefined && { userID }),
        msisdn: String(read.raw['msisdn']),
      },
    }
  },

  formatAnswer({ text, waits }, echo) {
    return jsonResponse(200, { ...echo, message: text, continueSession: waits })
  },

  formatEnded(echo) {
    return jsonResponse(200, { ...echo, message: '', continueSession: false })
  },

  formatError(status, sentence) {
    return jsonResponse(status, { message: sentence, continueSession: false })
  },

  newSessionId: () => `${randomInt(10 ** 7, 10 ** 8)}${randomInt(10 ** 7, 10 ** 8)}`,

  formatRequest({ sessionId, msisdn, dialled, replies }) {
    return {
      method: 'POST',
      path: '',
      query: '',
      headers: { 'content-type': jsonType },
      body: JSON.stringify({
        sessionID: sessionId,
        userID: 'USSD_GATEWAY',
        newSession: replies.length === 0,
        msisdn: msisdn.slice(1),
        userData: replies.at(-1) ?? dialled,
        network: 'MTN',
      }),
    }
  },

  parseResponse(response) {
    const read = readResponse(response, Response)
    if (read.kind === 'malformed') return read
    const { message, continueSession } = read.fields
    return { kind: 'answer', answer: { text: message, waits: continueSession }, echo: {} }
  },

  formatEnd: () => undefined,
}

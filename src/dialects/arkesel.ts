import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { label, msisdn, sessionId, typed } from './encoding/fields.ts'
import { flag, jsonText, orNothing, screenText } from './encoding/json.ts'
import { jsonDialect } from './encoding/json-dialect.ts'
import { latestInput } from './encoding/latest-input.ts'

/** `network` is ignored. `userID` is the account and is echoed. */
const Request = z.object({
  sessionID: jsonText(sessionId),
  userID: orNothing(jsonText(label)),
  newSession: flag,
  msisdn: jsonText(msisdn),
  userData: jsonText(typed),
})

const Response = z.object({
  message: screenText,
  continueSession: z.boolean({ error: 'must be true or false' }),
})

/**
 * Arkesel. A JSON POST carries the latest input in `userData`; the JSON answer has `continueSession`. `newSession` marks the
 * begin, whose `userData` is the dialled string. Turns have no numbers, and the end of a dialogue is not reported.
 */
export const arkesel = jsonDialect({
  name: 'arkesel',
  answerTimeoutMs: 25_000,
  noEnd: 'no callback reports it: the session expires',
  request: Request,
  response: Response,

  toCallback: ({ sessionID, userID, newSession, msisdn, userData }, raw, code) =>
    latestInput(
      { dialect: 'arkesel', sessionId: sessionID, msisdn },
      { begins: newSession, input: userData, field: 'userData', code },
      { sessionID, ...(userID !== undefined && { userID }), msisdn: String(raw['msisdn']) },
    ),

  toAnswer: ({ message, continueSession }) => ({ text: message, waits: continueSession }),
  answerFields: ({ text, waits }) => ({ message: text, continueSession: waits }),

  newSessionId: () => `${randomInt(10 ** 7, 10 ** 8)}${randomInt(10 ** 7, 10 ** 8)}`,
  requestFields: ({ sessionId, msisdn, network = 'MTN', dialled, replies }) => ({
    sessionID: sessionId,
    userID: 'USSD_GATEWAY',
    newSession: replies.length === 0,
    msisdn: msisdn.slice(1),
    userData: replies.at(-1) ?? dialled,
    network,
  }),
})

import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { msisdn, sessionId, typed } from './encoding/fields.ts'
import { jsonText, screenText } from './encoding/json.ts'
import { jsonDialect } from './encoding/json-dialect.ts'
import { latestInput } from './encoding/latest-input.ts'

/** `ussd_service_op` (SMPP 3.4, 5.3.2.44), as a number or as its digits. */
const op = <T extends string>(codes: readonly [T, ...T[]]) =>
  jsonText(
    z.enum(codes, {
      error: ({ input }) => (input === undefined ? 'is required' : `must be one of ${codes.join(', ')}`),
    }),
  )
const BEGIN = '1'
const REPLY = '18'
const REQUEST = '2'
const RESPONSE = '17'

/** `network` is ignored. */
const Request = z.object({
  sessionID: jsonText(sessionId),
  msisdn: jsonText(msisdn),
  ussdString: jsonText(typed),
  ussdServiceOp: op([BEGIN, REPLY]),
})

const Response = z.object({ message: screenText, ussdServiceOp: op([REQUEST, RESPONSE]) })

/**
 * The JSON of Korba, Emergent, TxtGhana and others, which expose the operations of their SMPP bind in `ussdServiceOp`. In a
 * request, 1 is the begin and 18 a reply. In an answer, 2 is a waiting screen and 17 the last one. Turns have no numbers, and
 * the end of a dialogue is not reported.
 */
export const serviceOp = jsonDialect({
  name: 'service-op',
  answerTimeoutMs: 10_000,
  noEnd: 'no operation for it is known: the session expires',
  request: Request,
  response: Response,

  toCallback: ({ sessionID, msisdn, ussdString, ussdServiceOp }, raw, code) =>
    latestInput(
      { dialect: 'service-op', sessionId: sessionID, msisdn },
      { begins: ussdServiceOp === BEGIN, input: ussdString, field: 'ussdString', code },
      { sessionID, msisdn: String(raw['msisdn']) },
    ),

  toAnswer: ({ message, ussdServiceOp }) => ({ text: message, waits: ussdServiceOp === REQUEST }),
  answerFields: ({ text, waits }) => ({ message: text, ussdServiceOp: Number(waits ? REQUEST : RESPONSE) }),

  newSessionId: () => String(randomInt(10 ** 9, 10 ** 10)),
  requestFields: ({ sessionId, msisdn, network = '00', dialled, replies }) => ({
    sessionID: sessionId,
    msisdn: msisdn.slice(1),
    network,
    ussdString: replies.at(-1) ?? dialled,
    ussdServiceOp: Number(replies.length === 0 ? BEGIN : REPLY),
  }),
})

import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { label, msisdn, requiredField, sessionId, typed, withoutPlus } from './encoding/fields.ts'
import { flag, jsonText, orNothing, screenText } from './encoding/json.ts'
import { jsonDialect } from './encoding/json-dialect.ts'
import { latestInput } from './encoding/latest-input.ts'

/** Documented as a boolean; the value 2 has been observed at the end of a session. */
const messageType = z.preprocess(
  (value) => (value === 2 || value === '2' ? 'over' : value),
  z.union([z.literal('over'), flag], {
    error: ({ input }) => (input === undefined ? 'is required' : 'must be true or false'),
  }),
)

/** `NETWORK` is ignored. Older deployments send no `SESSIONID`. */
const Request = z.object({
  USERID: jsonText(label.min(1, { error: 'is required' })),
  MSISDN: jsonText(msisdn),
  USERDATA: jsonText(typed.optional()),
  MSGTYPE: messageType,
  SESSIONID: orNothing(jsonText(sessionId)),
})

const Response = z.object({ MSG: screenText, MSGTYPE: messageType })

/**
 * Nalo Solutions. A JSON POST with upper-case names carries the latest input in `USERDATA`; the JSON answer has `MSG`.
 * `MSGTYPE` marks the begin in a request and a waiting screen in an answer. `USERID` is the account, not the session: without
 * a `SESSIONID`, a subscriber has one dialogue at a time. Turns have no numbers.
 */
export const nalo = jsonDialect({
  name: 'nalo',
  answerTimeoutMs: 10_000,
  noEnd: 'no callback for it is documented: the session expires',
  request: Request,
  response: Response,

  toCallback({ USERID, MSISDN, USERDATA, MSGTYPE, SESSIONID }, raw, code) {
    const session = {
      dialect: 'nalo',
      sessionId: SESSIONID ?? `${USERID}:${withoutPlus(MSISDN)}`,
      msisdn: MSISDN,
    }
    const echo = { USERID, MSISDN: String(raw['MSISDN']) }
    if (MSGTYPE === 'over') return { kind: 'ended', ended: { ...session, why: 'cancelled' }, echo }
    if (USERDATA === undefined) return requiredField('USERDATA')
    const reuses = SESSIONID === undefined && ({ reusesSessionId: true } as const)
    return latestInput(
      { ...session, ...reuses },
      { begins: MSGTYPE, input: USERDATA, field: 'USERDATA', code },
      echo,
    )
  },

  toAnswer: ({ MSG, MSGTYPE }) => ({ text: MSG, waits: MSGTYPE === true }),
  answerFields: ({ text, waits }) => ({ MSG: text, MSGTYPE: waits }),

  newSessionId: () => `${randomInt(10 ** 8, 10 ** 9)}${randomInt(10 ** 7, 10 ** 8)}`,
  requestFields: ({ sessionId, msisdn, network = 'MTN', dialled, replies }) => ({
    USERID: 'NALOTest',
    MSISDN: msisdn.slice(1),
    USERDATA: replies.at(-1) ?? dialled,
    MSGTYPE: replies.length === 0,
    NETWORK: network,
    SESSIONID: sessionId,
  }),
})

import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Dialect, ParsedRequest } from './dialect.ts'
import { label, looseCode, missing, msisdn, noCode, sessionId, typed } from './encoding/fields.ts'
import { flag, jsonResponse, jsonText, jsonType, orNothing } from './encoding/json.ts'
import { readRequest, readResponse, screenText } from './encoding/json.ts'

/** Documented as a boolean; a 2 was seen where a session ended. */
const messageType = z.preprocess(
  (value) => (value === 2 || value === '2' ? 'over' : value),
  z.union([z.literal('over'), flag], {
    error: ({ input }) => (input === undefined ? 'is missing' : 'is neither true nor false'),
  }),
)

/** `NETWORK` is of no use here and not looked at. Older deployments send no `SESSIONID`. */
const Request = z.object({
  USERID: jsonText(label.min(1, { error: 'is missing' })),
  MSISDN: jsonText(msisdn),
  USERDATA: jsonText(typed.optional()),
  MSGTYPE: messageType,
  SESSIONID: orNothing(jsonText(sessionId)),
})

const Response = z.object({ MSG: screenText, MSGTYPE: messageType })

/**
 * Nalo Solutions: a JSON POST in capital letters, the last input in `USERDATA`; JSON with `MSG` comes back. `MSGTYPE` marks
 * the begin on the way here, and a screen that waits on the way back. `USERID` is the account, not the session: where there is
 * no `SESSIONID`, the number has one dialogue at a time. It numbers nothing.
 */
export const nalo: Dialect = {
  name: 'nalo',
  methods: ['POST'],
  answerWithinMs: 10_000,
  cannot: [
    { case: 'cancel', because: 'no callback for it is documented: the session expires' },
    { case: 'time-out', because: 'no callback for it is documented: the session expires' },
    {
      case: 'repeat',
      because: 'turns are not numbered: only what comes again at once is known for a repeat',
    },
  ],

  parseRequest({ body }): ParsedRequest {
    const read = readRequest(body, Request)
    if (read.kind === 'malformed') return read
    const { USERID, MSISDN, USERDATA, MSGTYPE, SESSIONID } = read.fields
    const session = {
      dialect: 'nalo',
      sessionId: SESSIONID ?? `${USERID}:${MSISDN.slice(1)}`,
      msisdn: MSISDN,
    }
    const echo = { USERID, MSISDN: String(read.raw['MSISDN']) }
    if (MSGTYPE === 'over') return { kind: 'ended', ended: { ...session, why: 'cancelled' }, echo }
    if (USERDATA === undefined) return missing('USERDATA')
    const dialled = MSGTYPE ? looseCode(USERDATA) : ''
    if (dialled === undefined) return noCode('USERDATA')
    const heard = { kind: 'latest-only', typed: MSGTYPE ? undefined : USERDATA } as const
    const reuses = SESSIONID === undefined && ({ reusesSessionId: true } as const)
    return { kind: 'callback', callback: { ...session, dialled, reported: heard, ...reuses }, echo }
  },

  formatAnswer({ text, waits }, echo) {
    return jsonResponse(200, { ...echo, MSG: text, MSGTYPE: waits })
  },

  formatEnded(echo) {
    return jsonResponse(200, { ...echo, MSG: '', MSGTYPE: false })
  },

  formatError(status, sentence) {
    return jsonResponse(status, { MSG: sentence, MSGTYPE: false })
  },

  newSessionId: () => `${randomInt(10 ** 8, 10 ** 9)}${randomInt(10 ** 7, 10 ** 8)}`,

  formatRequest({ sessionId, msisdn, dialled, replies }) {
    return {
      method: 'POST',
      path: '',
      query: '',
      headers: { 'content-type': jsonType },
      body: JSON.stringify({
        USERID: 'NALOTest',
        MSISDN: msisdn.slice(1),
        USERDATA: replies.at(-1) ?? dialled,
        MSGTYPE: replies.length === 0,
        NETWORK: 'MTN',
        SESSIONID: sessionId,
      }),
    }
  },

  parseResponse(response) {
    const read = readResponse(response, Response)
    if (read.kind === 'malformed') return read
    const { MSG, MSGTYPE } = read.fields
    return { kind: 'answer', answer: { text: MSG, waits: MSGTYPE === true }, echo: {} }
  },

  formatEnd: () => undefined,
}

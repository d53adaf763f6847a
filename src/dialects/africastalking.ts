import { randomBytes } from 'node:crypto'
import { parse } from 'node:querystring'
import { z } from 'zod'
import type { Ended } from '../gateway/ports.ts'
import { networkCodeOf } from '../ussd/network-codes.ts'
import { malformed } from './dialect.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireCall } from './dialect.ts'
import { conEnd, conEndAnswers, parseConEnd } from './encoding/con-end.ts'
import { describeIssue, dialledAt, msisdn, sessionId, typed, ussdString } from './encoding/fields.ts'

/** All fields are required; `networkCode` is ignored. */
const Request = z.object({
  sessionId,
  phoneNumber: msisdn,
  serviceCode: ussdString,
  text: typed,
})

/** The notification at the end of a session, sent to its own URL. Its other nine fields are ignored. */
const Event = z.object({
  sessionId,
  phoneNumber: msisdn,
  status: z.enum(['Success', 'Incomplete', 'Failed'], {
    error: 'must be one of Success, Incomplete, Failed',
  }),
})

const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** A value that the application gets back with the next callback: at most 99 characters without `|`. */
const HOP_METADATA = 'at-ussd-hop-metadata'

/** Africa's Talking also encodes `*`, which URLSearchParams does not. */
const encode = (fields: Record<string, string>) =>
  new URLSearchParams(fields).toString().replaceAll('*', '%2A')

/**
 * Africa's Talking. The `text` of a form-encoded POST holds all replies so far, joined with `*`. The answer is plain text
 * after `CON ` or `END `. Turns have no numbers. At the begin, `serviceCode` is the registered code or the complete dialled
 * string, and `text` holds what was dialled after it (decision 0054). The end of a session is reported at `/events`, if that URL
 * is registered.
 */
export const africastalking: Dialect = {
  name: 'africastalking',
  methods: ['POST'],
  paths: ['/events'],
  answerTimeoutMs: 10_000,
  limitations: [
    {
      case: 'first-empty-answer',
      reason:
        '`text` is empty for an empty first answer, as it is at the begin; a `*` at the start of the first answer reads as the separator after an empty one',
    },
    {
      case: 'time-out',
      reason: 'the event reports Incomplete for both a hang-up and a timeout',
    },
  ],

  canAnswerUnread: (path) => path === '',

  requestSchema: (path) => (path === '/events' ? Event : Request),

  parseRequest({ path, body, code }) {
    return path === '/events' ? parseEvent(body) : parseCallback(body, code)
  },

  ...conEndAnswers,

  newSessionId: () => `ATUid_${randomBytes(16).toString('hex')}`,

  formatRequest(turn) {
    const metadata = turn.answers.at(-1)?.echo['hop']
    return {
      method: 'POST',
      path: '',
      query: '',
      headers: { ...form, ...(metadata && { [HOP_METADATA]: metadata }) },
      body: encode({
        phoneNumber: turn.msisdn,
        serviceCode: turn.serviceCode ?? turn.dialled,
        text: textOf(turn),
        sessionId: turn.sessionId,
        networkCode: turn.network ?? networkCodeOf(turn.msisdn),
      }),
    }
  },

  parseResponse(response) {
    const parsed = parseConEnd(response)
    const hop = response.headers?.[HOP_METADATA]
    if (parsed.kind === 'malformed' || hop === undefined) return parsed
    if (hop.length > 99 || hop.includes('|')) {
      return malformed('the hop metadata is longer than 99 characters or has a |')
    }
    return { ...parsed, echo: { hop } }
  },

  formatEnd: (turn, end, nowMs) => formatEvent(turn, end, nowMs),
}

/** Returns what was dialled after the registered code, and all replies. */
function textOf({ dialled, serviceCode = dialled, replies }: NetworkTurn): string {
  const dialledAfter = dialled === serviceCode ? [] : [dialled.slice(serviceCode.length, -1)]
  return [...dialledAfter, ...replies].join('*')
}

function parseCallback(body: string, code: string | undefined): ParsedRequest {
  const fields = Request.safeParse({ ...parse(body) })
  if (!fields.success) return malformed(describeIssue(fields.error))
  const { sessionId, phoneNumber, serviceCode, text } = fields.data
  const base = dialledAt(code, serviceCode) ?? serviceCode
  // Late in a dialogue, it is longer than a dialled string can be. It is not a begin then.
  const dialled = text === '' ? base : (ussdString.safeParse(`${base.slice(0, -1)}*${text}#`).data ?? '')
  return {
    kind: 'callback',
    callback: {
      dialect: 'africastalking',
      sessionId,
      msisdn: phoneNumber,
      dialled,
      reported: { kind: 'cumulative', code: serviceCode, text, begins: 'empty' },
    },
    echo: {},
  }
}

const whyEnded: Readonly<Record<z.output<typeof Event>['status'], Ended['why'] | undefined>> = {
  Success: undefined,
  Incomplete: 'cancelled',
  Failed: 'failed',
}

function parseEvent(body: string): ParsedRequest {
  const fields = Event.safeParse({ ...parse(body) })
  if (!fields.success) return malformed(describeIssue(fields.error))
  const { sessionId, phoneNumber, status } = fields.data
  const why = whyEnded[status]
  const ended = why && { dialect: 'africastalking', sessionId, msisdn: phoneNumber, why }
  return { kind: 'ended', ended, echo: {} }
}

function formatEvent(turn: NetworkTurn, end: Parameters<Dialect['formatEnd']>[1], nowMs: number): WireCall {
  const lastAnswer = turn.answers.at(-1)?.answer
  const status = end === 'completed' ? 'Success' : end === 'failed' ? 'Failed' : 'Incomplete'
  const hops = turn.answers.flatMap(({ echo }) => (echo['hop'] === undefined ? [] : [echo['hop']]))
  return {
    method: 'POST',
    path: '/events',
    query: '',
    headers: form,
    body: encode({
      date: new Date(nowMs).toISOString().slice(0, 19).replace('T', ' '),
      sessionId: turn.sessionId,
      serviceCode: turn.serviceCode ?? turn.dialled,
      networkCode: turn.network ?? networkCodeOf(turn.msisdn),
      phoneNumber: turn.msisdn,
      status,
      cost: 'BYN 0.00',
      durationInMillis: String(nowMs - turn.beganAtMs),
      // Counts every call to the application, including those without an answer.
      hopsCount: String(turn.replies.length + 1),
      hopsMetadata: hops.join('|'),
      input: textOf(turn),
      lastAppResponse: lastAnswer ? conEnd(lastAnswer) : '',
      ...(end === 'failed' && { errorMessage: 'the application did not answer as agreed' }),
    }),
  }
}

import { randomBytes } from 'node:crypto'
import { parse } from 'node:querystring'
import { z } from 'zod'
import type { Ended } from '../gateway/ports.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireCall } from './dialect.ts'
import { fieldProblem, msisdn, sessionId, typed, ussdString } from './encoding/fields.ts'

/** Africa's Talking sends these five, none optional; `networkCode` is of no use here and not looked at. */
const Request = z.object({
  sessionId,
  phoneNumber: msisdn,
  serviceCode: ussdString,
  text: typed,
})

/** The notification at the end of a session, to an address of its own: of its twelve fields the three that matter here. */
const Event = z.object({
  sessionId,
  phoneNumber: msisdn,
  status: z.enum(['Success', 'Incomplete', 'Failed'], { error: 'is none of Success, Incomplete, Failed' }),
})

const plain = 'text/plain; charset=utf-8'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** What an application wants to be reminded of: at most 99 characters without `|`. */
const HOP_METADATA = 'at-ussd-hop-metadata'

/** The aggregator percent-encodes `*` too, which URLSearchParams leaves. */
const encode = (fields: Record<string, string>) =>
  new URLSearchParams(fields).toString().replaceAll('*', '%2A')

/**
 * Africa's Talking: a form-encoded POST whose `text` holds every answer so far, joined with `*`; `CON ` or `END ` and the
 * screen in plain text come back. It numbers nothing. The begin has an empty `text`: what was dialled behind the code is in
 * `serviceCode`. That a dialogue is over is told at `/events`, if that address was registered.
 */
export const africastalking: Dialect = {
  name: 'africastalking',
  methods: ['POST'],
  paths: ['/events'],
  answerWithinMs: 10_000,
  cannot: [
    {
      case: 'first-empty-answer',
      because:
        'an empty first answer leaves `text` empty, as it is at the begin; so a star that comes first is taken for the one behind it',
    },
    {
      case: 'time-out',
      because: 'the event says Incomplete both for a cancelled and for a timed-out dialogue',
    },
  ],

  answersUnread: (path) => path === '',

  parseRequest({ path, body }) {
    return path === '/events' ? parseEvent(body) : parseCallback(body)
  },

  formatAnswer({ text, waits }) {
    return { status: 200, type: plain, body: `${waits ? 'CON' : 'END'} ${text}` }
  },

  formatEnded() {
    return { status: 200, type: plain, body: '' }
  },

  formatError(status, sentence) {
    return { status, type: plain, body: `END ${sentence}` }
  },

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
        serviceCode: turn.dialled,
        text: turn.replies.join('*'),
        sessionId: turn.sessionId,
        networkCode: '25701',
      }),
    }
  },

  parseResponse({ status, headers, body }) {
    if (status !== 200)
      return { kind: 'malformed', sentence: `the application answered with status ${status}` }
    const [, verb, text] = /^(CON|END) ([^]*)$/.exec(body) ?? []
    if (text === undefined)
      return { kind: 'malformed', sentence: 'the answer begins with neither CON nor END' }
    const hop = headers?.[HOP_METADATA]
    if (hop !== undefined && (hop.length > 99 || hop.includes('|'))) {
      return { kind: 'malformed', sentence: 'the hop metadata is longer than 99 characters or has a |' }
    }
    return { kind: 'answer', answer: { text, waits: verb === 'CON' }, echo: hop === undefined ? {} : { hop } }
  },

  formatEnd: (turn, end, nowMs) => formatEvent(turn, end, nowMs),
}

function parseCallback(body: string): ParsedRequest {
  const fields = Request.safeParse({ ...parse(body) })
  if (!fields.success) return { kind: 'malformed', sentence: fieldProblem(fields.error) }
  const { sessionId, phoneNumber, serviceCode, text } = fields.data
  return {
    kind: 'callback',
    callback: {
      dialect: 'africastalking',
      sessionId,
      msisdn: phoneNumber,
      dialled: serviceCode,
      reported: { kind: 'cumulative', code: serviceCode, text, begins: 'empty' },
    },
    echo: {},
  }
}

function parseEvent(body: string): ParsedRequest {
  const fields = Event.safeParse({ ...parse(body) })
  if (!fields.success) return { kind: 'malformed', sentence: fieldProblem(fields.error) }
  const { sessionId, phoneNumber, status } = fields.data
  const why: Record<typeof status, Ended['why'] | undefined> = {
    Success: undefined,
    Incomplete: 'cancelled',
    Failed: 'failed',
  }
  const reason = why[status]
  const ended = reason && { dialect: 'africastalking', sessionId, msisdn: phoneNumber, why: reason }
  return { kind: 'ended', ended, echo: {} }
}

function formatEvent(turn: NetworkTurn, end: Parameters<Dialect['formatEnd']>[1], nowMs: number): WireCall {
  const last = turn.answers.at(-1)?.answer
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
      serviceCode: turn.dialled,
      networkCode: '25701',
      phoneNumber: turn.msisdn,
      status,
      cost: 'BYN 0.00',
      durationInMillis: String(nowMs - turn.beganAtMs),
      // Every time the application was called, also where no answer came.
      hopsCount: String(turn.replies.length + 1),
      hopsMetadata: hops.join('|'),
      input: turn.replies.join('*'),
      lastAppResponse: last ? `${last.waits ? 'CON' : 'END'} ${last.text}` : '',
      ...(end === 'failed' && { errorMessage: 'the application did not answer as agreed' }),
    }),
  }
}

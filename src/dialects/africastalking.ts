import { parse } from 'node:querystring'
import { z } from 'zod'
import type { Dialect } from './dialect.ts'
import { fieldProblem, msisdn, sessionId, typed, ussdString } from './fields.ts'

/** Africa's Talking sends these five, none optional; `networkCode` is of no use here and not looked at. */
const Request = z.object({
  sessionId,
  phoneNumber: msisdn,
  serviceCode: ussdString,
  text: typed,
})

const plain = 'text/plain; charset=utf-8'

/**
 * Africa's Talking: a form-encoded POST whose `text` holds every answer so far, joined with `*`; `CON ` or `END ` and the
 * screen in plain text come back. It numbers nothing and says nothing of cancelled dialogues here. The begin has an empty
 * `text`: what was dialled behind the code is in `serviceCode`.
 */
export const africastalking: Dialect = {
  name: 'africastalking',
  methods: ['POST'],
  answerWithinMs: 10_000,

  parseRequest({ body }) {
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
        heard: { kind: 'transcript', text },
      },
    }
  },

  formatAnswer({ text, waits }) {
    return { status: 200, type: plain, body: `${waits ? 'CON' : 'END'} ${text}` }
  },

  formatError(status, sentence) {
    return { status, type: plain, body: `END ${sentence}` }
  },

  formatRequest({ sessionId, msisdn, dialled, replies }) {
    const form = new URLSearchParams({
      phoneNumber: msisdn,
      serviceCode: dialled,
      text: replies.join('*'),
      sessionId,
      networkCode: '25701',
    })
    // The aggregator percent-encodes `*` too, which URLSearchParams leaves.
    const body = form.toString().replaceAll('*', '%2A')
    return { method: 'POST', type: 'application/x-www-form-urlencoded', query: '', body }
  },

  parseResponse({ status, body }) {
    if (status !== 200)
      return { kind: 'malformed', sentence: `the application answered with status ${status}` }
    const [, verb, text] = /^(CON|END) ([^]*)$/.exec(body) ?? []
    if (text === undefined)
      return { kind: 'malformed', sentence: 'the answer begins with neither CON nor END' }
    return { kind: 'answer', answer: { text, waits: verb === 'CON' } }
  },
}

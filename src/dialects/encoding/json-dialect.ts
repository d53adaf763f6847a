import { z } from 'zod'
import type { Answer } from '../../gateway/ports.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireCall } from '../dialect.ts'
import { jsonResponse, jsonType, readRequest, readResponse } from './json.ts'
import type { JsonFields } from './json.ts'
import { unnumbered } from './latest-input.ts'

/** The parts in which the JSON dialects without turn numbers differ. */
interface JsonFormat<Request, Response> {
  readonly name: string
  readonly answerTimeoutMs: number
  readonly newSessionId: () => string
  /** The reason why the dialect cannot report a hang-up or a timeout. */
  readonly noEnd: string
  readonly request: z.ZodType<Request> & z.ZodObject
  readonly response: z.ZodType<Response>
  /** Interprets a valid request; `raw` holds the fields as sent, `code` is the one of the address. */
  toCallback(fields: Request, raw: JsonFields, code: string | undefined): ParsedRequest
  /** Returns the request fields of a turn. */
  requestFields(turn: NetworkTurn): object
  toAnswer(fields: Response): Answer
  /** Returns the response fields of an answer; the echo precedes them. */
  answerFields(answer: Answer): object
}

/**
 * Creates a dialect that posts each turn as one JSON object with the latest input. Turns are not numbered, and the end of a
 * dialogue is never reported by the simulated network.
 */
export function jsonDialect<Request, Response>(format: JsonFormat<Request, Response>): Dialect {
  const { name, newSessionId, noEnd } = format
  const last = (text: string) => format.answerFields({ text, waits: false })
  return {
    name,
    methods: ['POST'],
    answerTimeoutMs: format.answerTimeoutMs,
    limitations: [{ case: 'cancel', reason: noEnd }, { case: 'time-out', reason: noEnd }, unnumbered],

    requestSchema: () => format.request,

    parseRequest({ body, code }) {
      const read = readRequest(body, format.request)
      return read.kind === 'malformed' ? read : format.toCallback(read.fields, read.raw, code)
    },

    formatAnswer: (answer, echo) => jsonResponse(200, { ...echo, ...format.answerFields(answer) }),
    formatEnded: (echo) => jsonResponse(200, { ...echo, ...last('') }),
    formatError: (status, message) => jsonResponse(status, last(message)),

    newSessionId,
    formatRequest: (turn) => postJson(format.requestFields(turn)),

    parseResponse(response) {
      const read = readResponse(response, format.response)
      return read.kind === 'malformed'
        ? read
        : { kind: 'answer', answer: format.toAnswer(read.fields), echo: {} }
    },

    formatEnd: () => undefined,
  }
}

export const postJson = (fields: object, path = ''): WireCall => ({
  method: 'POST',
  path,
  query: '',
  headers: { 'content-type': jsonType },
  body: JSON.stringify(fields),
})

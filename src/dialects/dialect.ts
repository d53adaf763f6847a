import type { z } from 'zod'
import type { Answer, Callback, Ended } from '../gateway/ports.ts'

export type Method = 'GET' | 'POST' | 'PUT'

/** A callback as received over HTTP. */
export interface WireRequest {
  readonly method: Method
  /** The path after `/ussd/<name>`: empty, or one of the dialect's `paths` with its parameters filled in. */
  readonly path: string
  /** Fields of the query string, percent-decoded. A repeated name gives an array. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Header names are lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** The short code that the address names with `?code=`, as `*…#` (decision 0053). */
  readonly code?: string | undefined
}

/** A response to a callback. */
export interface WireResponse {
  readonly status: number
  /** The content type, with its charset. */
  readonly type: string
  readonly body: string
  /** Headers that carry part of the dialect's message. Names are lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A callback as the simulated network sends it. */
export interface WireCall {
  readonly method: Method
  /** The path after the callback URL, e.g. `/session/77/start`; usually empty. */
  readonly path: string
  /** The query string without `?`; empty if there is none. */
  readonly query: string
  /** Header names are lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Opaque values to return to the other side, such as an account, an invoke id or an application's state. */
export type Echo = Readonly<Record<string, string>>

/** A message that does not follow the dialect. `message` says what is wrong, in English, and quotes no input. */
export interface Malformed {
  readonly kind: 'malformed'
  readonly message: string
}

/** The number of a callback or an end is as the aggregator wrote it: digits, with or without `+`. */
export type ParsedRequest =
  | { readonly kind: 'callback'; readonly callback: Callback; readonly echo: Echo }
  /** A notice that a dialogue is over. `ended` is undefined if the notice does not identify the subscriber. */
  | { readonly kind: 'ended'; readonly ended: Ended | undefined; readonly echo: Echo }
  | Malformed

export type ParsedResponse =
  { readonly kind: 'answer'; readonly answer: Answer; readonly echo: Echo } | Malformed

/** A dialogue as the network sees it: the input for its next callback. */
export interface NetworkTurn {
  readonly sessionId: string
  /** E.164 with `+`. */
  readonly msisdn: string
  /** The network's code or name, in the form of the aggregator; by default, one of the number's country or of the dialect. */
  readonly network?: string | undefined
  /** The complete dialled string. */
  readonly dialled: string
  /** The code registered at the aggregator, which starts the dialled string. Without it, the aggregator reports the whole string. */
  readonly serviceCode?: string | undefined
  /** The subscriber's replies so far, in order; empty at the begin. */
  readonly replies: readonly string[]
  /** The application's answers so far, with the values to return to it; empty at the begin. */
  readonly answers: readonly { readonly answer: Answer; readonly echo: Echo }[]
  /** Milliseconds since the epoch. */
  readonly beganAtMs: number
}

/** How a dialogue ended: completed by the application, or for one of the reasons in `Ended`. */
export type End = 'completed' | Ended['why']

/** A case that a dialect cannot express, and the reason. The conformance suite tests every other case. */
export interface Limitation {
  readonly case:
    'cancel' | 'time-out' | 'empty-answer' | 'first-empty-answer' | 'repeat' | 'deep-dial' | 'error-status'
  readonly reason: string
}

/**
 * An aggregator's wire format. Both ends live in one file, so that the simulated network cannot drift from the gateway
 * (decision 0005). All functions are pure: a dialect knows no HTTP server, no store and no menu.
 */
export interface Dialect {
  /** The last segment of the callback URL: `/ussd/<name>`. */
  readonly name: string
  readonly methods: readonly Method[]
  /** Additional paths below `/ussd/<name>`, in Express notation, e.g. `/session/:sessionId/start`. */
  readonly paths?: readonly string[]
  /** The aggregator's timeout for an answer, in milliseconds. The turn's budget is shorter. */
  readonly answerTimeoutMs: number
  readonly limitations: readonly Limitation[]
  /**
   * Returns true if every request to this path is a callback and no answer echoes it. The gateway can then shed a callback
   * before reading it. If absent, every callback must be read.
   */
  canAnswerUnread?(path: string): boolean

  /** The fields of a callback at one of `paths`, for the OpenAPI document. Absent where a callback is XML. */
  requestSchema?(path: string): z.ZodObject | undefined

  /** The gateway's end. */
  parseRequest(request: WireRequest): ParsedRequest
  formatAnswer(answer: Answer, echo: Echo): WireResponse
  /** Acknowledges the notice that a dialogue is over. */
  formatEnded(echo: Echo): WireResponse
  /** Formats a rejected callback; `status` is 4xx or 503. */
  formatError(status: number, message: string): WireResponse

  /** The network's end. */
  newSessionId(): string
  formatRequest(turn: NetworkTurn): WireCall
  parseResponse(response: WireResponse): ParsedResponse
  /** Formats the notice that the dialogue is over; returns undefined if the dialect has none. */
  formatEnd(turn: NetworkTurn, end: End, nowMs: number): WireCall | undefined
}

export const malformed = (message: string): Malformed => ({ kind: 'malformed', message })

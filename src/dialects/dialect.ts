import type { Answer, Callback, Ended } from '../gateway/ports.ts'

export type Method = 'GET' | 'POST' | 'PUT'

/** A callback as it came over HTTP. */
export interface WireRequest {
  readonly method: Method
  /** What follows `/ussd/<name>` in the address: empty, or one of the dialect's `paths` filled in. */
  readonly path: string
  /** Fields of the query string, percent-decoded. A name given twice is an array. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** What goes back over HTTP. */
export interface WireResponse {
  readonly status: number
  /** The content type, with its charset. */
  readonly type: string
  readonly body: string
  /** Lower-case names; those in which a dialect says something. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A callback as the simulated network sends it. */
export interface WireCall {
  readonly method: Method
  /** What follows the callback's address, e.g. `/session/77/start`; empty for most. */
  readonly path: string
  /** Without `?`; empty for none. */
  readonly query: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What the other side wants back in its own form, which means nothing to anybody but the dialect: an account, an invoke id,
 * a state an application asked to be reminded of.
 */
export type Echo = Readonly<Record<string, string>>

/** What a callback turned out to be. */
export type ParsedRequest =
  | { readonly kind: 'callback'; readonly callback: Callback; readonly echo: Echo }
  /** The network says that a dialogue is over; `ended` is undefined where the dialect does not say whose it was. */
  | { readonly kind: 'ended'; readonly ended: Ended | undefined; readonly echo: Echo }
  /** Not of the dialect's form; `sentence` names what is wrong, in English, and quotes nothing. */
  | { readonly kind: 'malformed'; readonly sentence: string }

/** What an application's answer turned out to be. */
export type ParsedResponse =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly echo: Echo }
  | { readonly kind: 'malformed'; readonly sentence: string }

/** A dialogue as the network's end of a dialect knows it: what it needs to write the next callback. */
export interface NetworkTurn {
  readonly sessionId: string
  /** E.164 with `+`. */
  readonly msisdn: string
  /** The whole dialled string. */
  readonly dialled: string
  /** Every answer of the subscriber so far, in order; empty at the begin. */
  readonly replies: readonly string[]
  /** Every answer of the application so far, and what it wanted back; empty at the begin. */
  readonly answers: readonly { readonly answer: Answer; readonly echo: Echo }[]
  /** Milliseconds since the epoch. */
  readonly beganAtMs: number
}

/** How a dialogue came to its end: as it should, or as the network tells with `Ended`. */
export type End = 'completed' | Ended['why']

/** What a dialect cannot say, and why: the conformance suite lists it and tests the rest. */
export interface Inability {
  readonly case:
    'cancel' | 'time-out' | 'empty-answer' | 'first-empty-answer' | 'repeat' | 'deep-dial' | 'error-status'
  readonly because: string
}

/**
 * An aggregator's wire format, both ends of it in one file, so that the simulated network cannot drift from the gateway.
 * Pure functions: a dialect knows no HTTP server, no store and no menu. What is written by one end is read by the other as it
 * was meant (decision 0005); the conformance suite holds every dialect to it.
 */
export interface Dialect {
  /** The last part of its callback's address: `/ussd/<name>`. */
  readonly name: string
  readonly methods: readonly Method[]
  /** Further addresses below `/ussd/<name>`, in Express' notation, e.g. `/session/:sessionId/start`. */
  readonly paths?: readonly string[]
  /** How long the aggregator waits for an answer, milliseconds; the turn's budget lies inside it. */
  readonly answerWithinMs: number
  readonly cannot: readonly Inability[]
  /**
   * Whether all that comes to this path are callbacks, and their answers hand nothing of them back: one can then be answered
   * before it is read. Where it is left out, no path is.
   */
  answersUnread?(path: string): boolean

  /** The gateway's end. */
  parseRequest(request: WireRequest): ParsedRequest
  formatAnswer(answer: Answer, echo: Echo): WireResponse
  /** Acknowledges that a dialogue is over; nobody sees it. */
  formatEnded(echo: Echo): WireResponse
  /** Says in the dialect's own form that the callback was not carried out: `status` is 4xx or 503. */
  formatError(status: number, sentence: string): WireResponse

  /** The network's end. */
  newSessionId(): string
  formatRequest(turn: NetworkTurn): WireCall
  parseResponse(response: WireResponse): ParsedResponse
  /** Tells the application that the dialogue is over; `undefined` where the dialect has no word for it. */
  formatEnd(turn: NetworkTurn, end: End, nowMs: number): WireCall | undefined
}

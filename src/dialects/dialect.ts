import type { Answer, Callback } from '../gateway/ports.ts'

/** A callback as it came over HTTP, or as the simulated network sends it. */
export interface WireRequest {
  readonly method: 'GET' | 'POST'
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
}

/** What a callback turned out to be. */
export type ParsedRequest =
  | { readonly kind: 'callback'; readonly callback: Callback }
  /** Not of the dialect's form; `sentence` names what is wrong, in English, and quotes nothing. */
  | { readonly kind: 'malformed'; readonly sentence: string }

/** What an application's answer turned out to be. */
export type ParsedResponse =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'malformed'; readonly sentence: string }

/** A dialogue as the network's end of a dialect knows it: what it needs to write the next callback. */
export interface NetworkTurn {
  readonly sessionId: string
  readonly msisdn: string
  /** The whole dialled string. */
  readonly dialled: string
  /** Every answer so far, in order; empty at the begin. */
  readonly replies: readonly string[]
}

/**
 * An aggregator's wire format, both ends of it in one file, so that the simulated network cannot drift from the gateway.
 * Pure functions: a dialect knows no HTTP server, no store and no menu. What is written by one end is read by the other as it
 * was meant (decision 0005); the conformance suite holds every dialect to it.
 */
export interface Dialect {
  /** The last part of its callback's address: `/ussd/<name>`. */
  readonly name: string
  readonly methods: readonly WireRequest['method'][]
  /** How long the aggregator waits for an answer, milliseconds; the turn's budget lies inside it. */
  readonly answerWithinMs: number

  /** The gateway's end. */
  parseRequest(request: WireRequest): ParsedRequest
  formatAnswer(answer: Answer): WireResponse
  /** Says in the dialect's own form that the callback was not carried out: `status` is 4xx or 503. */
  formatError(status: number, sentence: string): WireResponse

  /** The network's end. */
  formatRequest(turn: NetworkTurn): {
    readonly method: 'GET' | 'POST'
    readonly type?: string
    readonly query: string
    readonly body: string
  }
  parseResponse(response: WireResponse): ParsedResponse
}

import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Dialect, Echo, WireCall, WireResponse } from '../dialects/dialect.ts'
import { sign } from '../dialects/signature.ts'
import type { Answer } from '../gateway/ports.ts'

/** What a waiting screen asks for: a secret, or an answer everybody may see. */
export type InputKind = 'secret' | 'open'

/** What became of a call to the application. */
export type CallResult =
  | {
      readonly kind: 'answer'
      readonly answer: Answer
      readonly echo: Echo
      /** What the application says beside its answer that it asks for, if it is a gateway of ours. */
      readonly asks: InputKind | undefined
    }
  /** `problem`: one English sentence on what happened, which quotes nothing that was sent. */
  | { readonly kind: 'failed'; readonly problem: string }

/** How long a call may take. */
interface CallOptions {
  /** What the sentence says that the application had. */
  readonly answerWithinMs: number
  /** What is left of it. */
  readonly leftMs: number
  /** Gives the call up early. */
  readonly hungUp: AbortSignal
}

/** The application behind a callback, as the network reaches it. Nothing rejects. */
export interface Application {
  /** Carries a callback there and its answer back. */
  call(wire: WireCall, patience: CallOptions): Promise<CallResult>
  /** Carries a callback there and cuts the connection as soon as it was sent. */
  sendThenReset(wire: WireCall, patience: CallOptions): Promise<CallResult>
  /** Says that a dialogue is over; whether anybody heard it is nobody's business. */
  notifyEnd(wire: WireCall): Promise<void>
}

/** Where an application listens, and what it asks to be shown. */
export interface Address {
  /** Without credentials; its query is kept. A function is asked before every call. */
  readonly callbackUrl: string | (() => string)
  /**
   * Where it wants to hear that a dialogue is over, in dialects whose aggregator has an address of its own for that; without
   * it, it does not hear it from these. The others say it at the callback.
   */
  readonly eventsUrl?: string | (() => string) | undefined
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined
  /** Under which callbacks are signed. */
  readonly signatureKey?: Uint8Array | undefined
}

/** Far above the longest screen. What is larger is no answer, and is not read on. */
const ANSWER_LIMIT_BYTES = 16_384

/** How long the network takes the trouble to say that a dialogue is over. */
const NOTIFY_TIMEOUT_MS = 5000

/** What a dialect appends to the address where it says that a dialogue is over, if it is not the callback's. */
const EVENTS = '/events'

/**
 * Speaks a dialect's network end over HTTP, with keep-alive. As with the real ones, a callback is not sent twice of itself and
 * a redirection is not followed: what was typed may be a secret.
 */
export function createApplication({
  dialect,
  callbackUrl,
  eventsUrl,
  token,
  signatureKey,
}: Address & { readonly dialect: Dialect }): Application {
  /** A copy of a callback keeps its id (Standard Webhooks 1.0, webhook-id); it is signed anew each time. */
  const ids = new WeakMap<WireCall, string>()

  return {
    async call(wire, { answerWithinMs, leftMs, hungUp }) {
      const slow = new AbortController()
      const giveUp = () => slow.abort()
      const timer = setTimeout(giveUp, leftMs)
      hungUp.addEventListener('abort', giveUp)
      try {
        const response = await readResponse(await send(wire, addressOf(wire), slow.signal))
        if (typeof response === 'string') return failed(response)
        const parsed = dialect.parseResponse(response)
        return parsed.kind === 'answer' ? { ...parsed, asks: asksOf(response) } : failed(parsed.sentence)
      } catch (error) {
        return failed(
          slow.signal.aborted
            ? `the application did not answer within ${answerWithinMs / 1000} s`
            : `the application could not be reached: ${reasonOf(error)}`,
        )
      } finally {
        clearTimeout(timer)
        hungUp.removeEventListener('abort', giveUp)
      }
    },

    sendThenReset(wire, { hungUp, leftMs }) {
      const url = addressOf(wire)
      const { method, body } = wire
      return new Promise((resolve) => {
        const open = url.protocol === 'https:' ? requestHttps : requestHttp
        const headers = { ...headersOf(wire, url), 'content-length': Buffer.byteLength(body) }
        const signal = AbortSignal.any([hungUp, AbortSignal.timeout(leftMs)])
        const request = open(url, { method, headers, signal, agent: false })
        const close = () => resolve(failed('the connection was cut before the answer, as was asked for'))
        // Only when everything has left: the application is to hear all of it.
        request
          .on('error', close)
          .on('close', close)
          .end(body, () => request.destroy())
      })
    },

    async notifyEnd(wire) {
      const isEvent = wire.path === EVENTS
      if (isEvent && eventsUrl === undefined) return
      const url = isEvent ? new URL(textOf(eventsUrl ?? '')) : addressOf(wire)
      await send(wire, url, AbortSignal.timeout(NOTIFY_TIMEOUT_MS)).then(
        (response) => response.body?.cancel(),
        () => undefined,
      )
    },
  }

  function addressOf({ path, query }: WireCall): URL {
    const url = new URL(textOf(callbackUrl))
    if (path !== '') url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    if (query !== '') url.search = [url.search, query].filter((part) => part !== '').join('&')
    return url
  }

  function headersOf(wire: WireCall, { pathname, search }: URL) {
    return {
      ...wire.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(signatureKey && signedAs(wire, signatureKey, `${pathname}${search}`)),
    }
  }

  function signedAs(wire: WireCall, key: Uint8Array, target: string) {
    const id = ids.get(wire) ?? randomUUID()
    ids.set(wire, id)
    return sign(key, { ...wire, target }, { id, atMs: Date.now() })
  }

  function send(wire: WireCall, url: URL, signal: AbortSignal): Promise<Response> {
    const { method, body } = wire
    const headers = headersOf(wire, url)
    return fetch(url, { method, redirect: 'manual', signal, headers, ...(method !== 'GET' && { body }) })
  }
}

const textOf = (url: string | (() => string)) => (typeof url === 'string' ? url : url())

/** The answer, or what is wrong with it. */
async function readResponse(response: Response): Promise<WireResponse | string> {
  const answer = await readBody(response)
  if (!answer) return 'the answer is larger than any screen'
  if (!isUtf8(answer)) return 'the answer is not UTF-8'
  // `response.text()` would drop a byte order mark; before the verb, it makes an answer malformed.
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    headers: headersIn(response.headers),
    body: answer.toString(),
  }
}

/** Cookies are lines of one value, as a comma may be part of one; taken as they come, only the last would be left. */
function headersIn(headers: Headers): Readonly<Record<string, string>> {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies.join('\n') }) }
}

function asksOf({ headers }: WireResponse): InputKind | undefined {
  const input = headers?.['ussd-input']
  if (input !== undefined) return input === 'secret' ? 'secret' : input === 'plain' ? 'open' : undefined
  // Gateways of the previous release.
  const asks = headers?.['ussd-asks']
  return asks === 'secret' || asks === 'open' ? asks : undefined
}

/** `undefined` where it is larger than the limit. */
async function readBody({ body }: Response): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > ANSWER_LIMIT_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const failed = (sentence: string): CallResult => ({
  kind: 'failed',
  problem: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
})

/** Of an error that `fetch` throws: what happened to the socket stands in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } }
  const code = typeof cause?.code === 'string' ? cause.code : ''
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens at its address'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host has no address'
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'it closed the connection'
    default:
      return code === '' ? 'the request failed' : `the request failed with ${code}`
  }
}

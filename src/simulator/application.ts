import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Dialect, Echo, WireCall, WireResponse } from '../dialects/dialect.ts'
import { sign } from '../dialects/signature.ts'
import type { Answer } from '../gateway/ports.ts'

/** The kind of reply that a waiting screen asks for. */
export type InputKind = 'secret' | 'plain'

/** The result of a call to the application. */
export type CallResult =
  | {
      readonly kind: 'answer'
      readonly answer: Answer
      readonly echo: Echo
      /** The input kind from the `Ussd-Input` header, which only this gateway sends. */
      readonly asks: InputKind | undefined
    }
  /** `problem`: one English sentence that quotes nothing sent. */
  | { readonly kind: 'failed'; readonly problem: string }

interface CallOptions {
  /** The timeout that an error message names. */
  readonly timeoutMs: number
  /** The remaining part of the timeout. */
  readonly remainingMs: number
  /** Cancels the call. Nothing is sent if it is already aborted. */
  readonly hungUp: AbortSignal
}

/** The client of one application. Its promises never reject. */
export interface Application {
  /** Sends a callback and returns its answer. */
  call(wire: WireCall, options: CallOptions): Promise<CallResult>
  /** Sends a callback and closes the connection as soon as it is sent. */
  sendThenReset(wire: WireCall, options: CallOptions): Promise<CallResult>
  /** Sends the notice that a dialogue is over; ignores failures. */
  notifyEnd(wire: WireCall): Promise<void>
}

/** The URLs of an application and the credentials to send. */
export interface ApplicationAddress {
  /** A URL without credentials; its query is kept. A function is called before every request. */
  readonly callbackUrl: string | (() => string)
  /** The URL for notices in dialects with a separate notice URL; without it, none are sent. Others use the callback URL. */
  readonly eventsUrl?: string | (() => string) | undefined
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined
  /** The key that signs callbacks. */
  readonly signatureKey?: Uint8Array | undefined
}

/** Far above the longest screen; reading stops here. */
const MAX_ANSWER_BYTES = 16_384

const NOTIFY_TIMEOUT_MS = 5000

/** The path of notices in dialects with a separate notice URL. */
const EVENTS = '/events'

/**
 * Creates a client that speaks the network's end of a dialect, with keep-alive. It neither retries by itself nor follows
 * redirects: a callback may carry a secret.
 */
export function createApplication({
  dialect,
  callbackUrl,
  eventsUrl,
  token,
  signatureKey,
}: ApplicationAddress & { readonly dialect: Dialect }): Application {
  /** A duplicate keeps its id (Standard Webhooks 1.0, webhook-id); every delivery is signed anew. */
  const ids = new WeakMap<WireCall, string>()

  return {
    async call(wire, { timeoutMs, remainingMs, hungUp }) {
      const abort = new AbortController()
      const giveUp = () => abort.abort()
      const timer = setTimeout(giveUp, remainingMs)
      hungUp.addEventListener('abort', giveUp)
      // An aborted signal fires no event.
      if (hungUp.aborted) giveUp()
      try {
        const response = await readResponse(await send(wire, urlOf(wire), abort.signal))
        if (typeof response === 'string') return failed(response)
        const parsed = dialect.parseResponse(response)
        return parsed.kind === 'answer' ? { ...parsed, asks: inputKind(response) } : failed(parsed.message)
      } catch (error) {
        return failed(
          hungUp.aborted
            ? 'the phone was hung up before the answer'
            : abort.signal.aborted
              ? `the application did not answer within ${timeoutMs / 1000} s`
              : `the application could not be reached: ${reasonOf(error)}`,
        )
      } finally {
        clearTimeout(timer)
        hungUp.removeEventListener('abort', giveUp)
      }
    },

    async sendThenReset(wire, { hungUp, remainingMs }) {
      const url = urlOf(wire)
      const headers = headersOf(wire, url)
      await sendAndReset(wire, { url, headers }, AbortSignal.any([hungUp, AbortSignal.timeout(remainingMs)]))
      return failed('fault injected: the connection was reset before the answer')
    },

    async notifyEnd(wire) {
      const isEvent = wire.path === EVENTS
      if (isEvent && eventsUrl === undefined) return
      const url = isEvent ? new URL(textOf(eventsUrl ?? '')) : urlOf(wire)
      await send(wire, url, AbortSignal.timeout(NOTIFY_TIMEOUT_MS)).then(
        (response) => response.body?.cancel(),
        () => undefined,
      )
    },
  }

  function urlOf({ path, query }: WireCall): URL {
    const url = new URL(textOf(callbackUrl))
    if (path !== '') url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    if (query !== '') url.search = [url.search, query].filter((part) => part !== '').join('&')
    return url
  }

  function headersOf(wire: WireCall, { pathname, search }: URL) {
    return {
      ...wire.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(signatureKey && signatureOf(wire, signatureKey, `${pathname}${search}`)),
    }
  }

  function signatureOf(wire: WireCall, key: Uint8Array, target: string) {
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

/** Sends a request and resets its connection after the last byte: the application must receive the complete callback. */
function sendAndReset(
  { method, body }: WireCall,
  { url, headers }: { readonly url: URL; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<void> {
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  const withLength = { ...headers, 'content-length': Buffer.byteLength(body) }
  const request = open(url, { method, headers: withLength, signal, agent: false })
  return new Promise((resolve) => {
    request
      .on('error', () => resolve())
      .on('close', () => resolve())
      .end(body, () => request.destroy())
  })
}

const textOf = (url: string | (() => string)) => (typeof url === 'string' ? url : url())

/** Returns the answer, or the problem with it. */
async function readResponse(response: Response): Promise<WireResponse | string> {
  const answer = await readBody(response)
  if (!answer) return 'the answer is larger than any screen'
  if (!isUtf8(answer)) return 'the answer is not UTF-8'
  // `response.text()` would drop a byte order mark, which makes an answer malformed.
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    headers: headersIn(response.headers),
    body: answer.toString(),
  }
}

/** Joins `Set-Cookie` headers with line feeds, because a cookie may contain a comma. */
function headersIn(headers: Headers): Readonly<Record<string, string>> {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies.join('\n') }) }
}

/** Reads `Ussd-Input`, or its former name `Ussd-Asks`, in which `plain` was `open`. */
function inputKind({ headers }: WireResponse): InputKind | undefined {
  const kind = headers?.['ussd-input'] ?? headers?.['ussd-asks']
  if (kind === 'open') return 'plain'
  return kind === 'secret' || kind === 'plain' ? kind : undefined
}

/** Reads a body; returns undefined if it exceeds the limit. */
async function readBody({ body }: Response): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest of the stream.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const failed = (problem: string): CallResult => ({
  kind: 'failed',
  problem: `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`,
})

/** Returns the reason for an error of `fetch`, whose cause holds the socket's error code. */
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

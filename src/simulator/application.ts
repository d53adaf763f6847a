import { isUtf8 } from 'node:buffer'
import type { Dialect, NetworkTurn, WireResponse } from '../dialects/dialect.ts'
import type { Answer } from '../gateway/ports.ts'

/** What became of a call to the application. */
type Called =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** `problem`: one English sentence on what happened, which quotes nothing that was sent. */
  | { readonly kind: 'failed'; readonly problem: string }

/** The application behind a callback, as the network reaches it. */
export interface Application {
  /** Carries one turn there and its answer back. Never rejects; `hungUp` gives the call up early. */
  call(turn: NetworkTurn, hungUp: AbortSignal): Promise<Called>
}

/** Far above the longest screen. What is larger is no answer, and is not read on. */
const ANSWER_LIMIT_BYTES = 16_384

/**
 * Speaks a dialect's network end over HTTP, with keep-alive, and waits as long as the dialect's aggregator does. As with
 * the real ones, a callback is never sent twice and a redirection is not followed: `text` may hold secrets.
 *
 * @param callbackUrl without credentials; its query is kept. A function is asked before every call.
 * @param token sent as `Authorization: Bearer`
 */
export function createApplication(options: {
  readonly dialect: Dialect
  readonly callbackUrl: string | (() => string)
  readonly token?: string | undefined
}): Application {
  const { dialect, callbackUrl, token } = options
  return {
    async call(turn, hungUp) {
      const slow = new AbortController()
      const giveUp = () => slow.abort()
      const timer = setTimeout(giveUp, dialect.answerWithinMs)
      hungUp.addEventListener('abort', giveUp)
      try {
        const response = await send(turn, slow.signal)
        if (typeof response === 'string') return failed(response)
        const parsed = dialect.parseResponse(response)
        return parsed.kind === 'answer' ? parsed : failed(parsed.sentence)
      } catch (error) {
        return failed(
          slow.signal.aborted
            ? `the application did not answer within ${dialect.answerWithinMs / 1000} s`
            : `the application could not be reached: ${reasonOf(error)}`,
        )
      } finally {
        clearTimeout(timer)
        hungUp.removeEventListener('abort', giveUp)
      }
    },
  }

  /** The answer, or what is wrong with it. */
  async function send(turn: NetworkTurn, signal: AbortSignal): Promise<WireResponse | string> {
    const { method, type, query, body } = dialect.formatRequest(turn)
    const url = new URL(typeof callbackUrl === 'string' ? callbackUrl : callbackUrl())
    if (query !== '') url.search = [url.search, query].filter((part) => part !== '').join('&')
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        ...(type !== undefined && { 'content-type': type }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(method === 'POST' && { body }),
    })
    const answer = await readAnswer(response)
    if (!answer) return 'the answer is larger than any screen'
    if (!isUtf8(answer)) return 'the answer is not UTF-8'
    // `response.text()` would drop a byte order mark; before the verb, it makes an answer malformed.
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: answer.toString(),
    }
  }
}

/** `undefined` where it is larger than the limit. */
async function readAnswer({ body }: Response): Promise<Buffer | undefined> {
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

const failed = (sentence: string): Called => ({
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

import { once } from 'node:events'
import { request } from 'node:http'
import type { Agent, IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Redis } from 'ioredis'
import type { Dialect, NetworkTurn, WireCall, WireResponse } from '../../src/dialects/dialect.ts'
import { sign } from '../../src/dialects/signature.ts'

/**
 * Dumps all records of a Redis. Equal dumps prove that nothing changed. Excludes the probe record, which the gateway writes
 * on a timer.
 */
export async function dumpOf(redis: Redis): Promise<Readonly<Record<string, string>>> {
  const keys = (await redis.keys('*')).filter((key) => !key.endsWith(':probe')).toSorted()
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
  return Object.fromEntries(keys.map((key, at) => [key, dumps[at]?.toString('base64') ?? '']))
}

/** Creates the first turn of a dialogue, without echoed fields. */
export const turnOf = (
  dialect: Dialect,
  { replies = [], ...turn }: Partial<NetworkTurn> & Pick<NetworkTurn, 'msisdn' | 'dialled'>,
): NetworkTurn => ({
  sessionId: dialect.newSessionId(),
  answers: [],
  beganAtMs: 0,
  ...turn,
  replies,
})

/** Sends a callback with further headers. Rejects when the connection breaks. */
export async function post(
  url: string,
  dialect: Dialect,
  wire: Pick<WireCall, 'path' | 'query' | 'headers'> & {
    readonly method: string
    readonly body: string | Uint8Array
  },
  headers: Readonly<Record<string, string>> = {},
  agent: Agent | false = false,
): Promise<Required<WireResponse>> {
  const { hostname, port } = new URL(url)
  const outgoing = request({
    hostname,
    port,
    path: targetOf(dialect, wire),
    method: wire.method,
    headers: { ...wire.headers, ...headers, 'content-length': Buffer.byteLength(wire.body) },
    agent,
  })
  // A gateway may answer, and then close the connection while the body is still being sent.
  outgoing.on('error', () => {}).end(wire.body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const received = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join('\n')])
  return {
    status: response.statusCode ?? 0,
    type: response.headers['content-type'] ?? '',
    headers: Object.fromEntries(received) as Record<string, string>,
    body: await text(response),
  }
}

const targetOf = (dialect: Dialect, { path, query }: Pick<WireCall, 'path' | 'query'>) =>
  `/ussd/${dialect.name}${path}${query === '' ? '' : `?${query}`}`

let ids = 0

/** Returns the headers that sign a callback with a key. */
export const signed = (
  key: Uint8Array,
  dialect: Dialect,
  wire: WireCall,
  { id = `msg_${++ids}`, atMs = Date.now() } = {},
): Readonly<Record<string, string>> => sign(key, { ...wire, target: targetOf(dialect, wire) }, { id, atMs })

/** Writes raw bytes to a port. Resolves with the response when the connection closes or stays quiet. */
export function sendRaw(
  port: number,
  parts: readonly (string | Uint8Array)[],
  { quietMs = 300, timeoutMs = 10_000 } = {},
): Promise<{ readonly answered: string; readonly closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answered = ''
    const finish = (closed: boolean) => {
      clearTimeout(late)
      socket.destroy()
      resolve({ answered, closed })
    }
    const late = setTimeout(() => finish(false), timeoutMs)
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answered += chunk
      socket.setTimeout(quietMs)
    })
    socket.on('timeout', () => finish(false))
    // A reset during the write is a valid outcome, reported by 'close'.
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
    for (const part of parts) socket.write(part)
  })
}

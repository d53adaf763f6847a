import { Agent, request } from 'node:http'
import type { WireResponse } from '../../../src/dialects/dialect.ts'
import type { RawRequest } from './mutate.ts'

/** Sends callbacks over one keep-alive connection. */
export interface Sender {
  /** Resolves with `undefined` when the connection closes without an answer. */
  send(request: RawRequest, address: string): Promise<WireResponse | undefined>
  close(): void
}

export function createSender(url: string, token: string): Sender {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    send: ({ method, path, query, headers, body }, address) =>
      new Promise((resolve) => {
        const outgoing = request({
          agent,
          hostname,
          port,
          method,
          path: `${address}${path}${query === '' ? '' : `?${query}`}`,
          headers: { ...headers, authorization: `Bearer ${token}`, 'content-length': body.length },
        })
        outgoing.on('error', () => resolve(undefined))
        outgoing.on('response', (response) => {
          const chunks: Buffer[] = []
          response.on('error', () => resolve(undefined))
          response.on('data', (chunk: Buffer) => void chunks.push(chunk))
          response.on('end', () => {
            const cookies = response.headers['set-cookie']
            resolve({
              status: response.statusCode ?? 0,
              type: response.headers['content-type'] ?? '',
              headers: {
                ...(response.headers as Record<string, string>),
                ...(cookies && { 'set-cookie': cookies.join('\n') }),
              },
              body: Buffer.concat(chunks).toString(),
            })
          })
        })
        outgoing.end(body)
      }),
    close: () => agent.destroy(),
  }
}

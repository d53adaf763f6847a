import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'node:querystring'

/** A received callback with its form fields. */
interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly fields: Readonly<Record<string, string>>
}

/** Returns the body of a 200 response, or undefined after handling the response itself. */
export type Answering = (received: Received, response: ServerResponse) => string | void

/**
 * Starts a minimal application behind Africa's Talking: a server on its own port, independent of this repository.
 */
export async function startForeignApplication(answering: Answering) {
  const received: Received[] = []
  const sockets = new Set<unknown>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    sockets.add(request.socket)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const { method = '', url = '', headers } = request
      const fields = { ...parse(body) } as Record<string, string>
      const callback = { method, url, headers, body, fields }
      received.push(callback)
      const answer = answering(callback, response)
      if (answer !== undefined) response.setHeader('Content-Type', 'text/plain').end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/callbacks/ussd`,
    received,
    /** Returns the number of connections opened so far. */
    connections: () => sockets.size,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type ForeignApplication = Awaited<ReturnType<typeof startForeignApplication>>

/** A shop that asks twice; its last screen counts the replies. */
export const shop: Answering = ({ fields }) => {
  const { text = '' } = fields
  const answers = text === '' ? [] : text.split('*')
  return answers.length < 2 ? `CON Вопрос ${answers.length + 1}\n1 да` : `END Ответов: ${answers.length}`
}

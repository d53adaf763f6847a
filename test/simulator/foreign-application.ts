import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'node:querystring'

/** A callback as it came, and its fields. */
interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly fields: Readonly<Record<string, string>>
}

/** What the application answers: a body with status 200, or whatever it does to the response itself. */
export type Answering = (received: Received, response: ServerResponse) => string | void

/**
 * Somebody's application behind Africa's Talking, as small as they come: a server on a port of its own that knows nothing of
 * this repository.
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
    /** How many connections were ever made. */
    connections: () => sockets.size,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type ForeignApplication = Awaited<ReturnType<typeof startForeignApplication>>

/** A shop: three questions, the last screen repeats how many answers there were. */
export const shop: Answering = ({ fields }) => {
  const { text = '' } = fields
  const answers = text === '' ? [] : text.split('*')
  return answers.length < 2 ? `CON Вопрос ${answers.length + 1}\n1 да` : `END Ответов: ${answers.length}`
}

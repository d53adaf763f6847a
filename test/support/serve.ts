import type { Router } from 'express'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { UssdError } from '../../src/engine/errors.ts'
import { createApp } from '../../src/http/app.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { createNumbering } from '../../src/ussd/numbering.ts'

/** Serves routes on a free loopback port as the gateway does, without callbacks. */
export async function serve(...routes: Router[]) {
  const faults: UssdError[] = []
  const app = createApp({
    gateway: {
      tryShed: () => undefined,
      turn: async () => ({ text: '', waits: false }),
      refuse: () => ({ text: '', waits: false }),
      end: async () => {},
    },
    numbering: createNumbering({ countries: 'any' }),
    dialects: {},
    callbackToken: undefined,
    routes,
    reportFault: (fault) => void faults.push(fault),
  })
  const server = createHttpServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  /** Sends a request; objects are sent as JSON, text and bytes unchanged. */
  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const hasBody = body !== undefined
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { ...(hasBody && { 'Content-Type': 'application/json' }), ...headers },
      ...(hasBody && {
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }

  return {
    send,
    server,
    port,
    faults,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns the JSON body of an error. */
export const failed = (code: string, message: unknown) => ({ error: { code, message } })

/** The life cycle of the HTTP server: listening and draining. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { throwListenFault } from './listen-fault.ts'
import type { Readiness } from './readiness.ts'

/** The time for a load balancer to notice `/readyz`. Until then it still sends turns. */
const UNREADY_NOTICE_MS = 1500
/** A late load balancer gets more time: draining ends when no callback has come for `QUIET_MS`, or after `MAX_DRAIN_MS`. */
const QUIET_MS = 500
const MAX_DRAIN_MS = 5000
/** The time for turns in flight after the server stops listening. */
const LAST_TURNS_TIMEOUT_MS = 2000

/** `drain`: reports not ready and keeps serving until a load balancer has noticed. `immediate`: skips that wait. */
export type CloseMode = 'drain' | 'immediate'

export interface Listener {
  /** The URL of the server from this machine; empty until it listens. */
  url(): string
  /** Starts the readiness checks and listens. Rejects with `USSD_MISCONFIGURED` when the address cannot be used. */
  listen(): Promise<{ readonly url: string }>
  /** Finishes the turns in flight, then closes every connection. */
  close(mode: CloseMode): Promise<void>
}

export function createListener(options: {
  readonly server: Server
  readonly address: { readonly host: string; readonly port: number }
  readonly readiness: Readiness
}): Listener {
  const { server, address, readiness } = options
  let url = ''
  let isStopping = false
  let lastCallbackMs = 0
  server.prependListener('request', (request, response) => {
    if (!isStopping) return
    response.setHeader('Connection', 'close')
    if (request.url?.startsWith('/ussd/')) lastCallbackMs = performance.now()
  })

  async function untilQuiet(): Promise<void> {
    const startMs = performance.now()
    await pause(UNREADY_NOTICE_MS)
    const hasRecentCallback = () => performance.now() - lastCallbackMs < QUIET_MS
    while (hasRecentCallback() && performance.now() - startMs < MAX_DRAIN_MS) await pause(50)
  }

  return {
    url: () => url,

    async listen() {
      await readiness.start()
      server.listen(address.port, address.host)
      await once(server, 'listening').catch(throwListenFault(address))
      const { port } = server.address() as AddressInfo
      url = `http://${reachableHost(address.host)}:${port}`
      return { url }
    },

    async close(mode) {
      isStopping = true
      readiness.stop()
      if (!server.listening) return
      if (mode === 'drain') await untilQuiet()
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await Promise.race([closed, pause(LAST_TURNS_TIMEOUT_MS)])
      server.closeAllConnections()
      await closed
    },
  }
}

/** Listens on a free loopback port that workers do not share. Resolves with the port. */
export async function listenPrivately(server: Server): Promise<number> {
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The host to call from this machine. Not every platform can call the wildcard addresses. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms).unref())

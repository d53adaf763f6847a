import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The behaviour of a proxy, on open and new connections. `pass` forwards bytes; `blackHole` drops them; `delay` forwards them later,
 * in order. `resetOnReply` resets the client's connection when the server replies: the command executed, but its reply is lost.
 * The first `after` replies pass, and only `times` are lost.
 */
export type Fault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'blackHole' }
  | { readonly kind: 'resetOnReply'; readonly after?: number; readonly times?: number }
  | { readonly kind: 'delay'; readonly delayMs: number }

export interface Proxy {
  readonly port: number
  inject(fault: Fault): void
  close(): Promise<void>
}

/** Returns true when the reply was dropped. */
type ResetOnReply = (fault: Extract<Fault, { kind: 'resetOnReply' }>) => boolean

/** Starts a TCP proxy on loopback that injects network faults. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  let fault: Fault = { kind: 'pass' }
  let replies = 0
  const sockets = new Set<Socket>()

  const forward = (from: Socket, to: Socket, link: { isSilent: boolean }, resetOnReply: ResetOnReply) => {
    let sent = Promise.resolve()
    sockets.add(from)
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.on('data', (bytes) => {
      // TCP never loses bytes in the middle, so a connection with dropped bytes stays silent.
      if (fault.kind === 'blackHole') link.isSilent = true
      if (link.isSilent) return
      if (fault.kind === 'resetOnReply' && resetOnReply(fault)) return
      const due = Date.now() + (fault.kind === 'delay' ? fault.delayMs : 0)
      sent = sent.then(async () => {
        if (due > Date.now()) await sleep(due - Date.now(), undefined, { ref: false })
        if (to.writable) to.write(bytes)
      })
    })
  }
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    const link = { isSilent: false }
    forward(client, target, link, () => false)
    forward(target, client, link, ({ after = 0, times = Infinity }) => {
      replies += 1
      if (replies <= after || replies > after + times) return false
      client.resetAndDestroy()
      return true
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    inject(next) {
      fault = next
      replies = 0
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

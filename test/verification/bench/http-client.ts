/** A keep-alive HTTP/1.1 client. It costs a fraction of `fetch`, so that the driver is not the bottleneck. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface HttpClient {
  /** Sends one request and resolves with the body of a 200 response. One request at a time. */
  exchange(request: string): Promise<Buffer>
  close(): void
}

/** The end of the head, the status, and what the headers say about the body and the connection. */
const HEAD_END = '\r\n\r\n'
const STATUS = /^HTTP\/1\.1 (\d{3})/
const LENGTH = /\r\ncontent-length: *(\d+)/i
const CLOSES = /\r\nconnection: *close/i

interface Pending {
  readonly resolve: (body: Buffer) => void
  readonly reject: (error: Error) => void
}

/** Connects when it is first used, and again after the server has closed the connection between two requests. */
export function createHttpClient(port: number): HttpClient {
  let socket: Socket | undefined
  let received: Buffer = Buffer.alloc(0)
  let pending: Pending | undefined

  function fail(error: Error): void {
    const failed = pending
    pending = undefined
    failed?.reject(error)
  }

  function open(): Socket {
    const opened = connect(port, '127.0.0.1').setNoDelay(true)
    received = Buffer.alloc(0)
    opened.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      read(opened)
    })
    opened.on('error', (error) => {
      if (socket === opened) fail(error)
    })
    opened.on('close', () => {
      if (socket !== opened) return
      socket = undefined
      fail(new Error('The server closed the connection before it answered.'))
    })
    return opened
  }

  function read(from: Socket): void {
    const end = received.indexOf(HEAD_END)
    if (end < 0 || !pending) return
    const head = received.toString('latin1', 0, end)
    const start = end + HEAD_END.length
    const length = Number(LENGTH.exec(head)?.[1])
    if (received.length < start + length) return
    const body = received.subarray(start, start + length)
    received = received.subarray(start + length)
    // The limit of requests for each connection: the server announces it.
    if (CLOSES.test(head)) {
      from.destroy()
      socket = undefined
    }
    const status = STATUS.exec(head)?.[1]
    if (status !== '200') return fail(new Error(`Status ${status}: ${body.toString()}`))
    const answered = pending
    pending = undefined
    answered.resolve(body)
  }

  return {
    exchange(request) {
      return new Promise((resolve, reject) => {
        pending = { resolve, reject }
        socket ??= open()
        socket.write(request, 'latin1')
      })
    },
    close() {
      socket?.destroy()
      socket = undefined
    },
  }
}

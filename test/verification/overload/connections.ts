import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Reply {
  readonly status: number
  readonly body: string
}

/** Keep-alive connections to one port, with one request at a time on each. */
export interface Connections {
  /** Posts a form. Returns `undefined` when no connection is free; resolves with status 0 when the connection breaks. */
  post(path: string, form: string): Promise<Reply> | undefined
  close(): void
}

interface Connection {
  readonly socket: Socket
  answer: ((reply: Reply) => void) | undefined
  received: string
}

/**
 * Creates connections on plain sockets with minimal HTTP parsing: a client of node:http costs as much as a turn and would be the
 * bottleneck of every measurement.
 */
export function createConnections(port: number, maxConnections: number): Connections {
  const all = new Set<Connection>()
  const free: Connection[] = []

  function open(): Connection {
    const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
    const connection: Connection = { socket, answer: undefined, received: '' }
    all.add(connection)
    socket.on('data', (text: string) => receive(connection, text))
    socket.on('error', () => {})
    socket.on('close', () => {
      all.delete(connection)
      const at = free.indexOf(connection)
      if (at >= 0) free.splice(at, 1)
      connection.answer?.({ status: 0, body: '' })
    })
    return connection
  }

  function receive(connection: Connection, text: string): void {
    connection.received += text
    const { received, answer } = connection
    const headEnds = received.indexOf('\r\n\r\n')
    if (headEnds < 0) return
    const head = received.slice(0, headEnds)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (received.length < headEnds + 4 + length) return
    const body = Buffer.from(received.slice(headEnds + 4, headEnds + 4 + length), 'latin1').toString()
    connection.received = ''
    connection.answer = undefined
    // A stopping server announces that it closes the connection.
    if (/\r\nconnection: close/i.test(head)) connection.socket.destroy()
    else free.push(connection)
    answer?.({ status: Number(head.slice(9, 12)), body })
  }

  return {
    post(path, form) {
      const connection = free.pop() ?? (all.size < maxConnections ? open() : undefined)
      return (
        connection &&
        new Promise((resolve) => {
          connection.answer = resolve
          connection.socket.write(
            `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
              `Content-Length: ${Buffer.byteLength(form)}\r\n\r\n${form}`,
          )
        })
      )
    },
    close() {
      for (const { socket } of all) socket.destroy()
    },
  }
}

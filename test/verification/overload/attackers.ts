/**
 * Hostile connections in their own process: `attackers.ts <kind> <port> <count>`. Prints `ready` when all have been opened once.
 * Reopens each one that is closed, until stdin ends.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { platform, stdin, stdout } from 'node:process'

/** Rate limits for opening: at the start, and for reopening. */
const OPENED_PER_SECOND = 2000
const REOPENED_PER_SECOND = 500
const TICK_MS = 20

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
const paths = ['POST /self-care/sessions', 'GET /healthz', 'PUT /subscribers/1', 'POST /nowhere']

/** Ways in which connections hold resources of a gateway. */
const behaviour = {
  /** Sends one request and stays idle. */
  idle(socket: Socket) {
    socket.write(get('/healthz'))
    socket.resume()
  },

  /** Pipelines hundreds of requests and reads no response. */
  unread(socket: Socket) {
    socket.pause()
    socket.write(get('/openapi.json').repeat(999))
  },

  /** Sends an endless body as fast as it is read. */
  endless(socket: Socket, nth: number) {
    const line = `${paths[nth % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1\r\n`
    socket.write(`${line}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`)
    const write = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.resume().on('drain', write)
    write()
  },
}

export type Attack = keyof typeof behaviour

function attack(kind: Attack, port: number, count: number): void {
  let held = 0
  let opened = 0
  let isReady = false
  const open = () => {
    held += 1
    const nth = (opened += 1)
    // More source addresses give more ports; only Linux routes all of 127.0.0.0/8.
    const localAddress = platform === 'linux' ? `127.0.0.${2 + (nth % 50)}` : '127.0.0.1'
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.on('connect', () => behaviour[kind](socket, nth))
    socket.on('error', () => {})
    socket.on('close', () => (held -= 1))
  }
  setInterval(() => {
    const perTick = ((isReady ? REOPENED_PER_SECOND : OPENED_PER_SECOND) * TICK_MS) / 1000
    for (let n = 0; n < perTick && held < count; n += 1) open()
    if (isReady || opened < count) return
    isReady = true
    stdout.write('ready\n')
  }, TICK_MS)
}

// A real attacker has its own processors, so this one yields to the gateway.
setPriority(constants.priority.PRIORITY_LOW)
stdin.resume().on('end', () => process.exit(0))
const [kind, port, count] = process.argv.slice(2)
attack(kind as Attack, Number(port), Number(count))

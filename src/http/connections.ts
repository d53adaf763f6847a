/**
 * Limits what the connections of a server can hold: their number, the requests read from each, and unread response bytes.
 * Everything is driven by socket events; no request starts a timer.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  /** Connections without a valid token so far. */
  readonly untrusted: number
  /** Connections that sent a valid token, or completed a callback when no token is required. */
  readonly trusted: number
  /** Pipelined requests that wait, over all connections: 1.6 kB of heap each. */
  readonly waiting: number
  /** From the connection to the first byte of the first request. */
  readonly firstByteTimeoutMs: number
  /** While the peer reads nothing of a response or sends nothing of a request. */
  readonly stallTimeoutMs: number
}

interface Connection {
  readonly socket: Socket
  isTrusted: boolean
  /** True while a response is not yet written. */
  isBusy: boolean
  /** Sequence number of the last event. The lowest one has been idle the longest. */
  lastActive: number
  /** Pipelined requests behind the current one, in order. Nothing more is read while there is one. */
  readonly waiting: Exchange[]
  /** Bytes read but not yet parsed. */
  unparsed: Buffer
  isHeld: boolean
  /** Node's parser. */
  readonly parse: (read: Buffer) => void
  readonly promote: () => void
  /** Starts the next request after a response is written. */
  readonly next: () => void
}

/** Longer than most callbacks. Node would parse 64 kB at once: more than two thousand small requests. */
const PARSE_CHUNK_BYTES = 1024

const nothing = Buffer.alloc(0)

type Exchange = readonly [request: IncomingMessage, response: ServerResponse]

const connections = new WeakMap<Socket, Connection>()

/** Moves a connection to the trusted ones, after its peer has authenticated. */
export function trust(socket: Socket): void {
  const connection = connections.get(socket)
  if (connection?.isTrusted === false) connection.promote()
}

/**
 * Serves requests with `handle`, one at a time on each connection (RFC 9112 9.3.2: requests may have side effects). A response is
 * written before the next request starts, so a peer that does not read holds one response at most.
 *
 * Connections are limited by authentication and not by address: a proxy or an aggregator is one busy address. A connection beyond
 * a limit replaces the one that has been idle the longest. If none is idle, it replaces the one with the oldest request.
 */
export function serveConnections(server: Server, handle: RequestListener, limits: ConnectionLimits): void {
  const trusted = new Set<Connection>()
  const untrusted = new Set<Connection>()
  let events = 0
  let waiting = 0

  function admit(connection: Connection, to: Set<Connection>, max: number): void {
    const oldest = to.size < max ? undefined : longestIdle(to)
    if (oldest) close(oldest)
    to.add(connection)
  }

  function close(connection: Connection): void {
    forget(connection)
    connection.socket.destroy()
  }

  function forget(connection: Connection): void {
    ;(connection.isTrusted ? trusted : untrusted).delete(connection)
    waiting -= connection.waiting.length
    connection.waiting.length = 0
    connection.unparsed = nothing
  }

  function start(connection: Connection, [request, response]: Exchange): void {
    connection.isBusy = true
    connection.lastActive = ++events
    response.on('close', connection.next)
    handle(request as never, response as never)
  }

  function next(connection: Connection): void {
    const { socket } = connection
    connection.isBusy = false
    connection.lastActive = ++events
    const exchange = connection.waiting.shift()
    if (!exchange) return
    waiting -= 1
    // Requests behind a response with `Connection: close` are not served.
    if (socket.destroyed || socket.writableEnded) return
    start(connection, exchange)
    parse(connection)
  }

  function wait(connection: Connection, exchange: Exchange): void {
    if (waiting >= limits.waiting) {
      const stalled = longestIdle([...untrusted].filter((each) => each.waiting.length > 0)) ?? connection
      close(stalled)
      if (stalled === connection) return
    }
    connection.waiting.push(exchange)
    waiting += 1
  }

  server.on('connection', (socket) => {
    const connection: Connection = {
      socket,
      isTrusted: false,
      isBusy: false,
      lastActive: ++events,
      waiting: [],
      unparsed: nothing,
      isHeld: false,
      parse: detachParser(socket),
      promote() {
        if (!untrusted.delete(connection)) return
        connection.isTrusted = true
        admit(connection, trusted, limits.trusted)
      },
      next: () => next(connection),
    }
    connections.set(socket, connection)
    admit(connection, untrusted, limits.untrusted)
    parseReads(connection)
    socket.on('close', () => forget(connection))
    // Node's timeouts start with the first byte. A socket that never sends one would stay open.
    socket.setTimeout(limits.firstByteTimeoutMs)
  })

  server.on('request', (request, response) => {
    const { socket } = request
    const connection = connections.get(socket)
    // Node parses the rest of a chunk even after the connection was closed.
    if (!connection || socket.destroyed) return
    if (socket.timeout === limits.firstByteTimeoutMs) socket.setTimeout(limits.stallTimeoutMs)
    if (connection.isBusy) wait(connection, [request, response])
    else start(connection, [request, response])
  })

  destroyStalled(server, limits.stallTimeoutMs)
}

function destroyStalled(server: Server, stallTimeoutMs: number): void {
  // Node restarts this timeout with every request and with every byte that the peer reads.
  server.timeout = stallTimeoutMs
  server.on('timeout', (socket) => {
    const isWorking = connections.get(socket)?.isBusy === true && socket.writableLength === 0
    if (isWorking) socket.setTimeout(stallTimeoutMs)
    else socket.destroy()
  })
}

/** Detaches Node's parser from a socket and returns it. */
function detachParser(socket: Socket): Connection['parse'] {
  const [node] = socket.listeners('data') as [Connection['parse']]
  socket.off('data', node)
  return node.bind(socket)
}

function parseReads(connection: Connection): void {
  const { socket } = connection
  socket.on('data', (read: Buffer) => {
    connection.unparsed = connection.unparsed.length === 0 ? read : Buffer.concat([connection.unparsed, read])
    parse(connection)
  })
  // Node resumes a socket after every message, before it reads more.
  socket.on('resume', () => {
    if (connection.unparsed.length > 0) socket.pause()
  })
}

/** Returns the connection that has been idle the longest, or else the one with the oldest request. */
function longestIdle(among: Iterable<Connection>): Connection | undefined {
  let found: Connection | undefined
  for (const each of among) {
    if (!found || isIdleLonger(each, found)) found = each
  }
  return found
}

const isIdleLonger = (one: Connection, other: Connection): boolean =>
  one.isBusy === other.isBusy ? one.lastActive < other.lastActive : !one.isBusy

/** Parses what was read until a request must wait or the peer stops reading. Then reading pauses. */
function parse(connection: Connection): void {
  const { socket, waiting } = connection
  while (connection.unparsed.length > 0 && waiting.length === 0) {
    if (socket.destroyed || socket.writableNeedDrain) break
    const read = connection.unparsed
    const isShort = read.length <= PARSE_CHUNK_BYTES
    connection.unparsed = isShort ? nothing : read.subarray(PARSE_CHUNK_BYTES)
    connection.parse(isShort ? read : read.subarray(0, PARSE_CHUNK_BYTES))
  }
  const isHeld = connection.unparsed.length > 0
  if (isHeld) socket.pause()
  // Only if paused here: Node also pauses a socket whose route does not read the body.
  else if (connection.isHeld) socket.resume()
  connection.isHeld = isHeld
}

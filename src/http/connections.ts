/**
 * Bounds what the connections of a server can hold: their number, the requests read from each, and the bytes that nobody
 * reads. Everything here is driven by events of the sockets; no request starts a timer.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Limits of one server. */
export interface ConnectionLimits {
  /** Connections that have shown no valid token yet. */
  readonly untrusted: number
  /** Connections that have shown one, or have completed a callback where none is asked for. */
  readonly trusted: number
  /** Pipelined requests that wait for the one before, in all connections together: 1.6 kB of heap each. */
  readonly waiting: number
  /** Time until the first byte of the first request. */
  readonly firstByteWithinMs: number
  /** Time for which a peer may read nothing of a response, or send nothing of a request. */
  readonly stalledAfterMs: number
}

interface Connection {
  readonly socket: Socket
  isTrusted: boolean
  /** True while the app has a request whose response is not yet written out. */
  isBusy: boolean
  /** Position in the order of all events of the server: the lowest has been quiet the longest. */
  lastActive: number
  /** Pipelined requests behind the one that is under way, in order. Nothing more is read while there is one. */
  readonly waiting: Exchange[]
  /** What was read behind them, not yet parsed. */
  unparsed: Buffer
  isHeld: boolean
  /** Node's own: parses what was read. */
  readonly parse: (read: Buffer) => void
  readonly promote: () => void
  /** Goes on with the next request once a response is written out. */
  readonly next: () => void
}

/** Most callbacks are shorter. Node would parse all that was read at once, 64 kB: more than two thousand small requests. */
const PARSED_AT_ONCE_BYTES = 1024

const nothing = Buffer.alloc(0)

type Exchange = readonly [request: IncomingMessage, response: ServerResponse]

const connections = new WeakMap<Socket, Connection>()

/** Gives a connection a place among the trusted: its peer has shown that it is no stranger. */
export function trust(socket: Socket): void {
  const connection = connections.get(socket)
  if (connection?.isTrusted === false) connection.promote()
}

/**
 * Serves the requests of a server with `handle`, one at a time on each connection (RFC 9112 9.3.2 allows no more where a
 * request may change something). A response is written out before the next request begins, so a peer that does not read holds
 * one response and no more.
 *
 * A peer's address says little: a proxy or an aggregator is one address, and the busiest. So connections are kept apart by what
 * they have shown. A connection beyond a limit takes the place of the one that has been idle the longest, or, where none is
 * idle, of the one whose request began first.
 */
export function serveConnections(server: Server, handle: RequestListener, limits: ConnectionLimits): void {
  const trusted = new Set<Connection>()
  const untrusted = new Set<Connection>()
  let events = 0
  let waiting = 0

  function admit(connection: Connection, to: Set<Connection>, most: number): void {
    const oldest = to.size < most ? undefined : quietest(to)
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
    // What stands behind a response with `Connection: close` is not carried out.
    if (socket.destroyed || socket.writableEnded) return
    start(connection, exchange)
    parse(connection)
  }

  function wait(connection: Connection, exchange: Exchange): void {
    if (waiting >= limits.waiting) {
      const stalled = quietest([...untrusted].filter((each) => each.waiting.length > 0)) ?? connection
      close(stalled)
      if (stalled === connection) return
    }
    connection.waiting.push(exchange)
    waiting += 1
  }

  server.on('connection', (socket) => {
    const [node] = socket.listeners('data') as [(read: Buffer) => void]
    socket.off('data', node)
    const connection: Connection = {
      socket,
      isTrusted: false,
      isBusy: false,
      lastActive: ++events,
      waiting: [],
      unparsed: nothing,
      isHeld: false,
      parse: node.bind(socket),
      promote() {
        if (!untrusted.delete(connection)) return
        connection.isTrusted = true
        admit(connection, trusted, limits.trusted)
      },
      next: () => next(connection),
    }
    connections.set(socket, connection)
    admit(connection, untrusted, limits.untrusted)
    socket.on('data', (read: Buffer) => {
      connection.unparsed =
        connection.unparsed.length === 0 ? read : Buffer.concat([connection.unparsed, read])
      parse(connection)
    })
    // Node resumes a socket after every message, before anything more is read.
    socket.on('resume', () => {
      if (connection.unparsed.length > 0) socket.pause()
    })
    socket.on('close', () => forget(connection))
    // Node's own timers start with the first byte: a socket that never sends one would stay.
    socket.setTimeout(limits.firstByteWithinMs)
  })

  server.on('request', (request, response) => {
    const { socket } = request
    const connection = connections.get(socket)
    // Of what was read at once, Node parses the rest even when the connection was closed over it.
    if (!connection || socket.destroyed) return
    if (socket.timeout === limits.firstByteWithinMs) socket.setTimeout(limits.stalledAfterMs)
    if (connection.isBusy) wait(connection, [request, response])
    else start(connection, [request, response])
  })

  // Node sets it anew with every request, and takes what the peer reads of a response for activity.
  server.timeout = limits.stalledAfterMs
  server.on('timeout', (socket) => {
    const isWorking = connections.get(socket)?.isBusy === true && socket.writableLength === 0
    if (isWorking) socket.setTimeout(limits.stalledAfterMs)
    else socket.destroy()
  })
}

/** The connection that has been idle the longest; without an idle one, the one whose request began first. */
function quietest(among: Iterable<Connection>): Connection | undefined {
  let found: Connection | undefined
  for (const each of among) {
    if (!found || isQuieter(each, found)) found = each
  }
  return found
}

const isQuieter = (one: Connection, other: Connection): boolean =>
  one.isBusy === other.isBusy ? one.lastActive < other.lastActive : !one.isBusy

/** Parses what was read until a request has to wait, or a response is not taken; until then, nothing more is read. */
function parse(connection: Connection): void {
  const { socket, waiting } = connection
  while (connection.unparsed.length > 0 && waiting.length === 0) {
    if (socket.destroyed || socket.writableNeedDrain) break
    const read = connection.unparsed
    const isShort = read.length <= PARSED_AT_ONCE_BYTES
    connection.unparsed = isShort ? nothing : read.subarray(PARSED_AT_ONCE_BYTES)
    connection.parse(isShort ? read : read.subarray(0, PARSED_AT_ONCE_BYTES))
  }
  const isHeld = connection.unparsed.length > 0
  if (isHeld) socket.pause()
  // Not otherwise: Node pauses it as well, where a route does not read a body.
  else if (connection.isHeld) socket.resume()
  connection.isHeld = isHeld
}

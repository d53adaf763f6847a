/**
 * Writes log lines to a file descriptor without blocking the event loop, throwing, or growing. Lines wait in a buffer of limited
 * size while a pipe is full, a disk is full or slow, or the reader is gone. Lines that do not fit are dropped and counted.
 */
import { write, writeSync } from 'node:fs'
import { Socket } from 'node:net'

/** Writes some of the bytes. Calls back with the number written, or with the reason why none were. */
export type WriteSome = (
  bytes: Uint8Array,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void

export interface LogWriter {
  /** Accepts a line with its line feed. Never blocks and never throws. */
  write(line: string): void
  /** Lines dropped since the start. */
  readonly dropped: number
  /** Resolves when all lines are written, or after the timeout. */
  flush(timeoutMs: number): Promise<void>
}

const BUFFER_BYTES = 1024 * 1024
const BATCH_BYTES = 64 * 1024

/** The delay of a write, so that lines are written in batches. */
const LINGER_MS = 5

/** Retries a full pipe after 2 ms, 4 ms and so on, up to `FULL_PIPE_PAUSE_MS`. */
const MIN_PAUSE_MS = 1
const FULL_PIPE_PAUSE_MS = 100
const FAILURE_PAUSE_MS = 1000

export function createLogWriter(options: {
  readonly writeSome: WriteSome
  /** Formats the line that replaces dropped lines and counts them. */
  readonly droppedLine: (lines: number) => string
  readonly bufferBytes?: number
}): LogWriter {
  const { writeSome, droppedLine, bufferBytes = BUFFER_BYTES } = options
  const queue = createLineQueue()
  let batch: Uint8Array = new Uint8Array()
  let isWriting = false
  let isScheduled = false
  let pauseMs = MIN_PAUSE_MS
  let dropped = 0
  let reportedDropped = 0
  let whenIdle: (() => void)[] = []

  /** The batch counts until it is written. */
  const waitingBytes = () => queue.bytes + batch.length

  function reportDropped(): void {
    // Waits until half of the buffer is free, so that a slow reader does not get such a line every few lines.
    if (dropped === reportedDropped || waitingBytes() > bufferBytes / 2) return
    const line = droppedLine(dropped - reportedDropped)
    queue.push(line, Buffer.byteLength(line))
    reportedDropped = dropped
  }

  function schedule(ms: number): void {
    if (isScheduled) return
    isScheduled = true
    const run = () => {
      isScheduled = false
      writeBatch()
    }
    if (ms === 0) setImmediate(run)
    else setTimeout(run, ms).unref()
  }

  function writeBatch(): void {
    if (isWriting) return
    if (batch.length === 0) {
      reportDropped()
      batch = queue.nextBatch()
    }
    if (batch.length === 0) {
      for (const resolve of whenIdle.splice(0)) resolve()
      return
    }
    isWriting = true
    writeSome(batch, (error, written) => {
      isWriting = false
      if (error || written === 0) return schedule(pauseAfter(error?.code))
      pauseMs = MIN_PAUSE_MS
      batch = batch.subarray(written)
      schedule(batch.length > 0 || whenIdle.length > 0 ? 0 : LINGER_MS)
    })
  }

  function pauseAfter(code: string | undefined): number {
    if (code !== 'EAGAIN') return FAILURE_PAUSE_MS
    pauseMs = Math.min(pauseMs * 2, FULL_PIPE_PAUSE_MS)
    return pauseMs
  }

  return {
    get dropped() {
      return dropped
    },
    write(line) {
      const isDropping = dropped > reportedDropped
      const bytes = Buffer.byteLength(line)
      if (isDropping || waitingBytes() + bytes > bufferBytes) dropped += 1
      else queue.push(line, bytes)
      if (!isWriting) schedule(LINGER_MS)
    },
    async flush(timeoutMs) {
      const { promise, resolve } = withResolver()
      const timer = setTimeout(resolve, timeoutMs)
      whenIdle.push(resolve)
      writeBatch()
      await promise
      clearTimeout(timer)
      whenIdle = whenIdle.filter((other) => other !== resolve)
    },
  }
}

function createLineQueue() {
  let lines: { readonly text: string; readonly bytes: number }[] = []
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    push(text: string, size: number) {
      lines.push({ text, bytes: size })
      bytes += size
    },
    nextBatch(): Uint8Array {
      let size = 0
      let batch = ''
      let count = 0
      for (const line of lines) {
        if (size >= BATCH_BYTES) break
        size += line.bytes
        batch += line.text
        count++
      }
      lines = lines.slice(count)
      bytes -= size
      return Buffer.from(batch)
    },
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}

/**
 * Creates the write function for standard output. Pipes and sockets are written in non-blocking mode: `fs.write` to a full pipe
 * would block a worker thread, and the process could not exit. Files are written in a worker thread, because a disk may be slow.
 */
export function writeToStandardOutput(): WriteSome {
  const fd = 1
  // Node makes a pipe non-blocking when it creates the stream.
  const { stdout } = process
  const isNonBlocking = process.platform !== 'win32' && stdout instanceof Socket && !stdout.isTTY
  if (!isNonBlocking) return (bytes, done) => write(fd, bytes, done)
  return (bytes, done) => {
    let written: number
    try {
      written = writeSync(fd, bytes)
    } catch (error) {
      return done(error as NodeJS.ErrnoException, 0)
    }
    done(null, written)
  }
}

const MAX_UNREAD_BYTES = 64 * 1024

/** Protects `process.stdout` and `process.stderr`: ignores failed writes and drops output that is not read. */
export function guardStandardStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => {})
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
    stream.write = (...args: unknown[]) => stream.writableLength < MAX_UNREAD_BYTES && write(...args)
  }
}

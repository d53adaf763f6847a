/**
 * Logs JSON lines to standard output, one per turn. Only the fields listed here are written: an object is never logged whole,
 * because it may carry a secret.
 */
import { Writable } from 'node:stream'
import { createLogger, format, transports } from 'winston'
import { UssdError, errorMessages } from './engine/errors.ts'
import type { AdmissionEvent } from './gateway/admission.ts'
import type { TurnReport } from './gateway/gateway.ts'
import { createLogLimit } from './log-limit.ts'
import { createLogWriter, writeToStandardOutput } from './log-writer.ts'
import type { LogWriter } from './log-writer.ts'
import type { CircuitEvent } from './store/circuit-breaker.ts'
import { maskMsisdn } from './ussd/numbering.ts'

type Level = 'error' | 'warn' | 'info'

const MAX_FRAMES = 8

/**
 * Every event with its sentence for people. Alerts may rely on an id: it is never renamed without an entry in the CHANGELOG.
 * A sentence may change, and a line may carry a more specific one.
 */
export const messages = {
  // One line per callback; its fields say everything.
  turn: undefined,
  'callback.aborted': 'The connection closed before the body of the callback was complete',
  'request.failed': 'A request failed',
  'admission.saturated': 'Admission control sheds load: the maximum number of turns is in flight',
  'admission.recovered': 'Admission control stopped shedding load',
  'store.circuit.opened': 'The circuit of a store node opened: the node does not answer',
  'store.circuit.closed': 'The circuit of a store node closed: the node answers again',
  'store.ephemeral': 'The embedded store loses all data on exit. Set REDIS_URL to keep it.',
  'store.unavailable': 'Redis does not answer yet',
  'store.node.suspended': 'A Redis master is misconfigured and not used',
  'store.node.restored': 'A Redis master is used again',
  'store.config.weak': 'The configuration of Redis may lose confirmed changes',
  'config.deprecated': 'A setting has a new name',
  'config.insecure': 'A setting is unsafe on a shared store',
  'readiness.lost': 'The process is not ready',
  'readiness.restored': 'The process is ready',
  'demo.failed': 'The demo subscribers could not be registered',
  'server.listening': 'The server accepts requests',
  'worker.started': 'A worker process was started',
  'worker.exited': 'A worker process ended and is started again',
  'server.stopped': 'The server stopped',
  'process.crashed': 'The process cannot continue',
  'log.lines.dropped': 'Log lines were dropped because standard output did not accept them',
} as const satisfies Record<string, string | undefined>

export type LogEvent = keyof typeof messages

/** Fields of a line. `message` replaces the sentence of the event. */
type Fields = Readonly<Record<string, string | number | boolean>>

/** Logs every turn. Other lines are rate limited by event: a burst, then one a second. */
export interface Log {
  turn(report: TurnReport): void
  event(event: LogEvent, fields?: Fields): void
  warning(event: LogEvent, fields?: Fields): void
  fault(event: LogEvent, fault: UssdError): void
  /** Logs that the circuit of a store node opened or closed. */
  circuit(change: CircuitEvent): void
  /** Logs that readiness changed. `undefined`: the process is ready. */
  readiness(reason: string | undefined): void
  /** Logs that admission control started or stopped shedding load; once each, not for every turn. */
  admission(change: AdmissionEvent): void
  /** Lines dropped so far because standard output did not accept them. */
  readonly dropped: number
  /** Resolves when standard output has accepted every line, or after a timeout. Call it before the process ends. */
  flush(): Promise<void>
}

const FLUSH_TIMEOUT_MS = 500

interface LogOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent'
  /** The destination of lines; standard output by default. */
  readonly stream?: NodeJS.WritableStream
}

export function createLog(options: LogOptions): Log {
  const { writeLine, logger, writer } = createLines(options)
  const isWritten = {
    error: !logger.silent,
    warn: !logger.silent && logger.isLevelEnabled('warn'),
    info: !logger.silent && logger.isLevelEnabled('info'),
  }
  const limit = createLogLimit()

  const write = (level: Level, event: LogEvent, fields: object = {}) => {
    // winston formats a line before it looks at its level.
    if (isWritten[level]) logger.log({ level, message: '', event, fields })
  }

  /** Logs a line that is not a turn. Lines of one event and `kind` share a limit. */
  function limited(level: Level, event: LogEvent, fields: object = {}, kind = ''): void {
    limit.pass(`${event} ${kind}`, (suppressed) => {
      write(level, event, { ...fields, ...(suppressed > 0 && { suppressed }) })
    })
  }

  return {
    turn(report) {
      const level = report.fault ? 'error' : 'info'
      if (!isWritten[level]) return
      const isBug = report.fault !== undefined && errorMessages[report.fault].status === 500
      const fields = {
        dialect: report.dialect,
        session: report.session,
        msisdn: maskMsisdn(report.msisdn),
        turn: report.turn,
        menu: report.menu,
        screen: report.screen,
        outcome: report.outcome,
        waits: report.waits,
        tries: report.tries,
        ms: Math.round(report.ms * 10) / 10,
        fault: report.fault,
        detail: report.detail,
        ...(isBug && { state: report.state, ...originOf(report.cause) }),
      }
      // Not through the streams of winston: they cost a turn more than all else about its line.
      writeLine(`${toLine(level, 'turn', fields)}\n`)
    },
    event: (event, fields) => limited('info', event, fields, String(fields?.['message'] ?? '')),
    warning: (event, fields) => limited('warn', event, fields, String(fields?.['message'] ?? '')),
    circuit(change) {
      const { node } = change
      if (change.kind === 'closed') {
        return limited('info', 'store.circuit.closed', { node, ms: Math.round(change.openMs) }, node)
      }
      const { code: fault, message: detail } = change.cause
      limited('error', 'store.circuit.opened', { node, fault, detail }, node)
    },
    readiness(reason) {
      if (reason === undefined) write('info', 'readiness.restored')
      else write('warn', 'readiness.lost', { reason })
    },
    admission(change) {
      if (change.kind === 'full') limited('warn', 'admission.saturated')
      else limited('info', 'admission.recovered', { shed: change.shed })
    },
    fault(event, fault) {
      const origin = originOf(fault.cause)
      const fields = { fault: fault.code, detail: fault.message, ...origin }
      // Each origin has its own limit, so that a frequent bug cannot hide a rare one.
      limited('error', event, fields, `${fault.code} ${origin.cause ?? ''} ${origin.stack?.[0] ?? ''}`)
    },
    get dropped() {
      return writer()?.dropped ?? 0
    },
    async flush() {
      limit.flush()
      await writer()?.flush(FLUSH_TIMEOUT_MS)
    },
  }
}

/** Creates the logger, and the function by which it writes lines. */
function createLines({ level, stream }: LogOptions) {
  let writer: LogWriter | undefined
  const writeLine = stream
    ? (line: string) => void stream.write(line)
    : (line: string) => (writer ??= standardOutput()).write(line)
  const lines = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      writeLine(line)
      done()
    },
  })
  const logger = createLogger({
    level: level === 'silent' ? 'error' : level,
    silent: level === 'silent',
    format: format.printf(({ level, event, fields }) => toLine(level, event as LogEvent, fields as object)),
    transports: [new transports.Stream({ stream: lines, eol: '\n' })],
  })
  return { writeLine, logger, writer: () => writer }
}

/** The one writer of standard output. Two writers would interleave their lines. */
let sharedWriter: LogWriter | undefined
const standardOutput = (): LogWriter =>
  (sharedWriter ??= createLogWriter({
    writeSome: writeToStandardOutput(),
    droppedLine: (lines) => `${toLine('warn', 'log.lines.dropped', { lines })}\n`,
  }))

const toLine = (level: string, event: LogEvent, fields: object): string =>
  JSON.stringify({ at: new Date().toISOString(), level, event, message: messages[event], ...fields })

/** The class and stack frames of the innermost cause. Never its message, which may quote what a subscriber typed. */
function originOf(cause: unknown): { readonly cause?: string; readonly stack?: readonly string[] } {
  if (!(cause instanceof Error)) return {}
  if (cause instanceof UssdError && cause.cause !== undefined) return originOf(cause.cause)
  const { name, message, stack = '' } = cause
  const start = stack.indexOf(message)
  const frames = stack
    .slice(start < 0 ? stack.length : start + message.length)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
  return { cause: name, stack: frames.slice(0, MAX_FRAMES) }
}

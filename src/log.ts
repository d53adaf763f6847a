/**
 * The log: JSON lines on standard output, one for every turn, made of named fields and nothing else. There is no way to log an
 * object as it is: what may be written is listed here, so that a secret cannot come along with something that carries it.
 */
import { Writable } from 'node:stream'
import { createLogger, format, transports } from 'winston'
import type { UssdError } from './engine/errors.ts'
import type { AdmissionEvent } from './gateway/admission.ts'
import type { TurnReport } from './gateway/gateway.ts'
import { createLogLimit } from './log-limit.ts'
import { createLogWriter, writeToStandardOutput } from './log-writer.ts'
import type { LogWriter } from './log-writer.ts'
import type { CircuitEvent } from './store/circuit-breaker.ts'
import { maskMsisdn } from './ussd/msisdn.ts'

type Facts = Readonly<Record<string, string | number | boolean>>

/** Lines of turns are all logged. Other lines are limited by kind: a burst, then one a second. */
export interface Log {
  turn(report: TurnReport): void
  /** Something the process did or met: `event` in a few fixed words, and facts about it that are nobody's secret. */
  event(event: string, facts?: Facts): void
  warning(event: string, facts?: Facts): void
  fault(event: string, fault: UssdError): void
  /** A node of the store is asked no more, or again. */
  circuit(news: CircuitEvent): void
  /** Readiness changed: the reason not to be ready, or `undefined`. */
  readiness(reason: string | undefined): void
  /** Turns are refused, or all are taken again; told once each, not for every turn. */
  admission(news: AdmissionEvent): void
  /** Lines lost so far because standard output took none. */
  readonly dropped: number
  /** Resolves when standard output has taken every line, or after a while. Call it before the process ends. */
  flush(): Promise<void>
}

/** The end of the process waits this long for whoever reads standard output. */
const FLUSH_WITHIN_MS = 500

export function createLog(options: {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent'
  /** Where lines go; standard output when absent. */
  readonly stream?: NodeJS.WritableStream
}): Log {
  let writer: LogWriter | undefined
  const toStandardOutput = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      writer ??= standardOutput()
      writer.write(line)
      done()
    },
  })
  const logger = createLogger({
    level: options.level === 'silent' ? 'error' : options.level,
    silent: options.level === 'silent',
    format: format.printf(({ level, message: _message, ...fields }) => toLine(level, fields)),
    transports: [new transports.Stream({ stream: options.stream ?? toStandardOutput, eol: '\n' })],
  })
  const limit = createLogLimit()

  /** Logs a line that is not of a turn; `kind` tells apart the lines of an event. */
  function limited(level: 'error' | 'warn' | 'info', event: string, facts: object = {}, kind = ''): void {
    limit.pass(`${event} ${kind}`, (suppressed) => {
      logger.log({ level, message: '', event, ...facts, ...(suppressed > 0 && { suppressed }) })
    })
  }

  return {
    turn(report) {
      logger.log({
        level: report.fault ? 'error' : 'info',
        message: '',
        event: 'turn',
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
      })
    },
    event: (event, facts) => limited('info', event, facts),
    warning: (event, facts) => limited('warn', event, facts),
    circuit(news) {
      const { node } = news
      if (news.kind === 'closed') {
        return limited('info', 'the store answers again', { node, ms: Math.round(news.openMs) }, node)
      }
      const { code: fault, message: detail } = news.cause
      limited('error', 'the store is not asked for a while', { node, fault, detail }, node)
    },
    readiness(reason) {
      const facts = reason
        ? { level: 'warn', event: 'not ready', reason }
        : { level: 'info', event: 'ready again' }
      logger.log({ message: '', ...facts })
    },
    admission(news) {
      if (news.kind === 'full') limited('warn', 'more turns than are taken at once: the others are refused')
      else limited('info', 'all turns are taken again', { refused: news.refused })
    },
    fault(event, fault) {
      const cause = fault.cause instanceof Error ? fault.cause.name : undefined
      // Where it came from, without the message: a message may quote what a subscriber typed.
      const stack = framesOf(fault.cause)
      const facts = { fault: fault.code, detail: fault.message, cause, stack }
      // Two bugs are two kinds, although both are unexpected: the frequent one must not hide the other.
      limited('error', event, facts, `${fault.code} ${cause ?? ''} ${stack?.[0] ?? ''}`)
    },
    get dropped() {
      return writer?.dropped ?? 0
    },
    async flush() {
      limit.flush()
      await writer?.flush(FLUSH_WITHIN_MS)
    },
  }
}

/** The one writer of standard output: two would interleave their lines. */
let ofStandardOutput: LogWriter | undefined
const standardOutput = (): LogWriter =>
  (ofStandardOutput ??= createLogWriter({
    writeSome: writeToStandardOutput(),
    droppedLine: (lines) => `${toLine('warn', { event: 'log.lines.dropped', lines })}\n`,
  }))

const toLine = (level: string, fields: object): string =>
  JSON.stringify({ at: new Date().toISOString(), level, ...fields })

const framesOf = (error: unknown): string[] | undefined =>
  error instanceof Error
    ? error.stack
        ?.split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('at '))
        .slice(0, 8)
    : undefined

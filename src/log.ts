/**
 * The log: JSON lines on standard output, one for every turn, made of named fields and nothing else. There is no way to log an
 * object as it is: what may be written is listed here, so that a secret cannot come along with something that carries it.
 */
import { createLogger, format, transports } from 'winston'
import type { UssdError } from './engine/errors.ts'
import type { TurnReport } from './gateway/gateway.ts'
import { maskMsisdn } from './ussd/msisdn.ts'

export interface Log {
  turn(report: TurnReport): void
  /** Something the process did or met: `event` in a few fixed words, and facts about it that are nobody's secret. */
  event(event: string, facts?: Readonly<Record<string, string | number | boolean>>): void
  warning(event: string, facts?: Readonly<Record<string, string | number | boolean>>): void
  fault(event: string, fault: UssdError): void
}

export function createLog(options: {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent'
  /** Where lines go; standard output when absent. */
  readonly stream?: NodeJS.WritableStream
}): Log {
  const logger = createLogger({
    level: options.level === 'silent' ? 'error' : options.level,
    silent: options.level === 'silent',
    format: format.printf(({ level, message: _message, ...fields }) =>
      JSON.stringify({ at: new Date().toISOString(), level, ...fields }),
    ),
    transports: [
      options.stream ? new transports.Stream({ stream: options.stream }) : new transports.Console(),
    ],
  })
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
    event: (event, facts) => void logger.log({ level: 'info', message: '', event, ...facts }),
    warning: (event, facts) => void logger.log({ level: 'warn', message: '', event, ...facts }),
    fault(event, fault) {
      logger.log({
        level: 'error',
        message: '',
        event,
        fault: fault.code,
        detail: fault.message,
        cause: fault.cause instanceof Error ? fault.cause.name : undefined,
        // Where it came from, without the message: a message may quote what a subscriber typed.
        stack: framesOf(fault.cause),
      })
    },
  }
}

const framesOf = (error: unknown): string[] | undefined =>
  error instanceof Error
    ? error.stack
        ?.split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('at '))
        .slice(0, 8)
    : undefined

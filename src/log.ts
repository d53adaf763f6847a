/**
 * The log: JSON lines on standard output, one for every turn, made of named fields and nothing else. There is no way to log an
 * object as it is: what may be written is listed here, so that a secret cannot come along with something that carries it.
 */
import { createLogger, format, transports } from 'winston'
import type { UssdError } from './engine/errors.ts'
import type { AdmissionNews } from './gateway/admission.ts'
import type { TurnReport } from './gateway/gateway.ts'
import type { NodeNews } from './store/breaker.ts'
import { maskMsisdn } from './ussd/msisdn.ts'

export interface Log {
  turn(report: TurnReport): void
  /** Something the process did or met: `event` in a few fixed words, and facts about it that are nobody's secret. */
  event(event: string, facts?: Readonly<Record<string, string | number | boolean>>): void
  warning(event: string, facts?: Readonly<Record<string, string | number | boolean>>): void
  fault(event: string, fault: UssdError): void
  /** A node of the store is asked no more, or again. */
  node(news: NodeNews): void
  /** Turns are refused, or all are taken again; told once each, not for every turn. */
  admission(news: AdmissionNews): void
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
    node(news) {
      const { node } = news
      if (news.kind === 'back') {
        const ms = Math.round(news.awayMs)
        return void logger.log({ level: 'info', message: '', event: 'the store answers again', node, ms })
      }
      const { code: fault, message: detail } = news.cause
      logger.log({
        level: 'error',
        message: '',
        event: 'the store is not asked for a while',
        node,
        fault,
        detail,
      })
    },
    admission(news) {
      const facts =
        news.kind === 'full'
          ? { level: 'warn', event: 'more turns than are taken at once: the others are refused' }
          : { level: 'info', event: 'all turns are taken again', refused: news.refused }
      logger.log({ message: '', ...facts })
    },
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

import type { ErrorRequestHandler, RequestHandler } from 'express'
import { UssdError, asUssdError, errorMessages } from '../engine/errors.ts'
import type { ErrorCode } from '../engine/errors.ts'

/** The body of an error on JSON routes: a code of docs/reference/errors.md and a message. */
export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string }
}

export const errorBody = (code: ErrorCode, message: string = errorMessages[code].message): ErrorBody => ({
  error: { code, message },
})

/** Answers 404. */
export const notFound: RequestHandler = (_request, response) => {
  response.status(404).json(errorBody('USSD_NOT_FOUND'))
}

/** Answers 405 to every other method (RFC 9110 15.5.6). Register it last at an address. */
export const onlyMethods =
  (...methods: readonly string[]): RequestHandler =>
  (_request, response) => {
    response.set('Allow', methods.join(', ')).status(405).json(errorBody('USSD_METHOD_NOT_ALLOWED'))
  }

/**
 * Creates the error handler. Express's parsers throw errors with a `status`; any other error without a code is unexpected.
 * `report` gets the error. The caller gets the code only, because the message may quote the request.
 */
export function failureRoute(report: (fault: UssdError) => void): ErrorRequestHandler {
  // Express recognises an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    const fault = asUssdError(error, codeOfParser(error))
    const { status } = errorMessages[fault.code]
    // Metrics count USSD_BUSY. Logging it would let a flood of requests flood the log.
    if (status >= 500 && fault.code !== 'USSD_BUSY') report(fault)
    // Express would print the error to standard error, and with it what a subscriber typed.
    if (response.headersSent) return void response.destroy()
    if (status === 503) response.setHeader('Retry-After', '2')
    response.status(status).json(errorBody(fault.code))
  }
}

function codeOfParser(error: unknown): ErrorCode {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  if (status === 413) return 'USSD_TOO_LARGE'
  return typeof status === 'number' && status >= 400 && status < 500 ? 'USSD_BAD_REQUEST' : 'USSD_UNEXPECTED'
}

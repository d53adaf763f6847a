import type { ErrorRequestHandler, RequestHandler } from 'express'
import { UssdError, asUssdError, errorMessages } from '../engine/errors.ts'
import type { ErrorCode } from '../engine/errors.ts'

/** What an error looks like on the routes that speak JSON: a code of docs/errors.md and a sentence. */
export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string }
}

export const errorBody = (code: ErrorCode, message: string = errorMessages[code].message): ErrorBody => ({
  error: { code, message },
})

/** Throws what the error route turns into an answer. */
export const notFound: RequestHandler = (_request, response) => {
  response.status(404).json(errorBody('USSD_NOT_FOUND'))
}

/** Goes last at an address: answers the methods that it does not take (RFC 9110 15.5.6). */
export const onlyMethods =
  (...methods: readonly string[]): RequestHandler =>
  (_request, response) => {
    response.set('Allow', methods.join(', ')).status(405).json(errorBody('USSD_METHOD_NOT_ALLOWED'))
  }

/**
 * Answers what a route threw. Express's own parsers throw errors with a `status`; everything else that has no code of ours is
 * unexpected, and its message stays with us: `report` gets the error, the caller gets the code.
 */
export function failureRoute(report: (fault: UssdError) => void): ErrorRequestHandler {
  // Express takes a function of four parameters for one that handles errors.
  return (error: unknown, _request, response, _next) => {
    const fault = asUssdError(error, codeOfParser(error))
    const { status } = errorMessages[fault.code]
    // Being busy is counted, not told each time: whoever floods us must not flood the log as well.
    if (status >= 500 && fault.code !== 'USSD_BUSY') report(fault)
    // Express would print the error whole, to standard error, and with it perhaps what a subscriber typed.
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

/**
 * The error codes. `status` is the HTTP status of JSON routes; a callback is always answered in its dialect. A test keeps
 * `docs/reference/errors.md` in step.
 */
export const errorMessages = {
  USSD_BAD_REQUEST: { status: 400, message: 'the request is malformed' },
  USSD_UNAUTHORISED: { status: 401, message: 'the request has no valid token' },
  USSD_REFUSED: { status: 403, message: 'the request is forbidden' },
  USSD_NOT_FOUND: { status: 404, message: 'no such resource' },
  USSD_METHOD_NOT_ALLOWED: { status: 405, message: 'this resource does not support this method' },
  USSD_TOO_LARGE: { status: 413, message: 'the request is too large' },
  USSD_THROTTLED: { status: 429, message: 'too many attempts; wait and try again' },
  USSD_CONFLICT: { status: 409, message: 'the record was changed by others; try again' },
  USSD_BUSY: { status: 503, message: 'the queue is full; try again' },
  USSD_STORE_UNAVAILABLE: { status: 503, message: 'the store did not answer in time' },
  USSD_STORE_CIRCUIT_OPEN: { status: 503, message: 'the circuit to the store is open' },
  USSD_STORE_REFUSED: { status: 503, message: 'the store rejected the operation' },
  USSD_TURN_TIMED_OUT: { status: 503, message: 'the turn exceeded its time budget' },
  USSD_KEY_UNKNOWN: { status: 503, message: 'a stored value uses a secrets key that is not configured' },
  USSD_RECORD_CORRUPT: { status: 500, message: 'a stored record has an invalid format' },
  USSD_MENU_FAULTY: { status: 500, message: 'the menu has a defect' },
  USSD_SERVICE_FAILED: { status: 500, message: 'an effect failed' },
  USSD_MISCONFIGURED: { status: 500, message: 'the configuration is invalid' },
  USSD_UNEXPECTED: { status: 500, message: 'an unexpected error occurred' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof errorMessages

/**
 * The only error thrown between folders. Its message is the code, the message of the table, and a detail. A detail names fields
 * and states, never a reply. Expected outcomes (a wrong PUK1, an unknown code) are values of a union, not errors.
 */
export class UssdError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, options: { detail?: string; cause?: unknown } = {}) {
    super(`${code}: ${errorMessages[code].message}${options.detail ? `: ${options.detail}` : ''}`, {
      cause: options.cause,
    })
    this.name = 'UssdError'
    this.code = code
  }
}

/** Wraps an error as a `UssdError` with `code`; returns it unchanged if it already is one. */
export const asUssdError = (
  error: unknown,
  code: ErrorCode = 'USSD_UNEXPECTED',
  detail?: string,
): UssdError =>
  error instanceof UssdError ? error : new UssdError(code, { cause: error, ...(detail && { detail }) })

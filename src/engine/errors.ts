/**
 * Every fault an operator may meet in a log or an answer, by code. `status` is the HTTP status of the routes that
 * speak JSON; a callback is always answered in its dialect. `docs/errors.md` lists the same codes: a test holds them together.
 */
export const errorMessages = {
  USSD_BAD_REQUEST: { status: 400, says: 'the request is not of the form this route takes' },
  USSD_UNAUTHORISED: { status: 401, says: 'the request carries no valid token' },
  USSD_REFUSED: { status: 403, says: 'the request was refused' },
  USSD_NOT_FOUND: { status: 404, says: 'there is nothing at this address' },
  USSD_METHOD_NOT_ALLOWED: { status: 405, says: 'this address does not take this method' },
  USSD_TOO_LARGE: { status: 413, says: 'the request is larger than this route takes' },
  USSD_THROTTLED: { status: 429, says: 'too many attempts, wait before the next' },
  USSD_CONFLICT: { status: 409, says: 'the record kept moving while the request was carried out' },
  USSD_BUSY: { status: 503, says: 'more work is waiting than can be done in time' },
  USSD_STORE_UNAVAILABLE: { status: 503, says: 'the store did not answer in time' },
  USSD_STORE_CIRCUIT_OPEN: { status: 503, says: 'the store is known not to answer and was not asked' },
  USSD_STORE_REFUSED: { status: 503, says: 'the store refused to write' },
  USSD_TURN_TIMED_OUT: { status: 503, says: 'the turn did not finish within its budget' },
  USSD_KEY_UNKNOWN: { status: 503, says: 'a stored value is under a secrets key that is not configured' },
  USSD_RECORD_CORRUPT: { status: 500, says: 'a stored record is not of the form this version writes' },
  USSD_MENU_FAULTY: { status: 500, says: 'a menu did something a menu must not do' },
  USSD_SERVICE_FAILED: { status: 500, says: 'an effect failed and the menu has no screen for it' },
  USSD_MISCONFIGURED: { status: 500, says: 'the configuration cannot be used' },
  USSD_UNEXPECTED: { status: 500, says: 'something failed that no other code names' },
} as const satisfies Record<string, { status: number; says: string }>

export type ErrorCode = keyof typeof errorMessages

/**
 * The one error thrown across a folder's edge. Its message is the code, what the table says, and a detail.
 * A detail names fields and states, never what a subscriber typed. Expected outcomes (a wrong PUK1, an unknown code)
 * are values of a union, not errors.
 */
export class UssdError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, options: { detail?: string; cause?: unknown } = {}) {
    super(`${code}: ${errorMessages[code].says}${options.detail ? `: ${options.detail}` : ''}`, {
      cause: options.cause,
    })
    this.name = 'UssdError'
    this.code = code
  }
}

/** An error as it crosses a folder's edge: itself when it has a code, otherwise under `code`, with what it was as the cause. */
export const asUssdError = (
  error: unknown,
  code: ErrorCode = 'USSD_UNEXPECTED',
  detail?: string,
): UssdError =>
  error instanceof UssdError ? error : new UssdError(code, { cause: error, ...(detail && { detail }) })

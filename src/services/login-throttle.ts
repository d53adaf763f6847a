import { z } from 'zod'

/**
 * Attempts in a row at one number's password, each counted before its password is looked at. Numbers that nobody registered
 * are counted too (`unknown-login-throttle.ts`), so that being throttled tells nothing. A new password starts the count anew: whoever set it held the SIM, or is the operator.
 */
export const LoginFields = z.object({
  failures: z.number().int(),
  /** Store time before which no password is looked at; null: never again under this password. */
  closedUntilMs: z.number().nullable(),
  passwordGeneration: z.number().int().default(0),
})
export interface Login {
  readonly failures: number
  readonly closedUntilMs: number | null
  readonly passwordGeneration: number
}
export const Login: z.ZodType<Login> = LoginFields.loose()

const FREE_FAILURES = 5
const FIRST_PAUSE_MS = 15 * 60_000
const MAX_PAUSE_MS = 24 * 3_600_000
/** NIST SP 800-63B 5.2.2: no more than 100 consecutive failures on an account. */
const MAX_FAILURES = 100
/** A month without a wrong password forgives those before, but for the hundredth. */
export const FAILURES_TTL_MS = 30 * MAX_PAUSE_MS

/** How long until a password is looked at; 0: now. */
export function waitMs(login: Login | undefined, passwordGeneration: number, nowMs: number): number {
  if (!login || login.passwordGeneration !== passwordGeneration) return 0
  if (login.closedUntilMs === null) return MAX_PAUSE_MS
  // No pause is longer than its step: a later end was written by a clock that has been set back since.
  return Math.min(Math.max(0, login.closedUntilMs - nowMs), pauseAfterMs(login.failures))
}

const pauseAfterMs = (failures: number): number =>
  failures < FREE_FAILURES ? 0 : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FREE_FAILURES))

/** The count after one more attempt: five are free, then 15 minutes, doubling up to a day, and none after the hundredth. */
export function afterFailure(
  login: Login | undefined,
  passwordGeneration: number,
  nowMs: number,
): { readonly login: Login; readonly ttlMs: number | undefined } {
  const before = login?.passwordGeneration === passwordGeneration ? login.failures : 0
  const failures = before + 1
  const isLocked = failures >= MAX_FAILURES
  const closedUntilMs = isLocked ? null : nowMs + pauseAfterMs(failures)
  return {
    login: { ...login, failures, closedUntilMs, passwordGeneration },
    ttlMs: isLocked ? undefined : FAILURES_TTL_MS,
  }
}

/** The count without one attempt that was reserved and not made; `undefined` when none is left. */
export function withoutAttempt(
  login: Login | undefined,
  nowMs: number,
): ReturnType<typeof afterFailure> | undefined {
  if (!login || login.failures <= 1) return undefined
  const failures = login.failures - 1
  // It was reserved while no pause ran; a pause that others have earned since stays.
  const closedUntilMs = failures < FREE_FAILURES ? nowMs : login.closedUntilMs
  return { login: { ...login, failures, closedUntilMs }, ttlMs: FAILURES_TTL_MS }
}

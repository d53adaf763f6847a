import { z } from 'zod'
import type { RecordName } from '../gateway/ports.ts'

/**
 * The count of consecutive failed logins at one number. An attempt is counted before its password is compared. Unknown numbers
 * are throttled, too (`unknown-login-throttle.ts`), so a throttled login does not reveal a subscriber. A new password resets
 * the count: only the SIM's holder or the operator can set one.
 */
export const LoginFields = z.object({
  failures: z.number().int(),
  /** Store time until which every attempt is rejected; `null`: until the password changes. */
  closedUntilMs: z.number().nullable(),
  passwordGeneration: z.number().int().default(0),
})
export interface Login {
  readonly failures: number
  readonly closedUntilMs: number | null
  readonly passwordGeneration: number
}
export const Login: z.ZodType<Login> = LoginFields.loose()

/** The name of the counter of attempts at a registered number's password. */
export const loginName = (msisdn: string): RecordName => `login:${msisdn.slice(1)}`

/** The number of failures that starts the first pause. */
const FIRST_PAUSE_AT = 5
const FIRST_PAUSE_MS = 15 * 60_000
const MAX_PAUSE_MS = 24 * 3_600_000
/** NIST SP 800-63B 5.2.2: no more than 100 consecutive failures on an account. */
const MAX_FAILURES = 100
/** After a month without a failure the count expires, unless the login is locked. */
export const FAILURES_TTL_MS = 30 * MAX_PAUSE_MS

/** Returns the time until the next attempt is allowed; 0: now. */
export function waitMs(login: Login | undefined, passwordGeneration: number, nowMs: number): number {
  if (!login || login.passwordGeneration !== passwordGeneration) return 0
  if (login.closedUntilMs === null) return MAX_PAUSE_MS
  // Capped at the pause of this count: the clock may have been set back since.
  return Math.min(Math.max(0, login.closedUntilMs - nowMs), pauseAfterMs(login.failures))
}

const pauseAfterMs = (failures: number): number =>
  failures < FIRST_PAUSE_AT ? 0 : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FIRST_PAUSE_AT))

/**
 * Returns the count after one more attempt. The fifth failure in a row starts a pause of 15 minutes, which doubles up to a day.
 * The hundredth locks the login.
 */
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

/** Returns the count without one attempt that was reserved but not made; `undefined` when none is left. */
export function withoutAttempt(
  login: Login | undefined,
  nowMs: number,
): ReturnType<typeof afterFailure> | undefined {
  if (!login || login.failures <= 1) return undefined
  const failures = login.failures - 1
  // No pause ran at the reservation. A pause started by other attempts since then stays.
  const closedUntilMs = failures < FIRST_PAUSE_AT ? nowMs : login.closedUntilMs
  return { login: { ...login, failures, closedUntilMs }, ttlMs: FAILURES_TTL_MS }
}

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { afterFailure, waitMs } from '../../src/services/login-throttle.ts'
import type { Login } from '../../src/services/login-throttle.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const startMs = 1_700_000_000_000

/** Fails repeatedly, each time after the pause and an extra delay. Returns the count and the pause after every failure. */
function fail(times: number, delayMs: (failure: number) => number = () => 0, generation = 1, from?: Login) {
  const pauses: number[] = []
  let login = from
  let nowMs = startMs
  for (let failure = 1; failure <= times; failure++) {
    login = afterFailure(login, generation, nowMs).login
    pauses.push(waitMs(login, generation, nowMs))
    nowMs += waitMs(login, generation, nowMs) + delayMs(failure)
  }
  return { pauses, login, nowMs }
}

const failures = fc.integer({ min: 1, max: 99 })
const delays = fc.array(fc.integer({ min: 0, max: 29 * DAY_MS }), { minLength: 130, maxLength: 130 })

describe('the pause after failed logins', () => {
  it('is 0 before the first failure', () => {
    expect(waitMs(undefined, 1, startMs)).toBe(0)
  })

  it('is 0 four times, then 15 minutes, doubling up to a day', () => {
    const minutes = fail(14).pauses.map((ms) => ms / MINUTE_MS)
    expect(minutes).toEqual([0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440])
  })

  it('does not grow when the clock is set back', () => {
    const { login } = fail(7)
    expect(waitMs(login, 1, startMs - DAY_MS)).toBe(60 * MINUTE_MS)
    expect(waitMs(fail(12).login, 1, startMs - 7 * DAY_MS)).toBe(DAY_MS)
  })

  it('never shrinks and never exceeds a day, whatever the delays', () => {
    fc.assert(
      fc.property(failures, delays, (times, delayMs) => {
        const { pauses } = fail(times, (failure) => delayMs[failure] ?? 0)
        expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
        expect(Math.max(...pauses)).toBeLessThanOrEqual(DAY_MS)
      }),
    )
  })

  it('counts down to 0 with the clock', () => {
    fc.assert(
      fc.property(failures, fc.integer({ min: 0, max: 2 * DAY_MS }), (times, laterMs) => {
        const { login } = fail(times - 1)
        const after = afterFailure(login, 1, startMs).login
        const pauseMs = waitMs(after, 1, startMs)
        expect(waitMs(after, 1, startMs + laterMs)).toBe(Math.max(0, pauseMs - laterMs))
      }),
    )
  })

  it('is shorter than the TTL of the count', () => {
    fc.assert(
      fc.property(failures, (times) => {
        const { login, ttlMs } = afterFailure(fail(times - 1).login, 1, startMs)
        expect(ttlMs).toBeGreaterThan(waitMs(login, 1, startMs))
      }),
    )
  })
})

describe('the hundredth failure', () => {
  it('locks the login for good', () => {
    expect(waitMs(fail(99).login, 1, startMs + 1000 * DAY_MS)).toBe(0)
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 120 }), fc.integer({ min: 0, max: 1e13 }), (times, laterMs) => {
        const { login } = fail(times)
        expect(login?.closedUntilMs).toBeNull()
        expect(waitMs(login, 1, startMs + laterMs)).toBe(DAY_MS)
      }),
    )
  })
})

describe('a new password', () => {
  it('clears the pause and the count, even of a locked login', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), failures, (before, after) => {
        const { login } = fail(before)
        expect(waitMs(login, 2, startMs)).toBe(0)
        expect(fail(after, undefined, 2, login)).toEqual(fail(after, undefined, 2))
      }),
    )
  })
})

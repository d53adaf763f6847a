import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { afterFailure, waitMs } from '../../src/services/login-throttle.ts'
import type { Login } from '../../src/services/login-throttle.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const startMs = 1_700_000_000_000

/** Fails again and again, each time as soon as it may and then some: the count and the pause after every failure. */
function fail(times: number, dawdleMs: (failure: number) => number = () => 0, generation = 1, from?: Login) {
  const pauses: number[] = []
  let login = from
  let nowMs = startMs
  for (let failure = 1; failure <= times; failure++) {
    login = afterFailure(login, generation, nowMs).login
    pauses.push(waitMs(login, generation, nowMs))
    nowMs += waitMs(login, generation, nowMs) + dawdleMs(failure)
  }
  return { pauses, login, nowMs }
}

const failures = fc.integer({ min: 1, max: 99 })
const dawdles = fc.array(fc.integer({ min: 0, max: 29 * DAY_MS }), { minLength: 130, maxLength: 130 })

describe('the pause after wrong passwords', () => {
  it('is nothing before the first', () => {
    expect(waitMs(undefined, 1, startMs)).toBe(0)
  })

  it('is nothing four times, then 15 minutes, doubling up to a day', () => {
    const minutes = fail(14).pauses.map((ms) => ms / MINUTE_MS)
    expect(minutes).toEqual([0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440])
  })

  it('is no longer than its step when the clock was set back', () => {
    const { login } = fail(7)
    expect(waitMs(login, 1, startMs - DAY_MS)).toBe(60 * MINUTE_MS)
    expect(waitMs(fail(12).login, 1, startMs - 7 * DAY_MS)).toBe(DAY_MS)
  })

  it('is never shorter than the one before and never longer than a day, however long was waited between', () => {
    fc.assert(
      fc.property(failures, dawdles, (times, dawdleMs) => {
        const { pauses } = fail(times, (failure) => dawdleMs[failure] ?? 0)
        expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
        expect(Math.max(...pauses)).toBeLessThanOrEqual(DAY_MS)
      }),
    )
  })

  it('runs down with the clock, to nothing and no further', () => {
    fc.assert(
      fc.property(failures, fc.integer({ min: 0, max: 2 * DAY_MS }), (times, laterMs) => {
        const { login } = fail(times - 1)
        const after = afterFailure(login, 1, startMs).login
        const pauseMs = waitMs(after, 1, startMs)
        expect(waitMs(after, 1, startMs + laterMs)).toBe(Math.max(0, pauseMs - laterMs))
      }),
    )
  })

  it('is shorter than the time the count is kept', () => {
    fc.assert(
      fc.property(failures, (times) => {
        const { login, ttlMs } = afterFailure(fail(times - 1).login, 1, startMs)
        expect(ttlMs).toBeGreaterThan(waitMs(login, 1, startMs))
      }),
    )
  })
})

describe('the hundredth wrong password', () => {
  it('closes the log-in: no password is looked at any more, whatever the time', () => {
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
  it('clears the pause and the count, also of a log-in that was closed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), failures, (before, after) => {
        const { login } = fail(before)
        expect(waitMs(login, 2, startMs)).toBe(0)
        expect(fail(after, undefined, 2, login)).toEqual(fail(after, undefined, 2))
      }),
    )
  })
})

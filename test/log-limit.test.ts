import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createLogLimit } from '../src/log-limit.ts'

describe('createLogLimit', () => {
  let lines: string[]
  beforeEach(() => {
    lines = []
    jest.useFakeTimers()
  })
  afterEach(() => void jest.useRealTimers())

  function repeat(limit: ReturnType<typeof createLogLimit>, kind: string, times: number): void {
    for (let time = 0; time < times; time++)
      limit.pass(kind, (suppressed) => void lines.push(`${kind} ${suppressed}`))
  }

  it('logs a burst at once, then one line a second with the number suppressed', () => {
    const limit = createLogLimit()
    repeat(limit, 'a', 5000)
    expect(lines).toEqual(Array.from({ length: 10 }, () => 'a 0'))
    jest.advanceTimersByTime(1000)
    expect(lines.slice(10)).toEqual(['a 4989'])
    repeat(limit, 'a', 1000)
    jest.advanceTimersByTime(1000)
    expect(lines.slice(11)).toEqual(['a 999'])
    jest.advanceTimersByTime(60_000)
    expect(lines).toHaveLength(12)
  })

  it('logs the first line of another kind at once during a flood', () => {
    const limit = createLogLimit()
    repeat(limit, 'a', 5000)
    repeat(limit, 'b', 1)
    expect(lines.at(-1)).toBe('b 0')
  })

  it('never delays lines at one a second or slower', () => {
    const limit = createLogLimit()
    for (let second = 0; second < 100; second++) {
      repeat(limit, 'a', 1)
      expect(lines).toHaveLength(second + 1)
      jest.advanceTimersByTime(1000)
    }
  })

  it('allows another burst after a quiet time and keeps no timer', () => {
    const limit = createLogLimit()
    repeat(limit, 'a', 100)
    jest.advanceTimersByTime(20_000)
    expect(jest.getTimerCount()).toBe(0)
    lines = []
    repeat(limit, 'a', 10)
    expect(lines).toHaveLength(10)
  })

  it('logs waiting lines on flush', () => {
    const limit = createLogLimit()
    repeat(limit, 'a', 100)
    limit.flush()
    expect(lines.at(-1)).toBe('a 89')
    limit.flush()
    expect(lines).toHaveLength(11)
  })
})

import { afterEach, describe, expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { createReadiness } from '../../src/http/readiness.ts'
import type { Readiness } from '../../src/http/readiness.ts'

let readiness: Readiness | undefined
afterEach(() => readiness?.stop())

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1)
}

describe('readiness', () => {
  it('is not ready before the first round, then reports the first failing check', async () => {
    const reasons: Record<string, string | undefined> = { store: undefined, keys: 'a key is missing' }
    readiness = createReadiness({
      checks: { store: async () => reasons['store'], keys: async () => reasons['keys'] },
      intervalMs: 1,
    })
    expect(readiness.reason()).toBe('store is not checked yet')
    await readiness.start()
    expect(readiness.reason()).toBe('a key is missing')
    reasons['store'] = 'it is full'
    await until(() => readiness?.reason() === 'it is full')
    reasons['store'] = reasons['keys'] = undefined
    await until(() => readiness?.reason() === undefined)
  })

  it('reports a rejected check by its code, without the message of an unknown error', async () => {
    const check = async () => {
      throw new Error('canary')
    }
    readiness = createReadiness({ checks: { store: check } })
    await readiness.start()
    expect(readiness.reason()).toMatch(/^USSD_UNEXPECTED/)
    expect(readiness.reason()).not.toContain('canary')
  })

  it('reports a check that times out, and does not start it twice', async () => {
    let calls = 0
    const never = () => {
      calls += 1
      return new Promise<undefined>(() => {})
    }
    let others = 0
    const other = async () => void (others += 1)
    readiness = createReadiness({
      checks: { keys: never, other: () => other().then(() => undefined) },
      intervalMs: 1,
      timeoutMs: 1,
    })
    await readiness.start()
    expect(readiness.reason()).toBe('keys does not answer within 1 ms')
    await until(() => others > 3)
    expect(calls).toBe(1)
  })

  it('reports each change once', async () => {
    const reported: (string | undefined)[] = []
    let reason: string | undefined
    let rounds = 0
    readiness = createReadiness({
      checks: {
        store: async () => {
          rounds += 1
          return reason
        },
      },
      intervalMs: 1,
      onChange: (now) => reported.push(now),
    })
    await readiness.start()
    reason = 'it is full'
    await until(() => reported.length === 1)
    const seen = rounds
    await until(() => rounds > seen + 3)
    reason = undefined
    await until(() => reported.length === 2)
    expect(reported).toEqual(['it is full', undefined])
  })

  it('runs no check after stop', async () => {
    let rounds = 0
    readiness = createReadiness({
      checks: { store: async () => void (rounds += 1) as undefined },
      intervalMs: 1,
    })
    await readiness.start()
    await until(() => rounds > 2)
    readiness.stop()
    const seen = rounds
    let others = 0
    readiness = createReadiness({
      checks: { other: async () => void (others += 1) as undefined },
      intervalMs: 1,
    })
    await readiness.start()
    await until(() => others > 5)
    expect(rounds).toBe(seen)
  })
})

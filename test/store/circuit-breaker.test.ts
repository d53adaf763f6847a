import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../src/engine/errors.ts'
import type { ErrorCode } from '../../src/engine/errors.ts'
import type { Clock } from '../../src/gateway/clock.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { createCircuitBreaker } from '../../src/store/circuit-breaker.ts'
import type { CircuitEvent } from '../../src/store/circuit-breaker.ts'
import { createMemoryStore } from '../../src/store/memory.ts'

const PROBE_EVERY_MS = 20

/** A clock that moves only when the test advances it. */
function createTestClock(): Clock & { advance(ms: number): Promise<void> } {
  let nowMs = 0
  const timers = new Set<{ readonly atMs: number; readonly call: () => void }>()
  return {
    nowMs: () => nowMs,
    after(ms, call) {
      const timer = { atMs: nowMs + ms, call }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      nowMs += ms
      for (const timer of timers) {
        if (timer.atMs > nowMs || !timers.delete(timer)) continue
        timer.call()
      }
      // Lets the probes finish.
      await new Promise((resolve) => void setImmediate(resolve))
    },
  }
}

/** A breaker over a store whose even and odd buckets are on two nodes. Each node can fail with an error code. */
function createFaultyStore(options: { readonly nodes: 'one' | 'two' }) {
  const real = createMemoryStore()
  const clock = createTestClock()
  const faults = new Map<string, ErrorCode>()
  const nodeOf = (bucket: number) => (bucket % 2 === 0 ? 'even' : 'odd')
  let sent = 0
  const run = async <T>(bucket: number, command: () => Promise<T>): Promise<T> => {
    sent += 1
    const code = faults.get(nodeOf(bucket))
    if (code) throw new UssdError(code, { detail: 'of the test' })
    return command()
  }
  const store: Store = {
    ...real,
    load: (bucket, names) => run(bucket, () => real.load(bucket, names)),
    commit: (commit) => run(commit.bucket, () => real.commit(commit)),
    ping: () => run(0, () => real.ping()),
  }
  const events: CircuitEvent[] = []
  const breaker = createCircuitBreaker({
    store,
    ...(options.nodes === 'two' && { nodeOf }),
    onChange: (event) => void events.push(event),
    probeEveryMs: PROBE_EVERY_MS,
    clock,
    random: () => 0.5,
  })
  const load = (bucket: number) => breaker.load(bucket, []).then(() => 'ok', codeOf)
  return {
    breaker,
    clock,
    faults,
    load,
    events: () => events.map(({ kind, node }) => `${node} ${kind}`),
    sent: () => sent,
    /** Makes a node unavailable until its circuit opens. */
    open: async (bucket: number): Promise<void> => {
      faults.set(nodeOf(bucket), 'USSD_STORE_UNAVAILABLE')
      for (let failures = 0; failures < 5; failures++) {
        expect(await load(bucket)).toBe('USSD_STORE_UNAVAILABLE')
        await clock.advance(80)
      }
      expect(await load(bucket)).toBe('USSD_STORE_CIRCUIT_OPEN')
    },
  }
}

const codeOf = (error: unknown) => (error instanceof UssdError ? error.code : String(error))

describe('the circuit breaker', () => {
  it('opens after consecutive failures, reports it once, and sends nothing but probes', async () => {
    const { open, load, events, breaker, sent, clock } = createFaultyStore({ nodes: 'one' })
    await open(0)
    expect(events()).toEqual(['redis opened'])
    expect(breaker.openNodes()).toEqual(['redis'])

    const before = sent()
    expect(new Set(await Promise.all(Array.from({ length: 1000 }, () => load(0))))).toEqual(
      new Set(['USSD_STORE_CIRCUIT_OPEN']),
    )
    expect(sent()).toBe(before)
    for (let probes = 1; probes <= 3; probes++) {
      await clock.advance(PROBE_EVERY_MS)
      expect(sent()).toBe(before + probes)
    }
    await expect(breaker.ping()).rejects.toMatchObject({ code: 'USSD_STORE_CIRCUIT_OPEN' })
    await expect(
      breaker.commit({ bucket: 0, changes: [], journal: [], deadlineMs: Infinity }),
    ).rejects.toMatchObject({
      code: 'USSD_STORE_CIRCUIT_OPEN',
      message: expect.stringContaining('of the test'),
    })
  })

  it('closes when a probe succeeds', async () => {
    const { open, faults, load, events, breaker, clock } = createFaultyStore({ nodes: 'one' })
    await open(0)
    faults.clear()
    expect(await load(0)).toBe('USSD_STORE_CIRCUIT_OPEN')
    await clock.advance(PROBE_EVERY_MS)
    expect(await load(0)).toBe('ok')
    expect(events()).toEqual(['redis opened', 'redis closed'])
    expect(breaker.openNodes()).toEqual([])
    await breaker.ping()
  })

  it('stays closed when a connection fails briefly, however many commands fail', async () => {
    const { faults, load, events, clock } = createFaultyStore({ nodes: 'one' })
    faults.set('even', 'USSD_STORE_UNAVAILABLE')
    await Promise.all(Array.from({ length: 200 }, () => load(0)))
    await clock.advance(299)
    expect(await load(0)).toBe('USSD_STORE_UNAVAILABLE')
    faults.clear()
    expect(await load(0)).toBe('ok')
    expect(events()).toEqual([])
  })

  it('stays closed when few commands fail, however long it takes', async () => {
    const { faults, load, events, clock } = createFaultyStore({ nodes: 'one' })
    faults.set('even', 'USSD_STORE_UNAVAILABLE')
    for (let failures = 0; failures < 4; failures++) {
      expect(await load(0)).toBe('USSD_STORE_UNAVAILABLE')
      await clock.advance(10_000)
    }
    faults.clear()
    expect(await load(0)).toBe('ok')
    expect(events()).toEqual([])
  })

  it.each(['USSD_STORE_REFUSED', 'USSD_RECORD_CORRUPT'] as const)('counts %s as a reply', async (code) => {
    const { faults, load, events, clock } = createFaultyStore({ nodes: 'one' })
    faults.set('even', code)
    for (let times = 0; times < 20; times++) {
      expect(await load(0)).toBe(code)
      await clock.advance(100)
    }
    expect(events()).toEqual([])
  })

  it('serves the other nodes of a cluster, and stays ready', async () => {
    const { open, faults, load, events, breaker, clock } = createFaultyStore({ nodes: 'two' })
    await open(1)
    expect(await load(7)).toBe('USSD_STORE_CIRCUIT_OPEN')
    expect(await load(2)).toBe('ok')
    expect(breaker.openNodes()).toEqual(['odd'])
    await breaker.ping()
    faults.clear()
    await clock.advance(PROBE_EVERY_MS)
    expect(await load(1)).toBe('ok')
    expect(events()).toEqual(['odd opened', 'odd closed'])
  })

  it('sends no probe after it is closed', async () => {
    const { open, breaker, sent, clock } = createFaultyStore({ nodes: 'one' })
    await open(0)
    await breaker.close()
    const before = sent()
    await clock.advance(10_000)
    expect(sent()).toBe(before)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../src/engine/errors.ts'
import type { ErrorCode } from '../../src/engine/errors.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { createCircuitBreaker } from '../../src/store/circuit-breaker.ts'
import type { CircuitEvent } from '../../src/store/circuit-breaker.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { slotOf } from '../../src/store/redis/nodes.ts'

/** A store whose even and odd buckets lie on two nodes, each of which may fail in a way of its own. */
function troubled(options: { readonly nodes: 'one' | 'two' }) {
  const real = createMemoryStore()
  const faults = new Map<string, ErrorCode>()
  const nodeOf = (bucket: number) => (bucket % 2 === 0 ? 'even' : 'odd')
  let asked = 0
  const ask = async <T>(bucket: number, what: () => Promise<T>): Promise<T> => {
    asked += 1
    await sleep(1)
    const code = faults.get(nodeOf(bucket))
    if (code) throw new UssdError(code, { detail: 'of the test' })
    return what()
  }
  const store: Store = {
    ...real,
    load: (bucket, names) => ask(bucket, () => real.load(bucket, names)),
    commit: (commit) => ask(commit.bucket, () => real.commit(commit)),
    ping: () => ask(0, () => real.ping()),
  }
  const news: CircuitEvent[] = []
  const breaker = createCircuitBreaker({
    store,
    ...(options.nodes === 'two' && { nodeOf }),
    onChange: (one) => void news.push(one),
    probeEveryMs: 20,
  })
  const load = (bucket: number) => breaker.load(bucket, []).then(() => 'answered', codeOf)
  return {
    breaker,
    faults,
    load,
    news: () => news.map(({ kind, node }) => `${node} ${kind}`),
    asked: () => asked,
    /** Loads until that comes of it; the test's own limit bounds it. */
    until: async (bucket: number, code: string) => {
      while ((await load(bucket)) !== code) await sleep(1)
    },
  }
}

const codeOf = (error: unknown) => (error instanceof UssdError ? error.code : String(error))

describe('the breaker', () => {
  it('no longer asks a store that has not answered for a while, and says so once', async () => {
    const { faults, until, load, news, breaker, asked } = troubled({ nodes: 'one' })
    faults.set('even', 'USSD_STORE_UNAVAILABLE')
    await until(0, 'USSD_STORE_CIRCUIT_OPEN')
    expect(news()).toEqual(['redis away'])
    expect(breaker.openNodes()).toEqual(['redis'])
    const before = asked()
    const answers = await Promise.all(Array.from({ length: 1000 }, () => load(0)))
    expect(new Set(answers)).toEqual(new Set(['USSD_STORE_CIRCUIT_OPEN']))
    // Nothing but probes.
    expect(asked() - before).toBeLessThan(100)
    await expect(breaker.ping()).rejects.toMatchObject({ code: 'USSD_STORE_CIRCUIT_OPEN' })
    await expect(
      breaker.commit({ bucket: 0, changes: [], journal: [], deadlineMs: Infinity }),
    ).rejects.toMatchObject({
      code: 'USSD_STORE_CIRCUIT_OPEN',
      message: expect.stringContaining('of the test'),
    })
    await breaker.close()
  })

  it('asks again once a probe was answered', async () => {
    const { faults, until, news, breaker } = troubled({ nodes: 'one' })
    faults.set('even', 'USSD_STORE_UNAVAILABLE')
    await until(0, 'USSD_STORE_CIRCUIT_OPEN')
    faults.clear()
    await until(0, 'answered')
    expect(news()).toEqual(['redis away', 'redis back'])
    expect(breaker.openNodes()).toEqual([])
    await breaker.ping()
  })

  it('bears a connection that breaks for a moment, however many commands that costs', async () => {
    const { faults, load, news } = troubled({ nodes: 'one' })
    faults.set('even', 'USSD_STORE_UNAVAILABLE')
    await Promise.all(Array.from({ length: 200 }, () => load(0)))
    faults.clear()
    expect(await load(0)).toBe('answered')
    expect(news()).toEqual([])
  })

  it.each(['USSD_STORE_REFUSED', 'USSD_RECORD_CORRUPT'] as const)('takes %s for an answer', async (code) => {
    const { faults, load, news } = troubled({ nodes: 'one' })
    faults.set('even', code)
    for (const endMs = performance.now() + 400; performance.now() < endMs;) expect(await load(0)).toBe(code)
    expect(news()).toEqual([])
  })

  it('leaves alone what lies on other nodes, and stays ready for them', async () => {
    const { faults, until, load, news, breaker } = troubled({ nodes: 'two' })
    faults.set('odd', 'USSD_STORE_UNAVAILABLE')
    await until(1, 'USSD_STORE_CIRCUIT_OPEN')
    expect(await load(7)).toBe('USSD_STORE_CIRCUIT_OPEN')
    expect(await load(2)).toBe('answered')
    expect(breaker.openNodes()).toEqual(['odd'])
    await breaker.ping()
    faults.clear()
    await until(1, 'answered')
    expect(news()).toEqual(['odd away', 'odd back'])
  })

  it('sends no more probes when it is closed', async () => {
    const { faults, until, breaker, asked } = troubled({ nodes: 'one' })
    faults.set('even', 'USSD_STORE_UNAVAILABLE')
    await until(0, 'USSD_STORE_CIRCUIT_OPEN')
    await breaker.close()
    await sleep(50)
    const before = asked()
    await sleep(100)
    expect(asked()).toBe(before)
  })
})

describe('the slot of a hash tag', () => {
  // Of the Redis Cluster specification, and of `CLUSTER KEYSLOT` of Redis 7.0.15.
  it.each([
    ['123456789', 0x31c3],
    ['b0', 6939],
    ['b17', 1307],
    ['b255', 1001],
  ])('of %s is %d', (tag, slot) => {
    expect(slotOf(tag)).toBe(slot)
  })
})

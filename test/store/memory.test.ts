import { describe, expect, it } from '@jest/globals'
import { createMemoryStore } from '../../src/store/memory.ts'
import { conforms } from './store.conformance.ts'

conforms('embedded', async () => {
  let nowMs = 1_700_000_000_000
  const store = createMemoryStore({ now: () => nowMs })
  const elapse = async (ms: number) => void (nowMs += ms + 1)
  return { store, elapse, close: () => store.close() }
})

describe('the embedded store', () => {
  /** Commits `count` sessions with a TTL of a second, `rounds` times, two seconds apart. */
  async function fill(count: number, rounds: number) {
    let nowMs = 1_700_000_000_000
    const store = createMemoryStore({ now: () => nowMs, journalLimit: 100 })
    let maxSize = 0
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < count; i++) {
        const write = { kind: 'put', value: 'x', ttlMs: 1000 } as const
        const change = { name: `session:${round}-${i}`, expectedVersion: undefined, write }
        await store.commit({ bucket: 1, changes: [change], journal: [`${i}`], deadlineMs: nowMs })
        maxSize = Math.max(maxSize, store.size())
      }
      nowMs += 2000
    }
    return { store, maxSize }
  }

  it('sweeps expired records, so its size stays bounded', async () => {
    const { maxSize } = await fill(500, 20)
    expect(maxSize).toBeLessThan(1500)
  })

  it('never sweeps a live record', async () => {
    const store = createMemoryStore({ now: () => 1_700_000_000_000 })
    const write = { kind: 'put', value: 'x', ttlMs: 1000 } as const
    for (let i = 0; i < 500; i++) {
      const change = { name: `session:${i}`, expectedVersion: undefined, write }
      await store.commit({ bucket: 1, changes: [change], journal: [], deadlineMs: Infinity })
    }
    expect(store.size()).toBe(500)
  })

  it('rejects a commit that exceeds its capacity, and accepts it after records have expired', async () => {
    let nowMs = 1_700_000_000_000
    const store = createMemoryStore({ now: () => nowMs, maxCharacters: 1000 })
    const put = (name: string, value: string, ttlMs?: number) => {
      const change = { name, expectedVersion: undefined, write: { kind: 'put', value, ttlMs } } as const
      return store.commit({ bucket: 1, changes: [change], journal: ['entry'], deadlineMs: Infinity })
    }
    await put('session:1', 'x'.repeat(600), 1000)
    const isFull = { code: 'USSD_STORE_REFUSED', message: expect.stringContaining('OOM') }
    await expect(put('session:2', 'x'.repeat(600))).rejects.toMatchObject(isFull)
    expect((await store.load(1, ['session:2'])).records).toEqual([undefined])
    expect(await store.readJournal(1, undefined, 10)).toHaveLength(1)
    nowMs += 2000
    expect(await put('session:2', 'x'.repeat(600))).toMatchObject({ kind: 'ok' })
  })

  it('keeps the newest entries of a journal', async () => {
    const { store } = await fill(150, 1)
    const entries = await store.readJournal(1, undefined, 1000)
    expect(entries.map(({ entry }) => Number(entry))).toEqual(Array.from({ length: 100 }, (_, i) => i + 50))
  })

  it('keeps versions and journal ids increasing when its clock is set back', async () => {
    let nowMs = 2_000
    const store = createMemoryStore({ now: () => nowMs })
    const name = 'session:1'
    const versions: string[] = []
    for (const at of [2_000, 1_000, 1_000, 1_999, 2_001]) {
      nowMs = at
      const before = (await store.load(1, [name])).records[0]?.version
      const change = { name, expectedVersion: before, write: { kind: 'put', value: 'x' } } as const
      await store.commit({ bucket: 1, changes: [change], journal: [`${at}`], deadlineMs: at })
      versions.push((await store.load(1, [name])).records[0]?.version ?? '')
    }
    expect(new Set(versions).size).toBe(5)
    expect(versions.toSorted()).toEqual(versions)
    const ids = (await store.readJournal(1, undefined, 10)).map(({ id }) => id)
    expect(ids).toEqual(['2000-0', '2000-1', '2000-2', '2000-3', '2001-0'])
  })
})

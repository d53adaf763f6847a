import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../src/engine/errors.ts'
import type { Commit, CommitResult, Store } from '../../src/gateway/ports.ts'
import { createBudget, transact } from '../../src/gateway/transaction.ts'
import type { TransactionOutput } from '../../src/gateway/transaction.ts'
import { createMemoryStore } from '../../src/store/memory.ts'

const unavailable = () => new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'timeout' })

/** A real store whose commits fare as scripted: before, instead of or after the real one. */
function troubled(script: ((real: () => Promise<CommitResult>) => Promise<CommitResult>)[]) {
  const real = createMemoryStore()
  const commits: Commit[] = []
  const store: Store = {
    ...real,
    commit(commit) {
      commits.push(commit)
      const next = script.shift()
      return next ? next(() => real.commit(commit)) : real.commit(commit)
    },
  }
  return { store, commits, real }
}

const at = { bucket: 1, names: ['counter'], budget: createBudget(60_000) }

/** Adds one to a counter; done means it is there already. */
const once =
  (done: { found: boolean }) =>
  (loaded: Awaited<ReturnType<Store['load']>>): TransactionOutput<string> => {
    const [record] = loaded.records
    done.found = record !== undefined
    if (record) return { result: 'repeat' }
    return {
      result: 'done',
      changes: [{ name: 'counter', expectedVersion: undefined, write: { kind: 'put', value: '1' } }],
    }
  }

describe('a transaction', () => {
  it('commits what the work says, once', async () => {
    const { store, commits } = troubled([])
    const done = { found: false }
    expect(await transact(store, at, once(done))).toEqual({ result: 'done', tries: 1 })
    expect(commits).toHaveLength(1)
  })

  it('commits nothing where the work changes nothing', async () => {
    const { store, commits } = troubled([])
    expect(await transact(store, at, () => ({ result: 7 }))).toEqual({ result: 7, tries: 1 })
    expect(commits).toEqual([])
  })

  it('does the work again on what is there now when a record has moved', async () => {
    const { store } = troubled([async () => ({ kind: 'conflict' })])
    expect(await transact(store, at, once({ found: false }))).toEqual({ result: 'done', tries: 2 })
  })

  it('does the work again when the commit came too late', async () => {
    const { store } = troubled([async () => ({ kind: 'late' })])
    expect(await transact(store, at, once({ found: false }))).toEqual({ result: 'done', tries: 2 })
  })

  it('finds what it did when the answer of its commit was lost', async () => {
    const { store } = troubled([
      async (real) => {
        await real()
        throw unavailable()
      },
    ])
    const done = { found: false }
    expect(await transact(store, at, once(done))).toEqual({ result: 'repeat', tries: 2 })
    expect(done.found).toBe(true)
  })

  it('gives up on records that keep moving', async () => {
    const conflict = async (): Promise<CommitResult> => ({ kind: 'conflict' })
    const { store, commits } = troubled(Array.from({ length: 50 }, () => conflict))
    await expect(transact(store, at, once({ found: false }))).rejects.toMatchObject({ code: 'USSD_CONFLICT' })
    expect(commits.length).toBeLessThanOrEqual(10)
  })

  it('gives the store a deadline on its own clock, never further than the budget', async () => {
    const { store, commits } = troubled([])
    const { nowMs } = await store.load(1, [])
    await transact(store, { ...at, budget: createBudget(100) }, once({ found: false }))
    expect(commits[0]?.deadlineMs).toBeGreaterThanOrEqual(nowMs)
    expect(commits[0]?.deadlineMs).toBeLessThanOrEqual((await store.load(1, [])).nowMs + 100)
  })

  it('gives the store less than half a second for a commit, however large the budget', async () => {
    const { store, commits } = troubled([])
    await transact(store, at, once({ found: false }))
    expect(commits[0]?.deadlineMs).toBeLessThanOrEqual((await store.load(1, [])).nowMs + 400)
  })

  it('loads again when the connection was just lost, and gives up when it stays away', async () => {
    const { store } = troubled([])
    let away = 3
    const flaky: Store = {
      ...store,
      load: (...of) => (away-- > 0 ? Promise.reject(unavailable()) : store.load(...of)),
    }
    expect(await transact(flaky, at, once({ found: false }))).toEqual({ result: 'done', tries: 1 })
    away = Infinity
    await expect(transact(flaky, at, once({ found: false }))).rejects.toMatchObject({
      code: 'USSD_STORE_UNAVAILABLE',
    })
  })

  it('tries nothing again that the store has refused', async () => {
    const refuse = () => Promise.reject(new UssdError('USSD_STORE_REFUSED', { detail: 'OOM' }))
    const { store, commits } = troubled([refuse, refuse])
    await expect(transact(store, at, once({ found: false }))).rejects.toMatchObject({
      code: 'USSD_STORE_REFUSED',
    })
    expect(commits).toHaveLength(1)
  })

  it('says that the store was away, and not that records moved, when no commit was ever answered', async () => {
    const lost = () => Promise.reject(unavailable())
    const { store } = troubled(Array.from({ length: 50 }, () => lost))
    await expect(transact(store, at, once({ found: false }))).rejects.toMatchObject({
      code: 'USSD_STORE_UNAVAILABLE',
    })
  })

  it('does not begin, and does not commit, when its budget is used up', async () => {
    const { store, commits } = troubled([])
    const spent = { leftMs: () => 0 }
    await expect(transact(store, { ...at, budget: spent }, once({ found: false }))).rejects.toMatchObject({
      code: 'USSD_TURN_TIMED_OUT',
    })
    let left = 1
    const soon = { leftMs: () => left }
    const slow = async (): Promise<TransactionOutput<string>> => {
      left = 0
      return once({ found: false })({ nowMs: 0, records: [] })
    }
    await expect(transact(store, { ...at, budget: soon }, slow)).rejects.toMatchObject({
      code: 'USSD_TURN_TIMED_OUT',
    })
    expect(commits).toEqual([])
  })

  it('passes on what the work throws, and commits nothing', async () => {
    const { store, commits } = troubled([])
    const fails = () => Promise.reject(new UssdError('USSD_BUSY'))
    await expect(transact(store, at, fails)).rejects.toMatchObject({ code: 'USSD_BUSY' })
    expect(commits).toEqual([])
  })
})

import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../src/engine/errors.ts'
import type { Commit, CommitResult, Store } from '../../src/gateway/ports.ts'
import { createBudget, transact } from '../../src/gateway/transaction.ts'
import type { TransactionOutput } from '../../src/gateway/transaction.ts'
import { createMemoryStore } from '../../src/store/memory.ts'

const unavailable = () => new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'timeout' })

/** A real store with scripted commits: each may act before, instead of or after the real one. */
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

/** A body that increments a counter once. */
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
  it('commits the changes of the body once', async () => {
    const { store, commits } = troubled([])
    const done = { found: false }
    expect(await transact(store, at, once(done))).toEqual({ result: 'done', tries: 1 })
    expect(commits).toHaveLength(1)
  })

  it('commits nothing when the body has no changes', async () => {
    const { store, commits } = troubled([])
    expect(await transact(store, at, () => ({ result: 7 }))).toEqual({ result: 7, tries: 1 })
    expect(commits).toEqual([])
  })

  it('retries on fresh records after a conflict', async () => {
    const { store } = troubled([async () => ({ kind: 'conflict' })])
    expect(await transact(store, at, once({ found: false }))).toEqual({ result: 'done', tries: 2 })
  })

  it('retries when the commit was too late', async () => {
    const { store } = troubled([async () => ({ kind: 'late' })])
    expect(await transact(store, at, once({ found: false }))).toEqual({ result: 'done', tries: 2 })
  })

  it('finds its own writes when the answer of its commit was lost', async () => {
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

  it('rejects with USSD_CONFLICT when conflicts continue', async () => {
    const conflict = async (): Promise<CommitResult> => ({ kind: 'conflict' })
    const { store, commits } = troubled(Array.from({ length: 50 }, () => conflict))
    await expect(transact(store, at, once({ found: false }))).rejects.toMatchObject({ code: 'USSD_CONFLICT' })
    expect(commits.length).toBeLessThanOrEqual(10)
  })

  it("sets the deadline on the store's clock within the budget", async () => {
    const { store, commits } = troubled([])
    const { nowMs } = await store.load(1, [])
    await transact(store, { ...at, budget: createBudget(100) }, once({ found: false }))
    expect(commits[0]?.deadlineMs).toBeGreaterThanOrEqual(nowMs)
    expect(commits[0]?.deadlineMs).toBeLessThanOrEqual((await store.load(1, [])).nowMs + 100)
  })

  it('limits a commit to less than half a second, whatever the budget', async () => {
    const { store, commits } = troubled([])
    await transact(store, at, once({ found: false }))
    expect(commits[0]?.deadlineMs).toBeLessThanOrEqual((await store.load(1, [])).nowMs + 400)
  })

  it('retries the load after a lost connection, for a limited time', async () => {
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

  it('does not retry what the store has rejected', async () => {
    const rejects = () => Promise.reject(new UssdError('USSD_STORE_REFUSED', { detail: 'OOM' }))
    const { store, commits } = troubled([rejects, rejects])
    await expect(transact(store, at, once({ found: false }))).rejects.toMatchObject({
      code: 'USSD_STORE_REFUSED',
    })
    expect(commits).toHaveLength(1)
  })

  it('rejects with USSD_STORE_UNAVAILABLE when no commit is answered', async () => {
    const lost = () => Promise.reject(unavailable())
    const { store } = troubled(Array.from({ length: 50 }, () => lost))
    await expect(transact(store, at, once({ found: false }))).rejects.toMatchObject({
      code: 'USSD_STORE_UNAVAILABLE',
    })
  })

  it('neither loads nor commits when its budget is spent', async () => {
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

  it('passes on an error of the body, and commits nothing', async () => {
    const { store, commits } = troubled([])
    const fails = () => Promise.reject(new UssdError('USSD_BUSY'))
    await expect(transact(store, at, fails)).rejects.toMatchObject({ code: 'USSD_BUSY' })
    expect(commits).toEqual([])
  })
})

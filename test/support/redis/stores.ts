import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../../../src/gateway/ports.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { openTestStore } from './redis.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** Resolves when the store's clock has advanced by more than `ms`. */
  elapse(ms: number): Promise<void>
  close(): Promise<void>
}

/** Waits until a store with a real clock has advanced. */
export async function elapseOn(store: Store, ms: number): Promise<void> {
  const { nowMs: start } = await store.load(0, [])
  for (let nowMs = start; nowMs <= start + ms; { nowMs } = await store.load(0, [])) await sleep(1)
}

/** Both stores, each with a way to advance its clock. */
export const stores: Readonly<Record<string, () => Promise<StoreUnderTest>>> = {
  async embedded() {
    let aheadMs = 0
    const store = createMemoryStore({ now: () => Date.now() + aheadMs })
    return { store, elapse: async (ms) => void (aheadMs += ms + 1), close: () => store.close() }
  },
  async Redis() {
    const { store, close } = await openTestStore()
    return {
      store,
      elapse: (ms) => elapseOn(store, ms),
      close,
    }
  },
}

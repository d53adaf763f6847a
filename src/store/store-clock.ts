import type { Store } from '../gateway/ports.ts'

/**
 * A store that also knows the store's time between commands: the time of the last load plus the time passed since. Signatures
 * are checked against it, because a gateway's own clock may be hours off.
 */
export interface ClockedStore extends Store {
  /** Milliseconds since the epoch. Returns this machine's time before the first load. */
  nowMs(): number
}

/** Adds `nowMs` to a store. */
export function withClock(store: Store): ClockedStore {
  let aheadMs: number | undefined
  return {
    ...store,
    async load(bucket, names) {
      const loaded = await store.load(bucket, names)
      aheadMs = loaded.nowMs - performance.now()
      return loaded
    },
    nowMs: () => (aheadMs === undefined ? Date.now() : performance.now() + aheadMs),
  }
}

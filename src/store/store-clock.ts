import type { Store } from '../gateway/ports.ts'

/**
 * A store that tells its time between commands: the time of its last load, and what has passed since. Signatures are judged on
 * it, because the clock of a gateway may be hours off.
 */
export interface ClockedStore extends Store {
  /** Milliseconds since the epoch. This machine's time before the first load. */
  nowMs(): number
}

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

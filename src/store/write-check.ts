import type { Store } from '../gateway/ports.ts'

const PROBE = { bucket: 0, name: 'probe', ttlMs: 10_000 } as const

/**
 * Creates a check that commits a record of its own, because a store that is full still answers. Resolves to `undefined` when the
 * store took it, also when another commit was first; rejects as the store does.
 */
export function createWriteCheck(store: Store): () => Promise<undefined> {
  return async () => {
    const { bucket, name, ttlMs } = PROBE
    const { nowMs, records } = await store.load(bucket, [name])
    const write = { kind: 'put', value: '', ttlMs } as const
    const changes = [{ name, expectedVersion: records[0]?.version, write }]
    await store.commit({ bucket, changes, journal: [], deadlineMs: nowMs + ttlMs })
    return undefined
  }
}

import type { Store } from '../gateway/ports.ts'

const PROBE = { bucket: 0, name: 'probe', ttlMs: 10_000 } as const

/**
 * Creates a check that commits a record of its own: a full store still answers reads. The check resolves to `undefined` when
 * the store accepted the commit or reported a conflict. It rejects with the store's error.
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

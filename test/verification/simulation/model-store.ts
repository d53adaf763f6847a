import type {
  Change,
  Commit,
  CommitResult,
  LoadedRecords,
  RecordName,
  ReplicationResult,
  ReadRecord,
  Version,
} from '../../../src/gateway/ports.ts'
import type { Delivery } from './delivery.ts'

/** A rule of the commit that a mutant can remove. */
export type StoreRule = 'session-version' | 'subscriber-version' | 'deadline' | 'atomic-journal'

interface Held {
  readonly version: Version
  readonly value: string
  readonly expiresAtMs: number
}

/** An executed commit with the values it replaced. */
export interface Written {
  readonly commit: Commit
  readonly by: Delivery | undefined
  readonly nowMs: number
  /** Previous values, in the order of the changes. */
  readonly before: readonly (string | undefined)[]
}

/**
 * A synchronous model of the store port: versioned records with expiry, one clock, a journal. It reports `written` before any
 * other operation runs.
 */
export interface ModelStore {
  load(bucket: number, names: readonly RecordName[]): LoadedRecords
  /** Commits; `by` is the turn that it belongs to, for the checks. */
  commit(commit: Commit, by?: Delivery): CommitResult
  /** Returns 'conflict' when a record has changed since it was loaded. */
  ensureReplicated(bucket: number, records: readonly ReadRecord[]): ReplicationResult
  /** All entries, oldest first. */
  readonly journal: readonly { readonly bucket: number; readonly entry: string }[]
  /** Counts the records that have not expired at a time. */
  countAt(ms: number): number
}

export function createModelStore(options: {
  readonly nowMs: () => number
  readonly without?: StoreRule | undefined
  readonly written?: (written: Written) => void
}): ModelStore {
  const { nowMs: now, without } = options
  const records = new Map<string, Held>()
  const journal: { readonly bucket: number; readonly entry: string }[] = []
  let lastVersion = 0

  const keyOf = (bucket: number, name: RecordName) => `${bucket}:${name}`
  const read = (key: string, nowMs: number): Held | undefined => {
    const held = records.get(key)
    return held && held.expiresAtMs >= nowMs ? held : undefined
  }
  const isChecked = (name: RecordName) =>
    !(without === 'session-version' && name.startsWith('session:')) &&
    !(without === 'subscriber-version' && name.startsWith('subscriber:'))

  function write(key: string, to: Change['write'], version: Version, nowMs: number): void {
    if (to.kind === 'delete') records.delete(key)
    if (to.kind !== 'put') return
    const { value, ttlMs } = to
    const expiresAtMs = ttlMs === undefined ? Infinity : nowMs + Math.max(1, Math.round(ttlMs))
    records.set(key, { version, value, expiresAtMs })
  }

  return {
    journal,

    load(bucket, names) {
      const nowMs = now()
      return {
        nowMs,
        records: names.map((name) => {
          const held = read(keyOf(bucket, name), nowMs)
          return held && { version: held.version, value: held.value }
        }),
      }
    },

    commit(commit, by) {
      const { bucket, changes, deadlineMs, loadedMs = -Infinity } = commit
      const nowMs = now()
      if (without !== 'deadline' && !(nowMs <= deadlineMs)) return { kind: 'late' }
      if (nowMs < loadedMs - 1000) return { kind: 'late' }
      const held = changes.map(({ name }) => read(keyOf(bucket, name), nowMs))
      const hasConflict = changes.some(
        ({ name, expectedVersion }, at) => isChecked(name) && held[at]?.version !== expectedVersion,
      )
      if (!hasConflict || without === 'atomic-journal')
        for (const entry of commit.journal) journal.push({ bucket, entry })
      if (hasConflict) return { kind: 'conflict' }

      lastVersion = Math.max(nowMs * 1000, lastVersion + 1)
      const version = String(lastVersion).padStart(16, '0')
      for (const { name, write: to } of changes) write(keyOf(bucket, name), to, version, nowMs)
      options.written?.({ commit, by, nowMs, before: held.map((one) => one?.value) })
      return { kind: 'ok', version }
    },

    ensureReplicated(bucket, records) {
      const nowMs = now()
      const isUnchanged = ({ name, expectedVersion }: ReadRecord) =>
        expectedVersion === undefined || read(keyOf(bucket, name), nowMs)?.version === expectedVersion
      return { kind: records.every(isUnchanged) ? 'ok' : 'conflict' }
    },

    countAt(ms) {
      let count = 0
      for (const { expiresAtMs } of records.values()) if (expiresAtMs >= ms) count += 1
      return count
    },
  }
}

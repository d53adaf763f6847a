import type { Change, Commit, CommitResult, LoadedRecords } from '../../../src/gateway/ports.ts'
import type { ReadRecord, RecordName, ReplicationResult, Version } from '../../../src/gateway/ports.ts'
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

export type ModelStore = ReturnType<typeof createModelStore>

/**
 * Creates a synchronous model of the store port: versioned records with expiry, one clock, a journal. It reports `written` before
 * any other operation runs.
 */
export function createModelStore(options: {
  readonly nowMs: () => number
  readonly without?: StoreRule | undefined
  readonly written?: (written: Written) => void
}) {
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
    /** All entries, oldest first. */
    journal: journal as readonly (typeof journal)[number][],

    load(bucket: number, names: readonly RecordName[]): LoadedRecords {
      const nowMs = now()
      return {
        nowMs,
        records: names.map((name) => {
          const held = read(keyOf(bucket, name), nowMs)
          return held && { version: held.version, value: held.value }
        }),
      }
    },

    /** Commits; `by` is the turn that it belongs to, for the checks. */
    commit(commit: Commit, by?: Delivery): CommitResult {
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

    /** Returns 'conflict' when a record has changed since it was loaded. */
    ensureReplicated(bucket: number, records: readonly ReadRecord[]): ReplicationResult {
      const nowMs = now()
      const isUnchanged = ({ name, expectedVersion }: ReadRecord) =>
        expectedVersion === undefined || read(keyOf(bucket, name), nowMs)?.version === expectedVersion
      return { kind: records.every(isUnchanged) ? 'ok' : 'conflict' }
    },

    /** Counts the records that have not expired at a time. */
    countAt: (ms: number): number =>
      [...records.values()].filter(({ expiresAtMs }) => expiresAtMs >= ms).length,
  }
}

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

/** A rule of the commit that a mutant leaves out. */
export type StoreRule = 'session-version' | 'subscriber-version' | 'deadline' | 'together'

interface Held {
  readonly version: Version
  readonly value: string
  readonly expiresAtMs: number
}

/** What a commit wrote, beside what was there. */
export interface Written {
  readonly commit: Commit
  readonly by: Delivery | undefined
  readonly nowMs: number
  /** The values that lived before, in the order of the changes. */
  readonly before: readonly (string | undefined)[]
}

/**
 * The store as its port describes it, without any of Redis: records under versions, lives, one clock, a journal. Every
 * operation is over when it returns. It says `written` before anybody else can look.
 */
export interface ModelStore {
  load(bucket: number, names: readonly RecordName[]): LoadedRecords
  /** `by`: the turn it comes from, for whoever watches. */
  commit(commit: Commit, by?: Delivery): CommitResult
  /** Whether records are as they were loaded: what a store with replicas asks before it tells of them. */
  settle(bucket: number, records: readonly ReadRecord[]): ReplicationResult
  /** All entries, oldest first. */
  readonly journal: readonly { readonly bucket: number; readonly entry: string }[]
  /** How many records there are at a time. */
  livingAt(ms: number): number
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
      const hasMoved = changes.some(
        ({ name, expectedVersion: expect }, at) => isChecked(name) && held[at]?.version !== expect,
      )
      // The mutant writes its journal first and looks at the records then.
      if (!hasMoved || without === 'together')
        for (const entry of commit.journal) journal.push({ bucket, entry })
      if (hasMoved) return { kind: 'conflict' }

      lastVersion = Math.max(nowMs * 1000, lastVersion + 1)
      const version = String(lastVersion).padStart(16, '0')
      for (const { name, write: to } of changes) write(keyOf(bucket, name), to, version, nowMs)
      options.written?.({ commit, by, nowMs, before: held.map((one) => one?.value) })
      return { kind: 'ok', version }
    },

    settle(bucket, records) {
      const nowMs = now()
      const stands = ({ name, expectedVersion: expect }: ReadRecord) =>
        expect === undefined || read(keyOf(bucket, name), nowMs)?.version === expect
      return { kind: records.every(stands) ? 'ok' : 'conflict' }
    },

    livingAt(ms) {
      let count = 0
      for (const { expiresAtMs } of records.values()) if (expiresAtMs >= ms) count += 1
      return count
    },
  }
}

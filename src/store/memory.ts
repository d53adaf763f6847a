import { UssdError } from '../engine/errors.ts'
import type { Change, JournalEntry, RecordName, Store, Version, Versioned } from '../gateway/ports.ts'

export interface MemoryStoreOptions {
  /** Returns milliseconds since the epoch. Expiry and deadlines use this clock. */
  readonly now?: () => number
  /**
   * The capacity for all records together, in characters, 64 million by default. A commit that would exceed it is rejected,
   * as in a Redis with `noeviction`.
   */
  readonly maxCharacters?: number
  /** The capacity of a bucket's journal, in entries, 10 000 by default. The oldest entries are dropped. */
  readonly journalLimit?: number
}

export interface MemoryStore extends Store {
  /** The number of records, including expired records that were not swept yet. */
  size(): number
}

/** The same slack as in `commit-n.lua`: a clock being slewed may go back a little. */
const CLOCK_SLACK_MS = 1000

interface StoredRecord extends Versioned {
  readonly expiresAtMs: number
}

interface Journal {
  readonly entries: JournalEntry[]
  lastMs: number
  sequence: number
}

/**
 * Creates the embedded store: a `Map` in this process, lost on exit. Each operation is one synchronous body, which makes it
 * atomic: it must not await.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { now = Date.now, journalLimit = 10_000, maxCharacters = 64_000_000 } = options
  const records = createRecords(maxCharacters)
  const journals = createJournals(journalLimit)
  const nextBatch = createBatches()
  let lastVersion = 0
  let closed = false

  function openedAt(): number {
    if (closed) throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'closed' })
    return Math.floor(now())
  }

  return {
    async load(bucket, names) {
      await nextBatch()
      const nowMs = openedAt()
      return { nowMs, records: names.map((name) => records.read(keyOf(bucket, name), nowMs)) }
    },

    async commit({ bucket, changes, journal, deadlineMs, loadedMs = -Infinity }) {
      const nowMs = openedAt()
      if (!(nowMs <= deadlineMs) || nowMs < loadedMs - CLOCK_SLACK_MS) return { kind: 'late' }
      const hasConflict = changes.some(
        ({ name, expectedVersion }) => records.read(keyOf(bucket, name), nowMs)?.version !== expectedVersion,
      )
      if (hasConflict) return { kind: 'conflict' }

      records.makeRoom(bucket, changes, nowMs)
      lastVersion = Math.max(nowMs * 1000, lastVersion + 1)
      const version = String(lastVersion).padStart(16, '0')
      for (const { name, write } of changes) records.write(keyOf(bucket, name), write, version, nowMs)
      for (const entry of journal) journals.append(bucket, entry, nowMs)
      records.sweep(changes.length + 8, nowMs)
      return { kind: 'ok', version }
    },

    async ensureReplicated() {
      openedAt()
      return { kind: 'ok' }
    },

    async readJournal(bucket, after, limit) {
      openedAt()
      return journals.read(bucket, after, limit)
    },

    async ping() {
      openedAt()
    },

    async close() {
      closed = true
      records.clear()
      journals.clear()
    },

    size: records.size,
  }
}

/**
 * Creates a function that resolves at the end of this iteration of the event loop, for all callers at once. Turns that arrive
 * together then run together, as they do behind a Redis: one by one they cost twice the time.
 */
function createBatches(): () => Promise<void> {
  let batch: Promise<void> | undefined
  return () =>
    (batch ??= new Promise<void>((resolve) => {
      setImmediate(() => {
        batch = undefined
        resolve()
      })
    }))
}

/** Creates a map of records with expiry and a capacity in characters. */
function createRecords(maxCharacters: number) {
  const records = new Map<string, StoredRecord>()
  let sweeping = records.entries()
  let characters = 0
  let nextFullSweepMs = 0

  function remove(key: string): void {
    const record = records.get(key)
    if (!record) return
    characters -= sizeOf(key, record.value)
    records.delete(key)
  }

  return {
    read(key: string, nowMs: number): Versioned | undefined {
      const record = records.get(key)
      if (!record || record.expiresAtMs < nowMs) return undefined
      return { version: record.version, value: record.value }
    },

    write(key: string, write: Change['write'], version: Version, nowMs: number): void {
      if (write.kind === 'keep') return
      remove(key)
      if (write.kind === 'delete') return
      const { value, ttlMs } = write
      const expiresAtMs = ttlMs === undefined ? Infinity : nowMs + Math.max(1, Math.round(ttlMs))
      records.set(key, { version, value, expiresAtMs })
      characters += sizeOf(key, value)
    },

    /** Visits the next `count` records and removes the expired ones. Without a timer, this keeps them from piling up. */
    sweep(count: number, nowMs: number): void {
      for (let visited = 0; visited < count; visited++) {
        const next = sweeping.next()
        if (next.done) {
          sweeping = records.entries()
          return
        }
        const [key, { expiresAtMs }] = next.value
        if (expiresAtMs < nowMs) remove(key)
      }
    },

    /** Throws USSD_STORE_REFUSED when the changes do not fit. */
    makeRoom(bucket: number, changes: readonly Change[], nowMs: number): void {
      let added = 0
      for (const { name, write } of changes) {
        if (write.kind === 'keep') continue
        const key = keyOf(bucket, name)
        const record = records.get(key)
        added +=
          (write.kind === 'put' ? sizeOf(key, write.value) : 0) - (record ? sizeOf(key, record.value) : 0)
      }
      if (added <= 0 || characters + added <= maxCharacters) return
      // A full sweep visits every record, so it runs at most once a second.
      if (nowMs >= nextFullSweepMs || nowMs < nextFullSweepMs - 1000) {
        nextFullSweepMs = nowMs + 1000
        for (const [key, { expiresAtMs }] of records) if (expiresAtMs < nowMs) remove(key)
      }
      if (characters + added > maxCharacters) throw new UssdError('USSD_STORE_REFUSED', { detail: 'OOM' })
    },

    clear(): void {
      records.clear()
      characters = 0
    },

    size: () => records.size,
  }
}

/** Creates a journal per bucket; each keeps its last `limit` entries. */
function createJournals(limit: number) {
  const journals = new Map<number, Journal>()
  return {
    append(bucket: number, entry: string, nowMs: number): void {
      const journal = journals.get(bucket) ?? { entries: [], lastMs: 0, sequence: 0 }
      journals.set(bucket, journal)
      journal.sequence = nowMs > journal.lastMs ? 0 : journal.sequence + 1
      journal.lastMs = Math.max(nowMs, journal.lastMs)
      journal.entries.push({ id: `${journal.lastMs}-${journal.sequence}`, entry })
      if (journal.entries.length > limit) journal.entries.shift()
    },

    read(bucket: number, after: string | undefined, maxEntries: number): readonly JournalEntry[] {
      const entries = journals.get(bucket)?.entries ?? []
      const start = after === undefined ? 0 : entries.findIndex(({ id }) => isAfter(id, after))
      return start < 0 ? [] : entries.slice(start, start + maxEntries)
    },

    clear: () => journals.clear(),
  }
}

const keyOf = (bucket: number, name: RecordName): string => `${bucket}:${name}`

const sizeOf = (key: string, value: string): number => key.length + value.length

/** Compares two ids of the form `<milliseconds>-<sequence>`, as in a Redis stream. */
function isAfter(id: string, after: string): boolean {
  const [ms = 0, sequence = 0] = id.split('-').map(Number)
  const [afterMs = 0, afterSequence = 0] = after.split('-').map(Number)
  return ms > afterMs || (ms === afterMs && sequence > afterSequence)
}

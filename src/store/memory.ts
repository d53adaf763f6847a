import { UssdError } from '../engine/errors.ts'
import type { Change, JournalEntry, RecordName, Store, Version, Versioned } from '../gateway/ports.ts'

export interface MemoryStoreOptions {
  /** Milliseconds since the epoch; records expire by it and deadlines are measured on it. */
  readonly now?: () => number
  /**
   * How many characters all records may hold, 64 million by default. A commit that would exceed it is refused, as Redis refuses
   * one without eviction.
   */
  readonly maxCharacters?: number
  /** How many entries the journal of a bucket keeps; the oldest are forgotten. 10 000 by default. */
  readonly journalLimit?: number
}

export interface MemoryStore extends Store {
  /** How many records are held, expired ones that were not swept yet among them. */
  size(): number
}

/** As `commit-n.lua` has it: a clock that is slewed goes back a little. */
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
 * The embedded store: a `Map` in this process, forgotten when it ends. Each operation is one synchronous body, which is what
 * makes it atomic: nothing may be awaited inside.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { now = Date.now, journalLimit = 10_000, maxCharacters = 64_000_000 } = options
  const records = new Map<string, StoredRecord>()
  const journals = new Map<number, Journal>()
  let lastVersion = 0
  let sweeping = records.entries()
  let closed = false
  let characters = 0
  let nextClearingMs = 0

  const keyOf = (bucket: number, name: RecordName) => `${bucket}:${name}`

  function answer(): number {
    if (closed) throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'closed' })
    return Math.floor(now())
  }

  function read(key: string, nowMs: number): Versioned | undefined {
    const held = records.get(key)
    if (!held || held.expiresAtMs < nowMs) return undefined
    return { version: held.version, value: held.value }
  }

  function write(key: string, to: Change['write'], version: Version, nowMs: number): void {
    if (to.kind === 'keep') return
    remove(key)
    if (to.kind === 'delete') return
    const { value, ttlMs } = to
    const expiresAtMs = ttlMs === undefined ? Infinity : nowMs + Math.max(1, Math.round(ttlMs))
    records.set(key, { version, value, expiresAtMs })
    characters += sizeOf(key, value)
  }

  function remove(key: string): void {
    const held = records.get(key)
    if (!held) return
    characters -= sizeOf(key, held.value)
    records.delete(key)
  }

  function append(bucket: number, entry: string, nowMs: number): void {
    const journal = journals.get(bucket) ?? { entries: [], lastMs: 0, sequence: 0 }
    journals.set(bucket, journal)
    journal.sequence = nowMs > journal.lastMs ? 0 : journal.sequence + 1
    journal.lastMs = Math.max(nowMs, journal.lastMs)
    journal.entries.push({ id: `${journal.lastMs}-${journal.sequence}`, entry })
    if (journal.entries.length > journalLimit) journal.entries.shift()
  }

  /** Looks at a few records more than were written, in turn, so that expired ones do not pile up; no timer. */
  function sweep(count: number, nowMs: number): void {
    for (let looked = 0; looked < count; looked++) {
      const next = sweeping.next()
      if (next.done) {
        sweeping = records.entries()
        return
      }
      const [key, { expiresAtMs }] = next.value
      if (expiresAtMs < nowMs) remove(key)
    }
  }

  /** Throws USSD_STORE_REFUSED when the changes do not fit. */
  function makeRoom(bucket: number, changes: readonly Change[], nowMs: number): void {
    let added = 0
    for (const { name, write } of changes) {
      if (write.kind === 'keep') continue
      const key = keyOf(bucket, name)
      const held = records.get(key)
      added += (write.kind === 'put' ? sizeOf(key, write.value) : 0) - (held ? sizeOf(key, held.value) : 0)
    }
    if (added <= 0 || characters + added <= maxCharacters) return
    // What has expired makes room; looked for once a second, because it takes a walk over everything.
    if (nowMs >= nextClearingMs || nowMs < nextClearingMs - 1000) {
      nextClearingMs = nowMs + 1000
      for (const [key, { expiresAtMs }] of records) if (expiresAtMs < nowMs) remove(key)
    }
    if (characters + added > maxCharacters) throw new UssdError('USSD_STORE_REFUSED', { detail: 'OOM' })
  }

  return {
    async load(bucket, names) {
      const nowMs = answer()
      return { nowMs, records: names.map((name) => read(keyOf(bucket, name), nowMs)) }
    },

    async commit({ bucket, changes, journal, deadlineMs, loadedMs = -Infinity }) {
      const nowMs = answer()
      if (!(nowMs <= deadlineMs) || nowMs < loadedMs - CLOCK_SLACK_MS) return { kind: 'late' }
      const moved = changes.some(
        ({ name, expectedVersion: expect }) => read(keyOf(bucket, name), nowMs)?.version !== expect,
      )
      if (moved) return { kind: 'conflict' }

      makeRoom(bucket, changes, nowMs)
      lastVersion = Math.max(nowMs * 1000, lastVersion + 1)
      const version = String(lastVersion).padStart(16, '0')
      for (const { name, write: to } of changes) write(keyOf(bucket, name), to, version, nowMs)
      for (const entry of journal) append(bucket, entry, nowMs)
      sweep(changes.length + 8, nowMs)
      return { kind: 'ok', version }
    },

    async ensureReplicated() {
      answer()
      return { kind: 'ok' }
    },

    async readJournal(bucket, after, limit) {
      answer()
      const entries = journals.get(bucket)?.entries ?? []
      const start = after === undefined ? 0 : entries.findIndex(({ id }) => isBehind(id, after))
      return start < 0 ? [] : entries.slice(start, start + limit)
    },

    async ping() {
      answer()
    },

    async close() {
      closed = true
      records.clear()
      journals.clear()
      characters = 0
    },

    size: () => records.size,
  }
}

const sizeOf = (key: string, value: string): number => key.length + value.length

/** Ids are `<milliseconds>-<sequence>`, as those of a stream. */
function isBehind(id: string, after: string): boolean {
  const [ms = 0, sequence = 0] = id.split('-').map(Number)
  const [afterMs = 0, afterSequence = 0] = after.split('-').map(Number)
  return ms > afterMs || (ms === afterMs && sequence > afterSequence)
}

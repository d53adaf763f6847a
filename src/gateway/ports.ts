/**
 * The ports that adapters implement. The store keeps opaque text under versions and changes it atomically; the gateway and
 * the services define the text. All changes of a turn are in one bucket, so that one Lua script in one slot of a Redis Cluster
 * can make them (decision 0003).
 */

/** A version of a record: 16 digits. Never reused for a key, even after the record expires and is created again. */
export type Version = string

export interface Versioned {
  readonly version: Version
  readonly value: string
}

/** The name of a record within its bucket: a lower-case kind and an id, e.g. `subscriber:375291234567`. */
export type RecordName = string

export interface LoadedRecords {
  /** The store's time at the load, milliseconds since the epoch. Deadlines are on this clock. */
  readonly nowMs: number
  /** In the order of the names; `undefined` for a record that does not exist. */
  readonly records: readonly (Versioned | undefined)[]
}

/** One record of a commit: the expected version and the write. */
export interface Change {
  readonly name: RecordName
  /** The loaded version; `undefined` for no record. On a mismatch, the commit writes nothing. */
  readonly expectedVersion: Version | undefined
  readonly write:
    | { readonly kind: 'keep' }
    | { readonly kind: 'delete' }
    /** Without `ttlMs` the record does not expire. */
    | { readonly kind: 'put'; readonly value: string; readonly ttlMs?: number | undefined }
}

/** A record that was read and is not changed. */
export type ReadRecord = Pick<Change, 'name' | 'expectedVersion'>

export interface Commit {
  readonly bucket: number
  readonly changes: readonly Change[]
  /** Journal entries, written atomically with the records. JSON text without secrets. */
  readonly journal: readonly string[]
  /** On the store's clock. The store rejects a commit that arrives later, because its caller has timed out. */
  readonly deadlineMs: number
  /**
   * The store's time at the load. The store rejects a commit that runs more than a second before it: the clock was set back,
   * which extends the deadline.
   */
  readonly loadedMs?: number
}

export type CommitResult =
  /** `version` is the new version of every record that was put. */
  | { readonly kind: 'ok'; readonly version: Version }
  /** A version did not match; nothing was written. */
  | { readonly kind: 'conflict' }
  /** The deadline had passed, or the clock was set back; nothing was written. */
  | { readonly kind: 'late' }

/** The result of `ensureReplicated`. */
export type ReplicationResult = { readonly kind: CommitResult['kind'] }

export interface JournalEntry {
  /** Position in the journal, ascending. */
  readonly id: string
  readonly entry: string
}

/**
 * The store of sessions and subscribers. `load` and `commit` are atomic and take one round trip each. They reject with:
 * - `USSD_STORE_UNAVAILABLE` when the store did not answer. The outcome of a commit is then unknown; load again to find out.
 * - `USSD_STORE_CIRCUIT_OPEN` when the circuit is open. Nothing was sent.
 * - `USSD_STORE_REFUSED` when the store rejected the operation. Nothing was written.
 */
export interface Store {
  load(bucket: number, names: readonly RecordName[]): Promise<LoadedRecords>
  commit(commit: Commit): Promise<CommitResult>
  /**
   * Waits until these records are as durable as a commit. Call it before answering from data this turn did not write, such as
   * a receipt. Returns 'conflict' when a version has changed; rejects as `commit` does. Does nothing in a store whose loaded
   * data is always durable (decision 0033).
   */
  ensureReplicated(bucket: number, records: readonly ReadRecord[]): Promise<ReplicationResult>
  /** Reads the journal of a bucket, oldest first, after the entry `after`. */
  readJournal(bucket: number, after: string | undefined, limit: number): Promise<readonly JournalEntry[]>
  /** Resolves when the store answers, rejects with `USSD_STORE_UNAVAILABLE` or `USSD_STORE_CIRCUIT_OPEN` otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** The input that a callback reports. Each dialect has one kind. */
export type ReportedInput =
  /**
   * All replies of the dialogue, joined with `*`, beside a constant code. Any text of an unknown session begins a dialogue: it
   * holds what was dialled after the code. `begins`: a known session begins anew with an empty text, or not at all, where any
   * text may be a reply.
   */
  | {
      readonly kind: 'cumulative'
      readonly code: string
      readonly text: string
      readonly begins: 'empty' | 'unknown'
    }
  /** The last reply and the number of its turn, counted from the begin; at the begin `typed` is undefined. */
  | { readonly kind: 'sequenced'; readonly number: number; readonly typed: string | undefined }
  /** The last reply alone; at the begin `typed` is undefined. */
  | { readonly kind: 'latest-only'; readonly typed: string | undefined }

/** A callback of an aggregator, independent of its dialect. */
export interface Callback {
  readonly dialect: string
  /** The aggregator's id of the dialogue, opaque: 1 to 128 printable characters. */
  readonly sessionId: string
  /** E.164 with `+`. */
  readonly msisdn: string
  /** The USSD string: the code and its arguments. Used only when a dialogue begins. */
  readonly dialled: string
  readonly reported: ReportedInput
  /** Set when a new dialogue may reuse an earlier id, because the aggregator sends no session id. */
  readonly reusesSessionId?: true
  readonly signed?: SignedDelivery
}

/** The maximum difference between the time in a signature and the store's time, in either direction. */
export const SIGNATURE_TOLERANCE_MS = 300_000

/** A delivery with a valid signature. */
export interface SignedDelivery {
  /** The sender's id of the callback; a retry has the same one. */
  readonly id: string
  /** The time in the signature, milliseconds since the epoch. */
  readonly atMs: number
}

/** The answer to a callback. `waits`: the dialogue expects a reply (USSR) or is released (the result of the PSSR). */
export interface Answer {
  readonly text: string
  readonly waits: boolean
  /** The expected reply is a secret. Dialects cannot express it; the simulator receives it in a header. */
  readonly asksSecret?: true
}

/** The network's notice that a dialogue is over: the subscriber hung up or timed out, or the network failed. */
export interface Ended {
  readonly dialect: string
  readonly sessionId: string
  /** E.164 with `+`. */
  readonly msisdn: string
  readonly why: 'cancelled' | 'timed-out' | 'failed'
  readonly signed?: SignedDelivery
}

/**
 * What the adapters implement. The store keeps opaque text under versions and changes it atomically; the gateway and the
 * services decide what the text means. Everything a turn changes lies in one bucket, so that one Lua script, and one slot of
 * a Redis Cluster, can change it together (decision 0003).
 */

/** A version of a record: 16 digits. It never repeats for a key, also not after the record expired and was made again. */
export type Version = string

export interface Versioned {
  readonly version: Version
  readonly value: string
}

/** Names a record inside its bucket: lower-case kind, then what identifies it, e.g. `subscriber:375291234567`. */
export type RecordName = string

export interface LoadedRecords {
  /** The store's clock, milliseconds since the epoch, at the moment of reading. Deadlines are measured on it. */
  readonly nowMs: number
  /** In the order of the names asked for; `undefined` where there is no record. */
  readonly records: readonly (Versioned | undefined)[]
}

/** One record of a commit: what it must be now, and what it becomes. */
export interface Change {
  readonly name: RecordName
  /** The version that was loaded; `undefined` when there was no record. If it has moved, nothing is written. */
  readonly expectedVersion: Version | undefined
  readonly write:
    | { readonly kind: 'keep' }
    | { readonly kind: 'delete' }
    /** `ttlMs` from now; without it the record stays. */
    | { readonly kind: 'put'; readonly value: string; readonly ttlMs?: number | undefined }
}

/** A record that was loaded, and is not changed. */
export type ReadRecord = Pick<Change, 'name' | 'expectedVersion'>

export interface Commit {
  readonly bucket: number
  readonly changes: readonly Change[]
  /** Entries of the journal, written with the records or not at all. JSON text without secrets. */
  readonly journal: readonly string[]
  /** In the store's time. A commit that reaches the store later is refused: its caller has stopped waiting. */
  readonly deadlineMs: number
  /**
   * The store's time at which the records were loaded. A commit that runs more than a second before it is refused: the clock
   * was set back, and the deadline with it into the future.
   */
  readonly loadedMs?: number
}

export type CommitResult =
  /** `version` is that of every record that was put. */
  | { readonly kind: 'ok'; readonly version: Version }
  /** A record had moved; nothing was written. */
  | { readonly kind: 'conflict' }
  /** The deadline had passed, or the clock was set back; nothing was written. */
  | { readonly kind: 'late' }

/** The outcome of asking whether records last. */
export type ReplicationResult = { readonly kind: CommitResult['kind'] }

export interface JournalEntry {
  /** Position in the journal, rising. */
  readonly id: string
  readonly entry: string
}

/**
 * Where sessions and subscriber records live. `load` and `commit` are one round trip each, and atomic.
 * They reject with `USSD_STORE_UNAVAILABLE` when the store did not answer; whether a commit happened is then unknown, and
 * loading again tells. They reject with `USSD_STORE_CIRCUIT_OPEN` when it was not asked, and with `USSD_STORE_REFUSED` when it said
 * no: then nothing was written.
 */
export interface Store {
  load(bucket: number, names: readonly RecordName[]): Promise<LoadedRecords>
  commit(commit: Commit): Promise<CommitResult>
  /**
   * Waits until these records are as durable as a commit (decision 0033). Call it before answering from data this turn did not
   * write, such as a receipt. Returns 'conflict' when a version has changed. Rejects as a commit does.
   */
  ensureReplicated(bucket: number, records: readonly ReadRecord[]): Promise<ReplicationResult>
  /** The journal of a bucket, oldest first, behind entry `after`. */
  readJournal(bucket: number, after: string | undefined, limit: number): Promise<readonly JournalEntry[]>
  /** Resolves when the store answers, rejects with `USSD_STORE_UNAVAILABLE` or `USSD_STORE_CIRCUIT_OPEN` otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** What a callback says the subscriber has answered so far; a dialect knows which of these it can say. */
export type ReportedInput =
  /**
   * Every answer of the dialogue, joined with `*`, behind a code that stays the same. `begins`: a dialogue begins with an
   * empty text, or, where a dialect says what was dialled in the same place, with any text of a session nobody knows.
   */
  | {
      readonly kind: 'cumulative'
      readonly code: string
      readonly text: string
      readonly begins: 'empty' | 'unknown'
    }
  /** The last answer and its place in the dialogue, counted from the begin; `typed` is undefined there. */
  | { readonly kind: 'sequenced'; readonly number: number; readonly typed: string | undefined }
  /** The last answer alone; `typed` is undefined at the begin. */
  | { readonly kind: 'latest-only'; readonly typed: string | undefined }

/** One callback of an aggregator, in no dialect. */
export interface Callback {
  readonly dialect: string
  /** The aggregator's handle of the dialogue, opaque: 1 to 128 printable characters. */
  readonly sessionId: string
  /** E.164 with `+`. */
  readonly msisdn: string
  /** The USSD string: the dialled code, with whatever was dialled behind it. Only looked at when a dialogue begins. */
  readonly dialled: string
  readonly reported: ReportedInput
  /** Set where a new dialogue may come under the id of an earlier one, because the aggregator sends no id of its own. */
  readonly reusesSessionId?: true
  readonly signed?: SignedDelivery
}

/** How far the time in a signature may lie from the store's, before and after. */
export const SIGNATURE_TOLERANCE_MS = 300_000

/** A delivery whose signature holds. */
export interface SignedDelivery {
  /** The sender's own id of the callback: the same when it is sent again. */
  readonly id: string
  /** The time in the signature, milliseconds since the epoch. */
  readonly atMs: number
}

/** What the subscriber sees. `waits`: the dialogue goes on with a reply (USSR), or is released (the result of the PSSR). */
export interface Answer {
  readonly text: string
  readonly waits: boolean
  /** The reply it waits for is a secret. A dialect does not say it; whoever plays the network is told beside the answer. */
  readonly asksSecret?: true
}

/** The network says that a dialogue is over: the subscriber hung up, did not answer in time, or the network failed. */
export interface Ended {
  readonly dialect: string
  readonly sessionId: string
  /** E.164 with `+`. */
  readonly msisdn: string
  readonly why: 'cancelled' | 'timed-out' | 'failed'
  readonly signed?: SignedDelivery
}

/**
 * Transactions: load, run the body, commit. This is the only way a record changes. The body sees a snapshot of the records and
 * returns its writes. The commit writes all of them if no record has changed since; otherwise the body is retried.
 */
import { UssdError } from '../engine/errors.ts'
import { processClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type {
  Change,
  CommitResult,
  LoadedRecords,
  RecordName,
  ReplicationResult,
  Store,
  Version,
  Versioned,
} from './ports.ts'

/** The remaining time of an operation, on a monotonic clock. */
export interface Budget {
  leftMs(): number
}

export function createBudget(totalMs: number, clock: Clock = processClock): Budget {
  const endMs = clock.nowMs() + totalMs
  return { leftMs: () => endMs - clock.nowMs() }
}

/** The records of a transaction and its budget. `clock` is the process clock by default. */
interface TransactionOptions {
  readonly bucket: number
  readonly names: readonly RecordName[]
  readonly budget: Budget
  readonly clock?: Clock
}

/** The output of a body. Without `changes`, the result is returned once the records it was read from are durable. */
export interface TransactionOutput<T> {
  readonly result: T
  readonly changes?: readonly Change[]
  readonly journal?: readonly string[]
}

export interface TransactionResult<T> {
  readonly result: T
  readonly tries: number
}

/** Changes to commit before the body can finish. The body then runs again on the new records. */
export interface Reservation {
  readonly reserve: readonly Change[]
}

/** A pause while another run does the same work. The body then runs again on fresh records. */
export interface Pause {
  readonly waitMs: number
}

/** Computes the output from the loaded records. `reserved` is true after a reservation of this transaction has committed. */
export type TransactionBody<T> = (
  loaded: LoadedRecords,
  state: { readonly reserved: boolean },
) => Promise<TransactionOutput<T> | Reservation | Pause> | TransactionOutput<T> | Reservation | Pause

/** Returns the change of a loaded record. The commit fails if its version has changed since the load. */
export const changeOf = (
  name: RecordName,
  loaded: Versioned | undefined,
  write: Change['write'],
): Change => ({ name, expectedVersion: loaded?.version, write })

/** Returns the write of a record as JSON. Without `ttlMs`, the record does not expire. */
export const put = (value: object, ttlMs?: number): Change['write'] => ({
  kind: 'put',
  value: JSON.stringify(value),
  ttlMs,
})

/** Each duplicate of a turn causes one conflict at most. More tries than this are a storm, not a race. */
const MAX_TRIES = 6
/** A reservation has already cost an attempt, so its outcome is worth more tries, which are cheap. */
const MAX_TRIES_RESERVED = 24

/** The store rejects a commit that arrives later than this. */
const COMMIT_TIMEOUT_MS = 400

/**
 * The time for which a failed load is retried, because most broken connections return quickly. It is longer after a commit
 * with an unknown outcome, whose receipt holds the answer.
 */
const LOAD_RETRY_MS = 250
const RECEIPT_RETRY_MS = 800
const RETRY_INTERVAL_MS = 25

/**
 * Runs a transaction: one round trip for the load, one for each commit. After a commit with an unknown outcome it loads the
 * records again, and the body finds its own writes there.
 *
 * Rejects with `USSD_STORE_UNAVAILABLE`, `USSD_STORE_CIRCUIT_OPEN` or `USSD_STORE_REFUSED`; with `USSD_TURN_TIMED_OUT` when the
 * budget is spent; with `USSD_CONFLICT` when the retries are spent; and with whatever the body throws.
 */
export async function transact<T>(
  store: Store,
  at: TransactionOptions,
  body: TransactionBody<T>,
): Promise<TransactionResult<T>> {
  const { clock = processClock } = at
  let unknown: UssdError | undefined
  let reserved = false
  let known: LoadedRecords | undefined
  let loadedAtMs = 0
  for (let tries = 1; tries <= (reserved ? MAX_TRIES_RESERVED : MAX_TRIES);) {
    const loaded: LoadedRecords = known ?? (await loadWithRetry(store, at, unknown ? 'receipt' : 'records'))
    if (!known) loadedAtMs = clock.nowMs()
    known = undefined
    const next = await body(loaded, { reserved })
    if ('waitMs' in next) {
      assertTimeLeft(at.budget)
      await new Promise<void>((resolve) => void clock.after(next.waitMs, resolve))
      continue
    }
    try {
      if ('reserve' in next) {
        const committed = await commit(store, at, { loaded, loadedAtMs, changes: next.reserve, journal: [] })
        if (committed.kind === 'ok') {
          // One is normal; a body that reserves repeatedly runs out of tries.
          if (reserved) tries++
          reserved = true
          known = recordsAfter(loaded, at.names, next.reserve, committed.version)
        } else tries++
        continue
      }
      const { result, changes, journal = [] } = next
      const committed = changes
        ? await commit(store, at, { loaded, loadedAtMs, changes, journal })
        : await ensureReplicated(store, at, loaded)
      if (committed.kind === 'ok') return { result, tries }
    } catch (error) {
      if (!isUnavailable(error)) throw error
      unknown = error
    }
    tries++
  }
  throw unknown ?? new UssdError('USSD_CONFLICT')
}

function commit(
  store: Store,
  { bucket, budget, clock = processClock }: TransactionOptions,
  of: {
    readonly loaded: LoadedRecords
    readonly loadedAtMs: number
    readonly changes: readonly Change[]
    readonly journal: readonly string[]
  },
): Promise<CommitResult> {
  assertTimeLeft(budget)
  const { loaded, changes, journal } = of
  const sinceLoadMs = clock.nowMs() - of.loadedAtMs
  const deadlineMs = Math.floor(loaded.nowMs + sinceLoadMs + Math.min(COMMIT_TIMEOUT_MS, budget.leftMs()))
  return store.commit({ bucket, changes, journal, deadlineMs, loadedMs: loaded.nowMs })
}

/** Ensures that the loaded records are durable: a commit may have written them without being replicated yet. */
function ensureReplicated(
  store: Store,
  { bucket, names }: TransactionOptions,
  loaded: LoadedRecords,
): Promise<ReplicationResult> {
  const read = names.map((name, i) => ({ name, expectedVersion: loaded.records[i]?.version }))
  return store.ensureReplicated(bucket, read)
}

/** The records after a commit, without another load. */
function recordsAfter(
  loaded: LoadedRecords,
  names: readonly RecordName[],
  changes: readonly Change[],
  version: Version,
): LoadedRecords {
  const records = names.map((name, i) => {
    const write = changes.find((change) => change.name === name)?.write
    if (!write || write.kind === 'keep') return loaded.records[i]
    return write.kind === 'put' ? { version, value: write.value } : undefined
  })
  return { nowMs: loaded.nowMs, records }
}

async function loadWithRetry(
  store: Store,
  at: TransactionOptions,
  lookingFor: 'records' | 'receipt',
): Promise<LoadedRecords> {
  const { clock = processClock } = at
  const retryMs = lookingFor === 'receipt' ? RECEIPT_RETRY_MS : LOAD_RETRY_MS
  const retryBudget = createBudget(retryMs, clock)
  // With an open circuit, only a transaction that may have committed keeps waiting.
  const isRetryable = (error: unknown) =>
    isUnavailable(error) || (lookingFor === 'receipt' && isCircuitOpen(error))
  for (;;) {
    assertTimeLeft(at.budget)
    try {
      return await store.load(at.bucket, at.names)
    } catch (error) {
      if (!isRetryable(error) || retryBudget.leftMs() <= 0) throw error
      await new Promise<void>((resolve) => void clock.after(RETRY_INTERVAL_MS, resolve))
    }
  }
}

const isUnavailable = (error: unknown): error is UssdError =>
  error instanceof UssdError && error.code === 'USSD_STORE_UNAVAILABLE'

const isCircuitOpen = (error: unknown): boolean =>
  error instanceof UssdError && error.code === 'USSD_STORE_CIRCUIT_OPEN'

function assertTimeLeft(budget: Budget): void {
  if (budget.leftMs() <= 0) throw new UssdError('USSD_TURN_TIMED_OUT')
}

/**
 * Load, work, commit: the only way a record changes. The body sees one moment of the records and says what they write; the
 * commit writes all of it if none has moved since, and otherwise the body runs again on what is there now.
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
} from './ports.ts'

/** The time a piece of work may take, on a clock that never jumps. */
export interface Budget {
  leftMs(): number
}

export function createBudget(totalMs: number, clock: Clock = processClock): Budget {
  const endMs = clock.nowMs() + totalMs
  return { leftMs: () => endMs - clock.nowMs() }
}

/** The records that are worked on, in which time, on which clock: that of the process unless another is given. */
interface TransactionOptions {
  readonly bucket: number
  readonly names: readonly RecordName[]
  readonly budget: Budget
  readonly clock?: Clock
}

/** What the work came to; without `changes` there is nothing to commit, and it is told once all it was made of lasts. */
export interface TransactionOutput<T> {
  readonly result: T
  readonly changes?: readonly Change[]
  readonly journal?: readonly string[]
}

/** Changes that must be committed before the body may go on. It then runs again on the records as they became. */
export interface Reservation {
  readonly reserve: readonly Change[]
}

/** Another process is at the same work: the body runs again on fresh records after a pause. */
export interface Pause {
  readonly waitMs: number
}

/** `reserved` is true once a reservation of this transaction was committed. */
export type TransactionBody<T> = (
  loaded: LoadedRecords,
  state: { readonly reserved: boolean },
) => Promise<TransactionOutput<T> | Reservation | Pause> | TransactionOutput<T> | Reservation | Pause

/** Twins of one turn meet in the store at most once each; more tries than this is a storm, not a race. */
const MAX_TRIES = 6
/** A reservation has cost an attempt: what came of it is worth more tries, and each is cheap. */
const MAX_TRIES_RESERVED = 24

/** The store is told to refuse a commit that arrives later than this: by then nobody waits for its answer. */
const COMMIT_TIMEOUT_MS = 400

/**
 * A connection that broke is back in a moment, as a rule: loading is tried again for this long before the turn is given up,
 * and for longer where a commit may have happened and its receipt tells the subscriber what came of it.
 */
const LOAD_RETRY_MS = 250
const RECEIPT_RETRY_MS = 800
const RETRY_INTERVAL_MS = 25

/**
 * Rejects with `USSD_STORE_UNAVAILABLE`, `USSD_STORE_CIRCUIT_OPEN` or `USSD_STORE_REFUSED`, `USSD_TURN_TIMED_OUT` when the budget is
 * used up, `USSD_CONFLICT` when the records kept moving, and with whatever the body throws. After a commit whose outcome is
 * unknown the records are loaded again, and the body finds there what it did. One round trip to load, one for each commit.
 */
export async function transact<T>(
  store: Store,
  at: TransactionOptions,
  body: TransactionBody<T>,
): Promise<{ readonly outcome: T; readonly tries: number }> {
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
          // One is enough; a body that asks for more runs out of tries.
          if (reserved) tries++
          reserved = true
          known = recordsAfter(loaded, at.names, next.reserve, committed.version)
        } else tries++
        continue
      }
      const { result: outcome, changes, journal = [] } = next
      const committed = changes
        ? await commit(store, at, { loaded, loadedAtMs, changes, journal })
        : await ensureReplicated(store, at, loaded)
      if (committed.kind === 'ok') return { outcome, tries }
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

/** What was loaded may be what a commit wrote that does not last yet, and whose caller was told so. */
function ensureReplicated(
  store: Store,
  { bucket, names }: TransactionOptions,
  loaded: LoadedRecords,
): Promise<ReplicationResult> {
  const read = names.map((name, i) => ({ name, expectedVersion: loaded.records[i]?.version }))
  return store.ensureReplicated(bucket, read)
}

/** The records as a commit left them, so that they need not be loaded again. */
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
  const withinMs = lookingFor === 'receipt' ? RECEIPT_RETRY_MS : LOAD_RETRY_MS
  const again = createBudget(withinMs, clock)
  // Who has committed waits for a store that is known to be away, too; who has not is told at once.
  const isWorthWaiting = (error: unknown) =>
    isUnavailable(error) || (lookingFor === 'receipt' && isCircuitOpen(error))
  for (;;) {
    assertTimeLeft(at.budget)
    try {
      return await store.load(at.bucket, at.names)
    } catch (error) {
      if (!isWorthWaiting(error) || again.leftMs() <= 0) throw error
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

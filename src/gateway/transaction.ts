/**
 * Load, work, commit: the only way a record changes. The work sees one moment of the records and says what they become; the
 * commit writes all of it if none has moved since, and otherwise the work is done again on what is there now.
 */
import { UssdError } from '../engine/errors.ts'
import { processClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { Change, Loaded, RecordName, Store } from './ports.ts'

/** The time a piece of work may take, on a clock that never jumps. */
export interface Budget {
  leftMs(): number
}

export function createBudget(totalMs: number, clock: Clock = processClock): Budget {
  const endMs = clock.nowMs() + totalMs
  return { leftMs: () => endMs - clock.nowMs() }
}

/** The records that are worked on, in which time, on which clock: that of the process unless another is given. */
interface Place {
  readonly bucket: number
  readonly names: readonly RecordName[]
  readonly budget: Budget
  readonly clock?: Clock
}

/** What the work came to; without `changes` there is nothing to commit. */
export interface Work<T> {
  readonly outcome: T
  readonly changes?: readonly Change[]
  readonly journal?: readonly string[]
}

/** Twins of one turn meet in the store at most once each; more tries than this is a storm, not a race. */
const MOST_TRIES = 6

/** The store is told to refuse a commit that arrives later than this: by then nobody waits for its answer. */
const COMMIT_WITHIN_MS = 400

/**
 * A connection that broke is back in a moment, as a rule: loading is tried again for this long before the turn is given up,
 * and for longer where a commit may have happened and its receipt tells the subscriber what came of it.
 */
const LOAD_AGAIN_WITHIN_MS = 250
const LOOK_FOR_RECEIPT_WITHIN_MS = 800
const BETWEEN_LOADS_MS = 25

/**
 * Rejects with `USSD_STORE_UNAVAILABLE`, `USSD_STORE_AWAY` or `USSD_STORE_REFUSED`, `USSD_TURN_TIMED_OUT` when the budget is used up, `USSD_CONFLICT` when the records
 * kept moving, and with whatever the work throws. After a commit whose outcome is unknown the records are loaded again, and
 * the work finds there what it did.
 */
export async function transact<T>(
  store: Store,
  at: Place,
  work: (loaded: Loaded) => Promise<Work<T>> | Work<T>,
): Promise<{ readonly outcome: T; readonly tries: number }> {
  const { clock = processClock } = at
  let unknown: UssdError | undefined
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const loaded = await loadAgain(store, at, unknown ? 'receipt' : 'records')
    const loadedAtMs = clock.nowMs()
    const { outcome, changes, journal = [] } = await work(loaded)
    if (!changes) return { outcome, tries }
    hasTimeLeft(at.budget)
    const sinceLoadMs = clock.nowMs() - loadedAtMs
    const deadlineMs = Math.floor(loaded.nowMs + sinceLoadMs + Math.min(COMMIT_WITHIN_MS, at.budget.leftMs()))
    try {
      const committed = await store.commit({ bucket: at.bucket, changes, journal, deadlineMs })
      if (committed.kind === 'ok') return { outcome, tries }
    } catch (error) {
      if (!isUnavailable(error)) throw error
      unknown = error
    }
  }
  throw unknown ?? new UssdError('USSD_CONFLICT')
}

async function loadAgain(store: Store, at: Place, lookingFor: 'records' | 'receipt'): Promise<Loaded> {
  const { clock = processClock } = at
  const withinMs = lookingFor === 'receipt' ? LOOK_FOR_RECEIPT_WITHIN_MS : LOAD_AGAIN_WITHIN_MS
  const again = createBudget(withinMs, clock)
  // Who has committed waits for a store that is known to be away, too; who has not is told at once.
  const isWorthWaiting = (error: unknown) =>
    isUnavailable(error) || (lookingFor === 'receipt' && isAway(error))
  for (;;) {
    hasTimeLeft(at.budget)
    try {
      return await store.load(at.bucket, at.names)
    } catch (error) {
      if (!isWorthWaiting(error) || again.leftMs() <= 0) throw error
      await new Promise<void>((resolve) => void clock.after(BETWEEN_LOADS_MS, resolve))
    }
  }
}

const isUnavailable = (error: unknown): error is UssdError =>
  error instanceof UssdError && error.code === 'USSD_STORE_UNAVAILABLE'

const isAway = (error: unknown): boolean => error instanceof UssdError && error.code === 'USSD_STORE_AWAY'

function hasTimeLeft(budget: Budget): void {
  if (budget.leftMs() <= 0) throw new UssdError('USSD_TURN_TIMED_OUT')
}

/** A subscriber during a turn or a request, and its journal. */
import type { Deferral } from '../attempts.ts'
import type { Change as RecordChange } from '../ports.ts'
import type { RecordFormat } from './record-format.ts'
import { putSubscriber } from './subscriber-format.ts'
import type { Subscriber } from './subscriber.ts'

/** A change that the journal reports, under this name. */
export type Change =
  | 'password-set'
  | 'access-opened'
  | 'access-closed'
  | 'puk1-refused'
  | 'puk1-locked'
  | 'subscriber-created'
  | 'subscriber-changed'
  | 'subscriber-removed'

/** The author of a change. An administrator belongs to the subscriber's organisation (L9). */
export type ChangedBy = 'subscriber' | 'administrator' | 'operator'

/** An entry of the journal. `id` is an idempotency key: a duplicate delivery has the same one. */
export interface JournalRecord {
  readonly id: string
  readonly atMs: number
  readonly msisdn: string
  readonly change: Change
  readonly by: ChangedBy
}

/**
 * The subscriber as this turn would leave it. Services change the draft and never the store. The commit writes the record, the
 * session and the journal atomically, so an outcome is durable before the subscriber sees it (decision 0003).
 */
export interface Draft {
  readonly current: Subscriber
  /** Applies a patch and adds an entry to the journal. */
  change(patch: Partial<Subscriber>, change: Change): void
  /** Applies a patch without a journal entry. A patch of equal values changes nothing. */
  patchSilently(patch: Partial<Subscriber>): void
}

/** Thrown by an effect to leave the turn early; see `attempts.ts`. */
export type SubscriberDeferral = Deferral<Partial<Subscriber>>

/** Creates a draft and the writes that the commit needs. `idempotencyKey` identifies the turn. */
export function createDraft(options: {
  readonly subscriber: Subscriber
  readonly msisdn: string
  readonly idempotencyKey: string
  readonly atMs: number
  readonly by: ChangedBy
  readonly format: RecordFormat
}): Draft & {
  readonly journal: readonly string[]
  toWrite(): RecordChange['write']
  /** The loaded record with this patch alone; drops the draft's other changes. */
  toWriteOnly(patch: Partial<Subscriber>): RecordChange['write']
} {
  const { msisdn, idempotencyKey, atMs, by, format } = options
  let current = options.subscriber
  const journal: string[] = []
  const apply = (patch: Partial<Subscriber>) => {
    const names = Object.keys(patch) as (keyof Subscriber)[]
    if (names.some((name) => patch[name] !== current[name])) current = { ...current, ...patch }
  }
  return {
    get current() {
      return current
    },
    patchSilently: apply,
    journal,
    toWrite: () => (current === options.subscriber ? { kind: 'keep' } : putSubscriber(current, format)),
    toWriteOnly: (patch) => putSubscriber({ ...options.subscriber, ...patch }, format),
    change(patch, change) {
      apply(patch)
      const record: JournalRecord = { id: `${idempotencyKey}:${journal.length}`, atMs, msisdn, change, by }
      journal.push(JSON.stringify(record))
    },
  }
}

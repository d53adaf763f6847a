/** A subscriber during a turn or a request, and its journal. */
import type { Deferral } from '../attempts.ts'
import type { Change as RecordChange } from '../ports.ts'
import type { SubscriberFormat } from './subscriber-format.ts'
import type { Subscriber } from './subscriber.ts'

/** An entry of the journal. `id` is an idempotency key: a duplicate delivery has the same one. */
export interface JournalRecord {
  readonly id: string
  readonly atMs: number
  readonly msisdn: string
  /** `subscriber-created`, `subscriber-changed`, `subscriber-removed`, or a change that a service names, such as `pin-set`. */
  readonly change: string
  /** `subscriber`, `operator`, or a party that the project names. */
  readonly by: string
}

/**
 * The subscriber as this turn would leave it. Services change the draft and never the store. The commit writes the record, the
 * session and the journal atomically, so an outcome is durable before the subscriber sees it (decision 0003).
 */
export interface Draft<S extends Subscriber = Subscriber> {
  readonly current: S
  /** Applies a patch and adds an entry to the journal. */
  change(patch: Partial<S>, change: string): void
  /** Applies a patch without a journal entry. A patch of equal values changes nothing. */
  patchSilently(patch: Partial<S>): void
}

/** Thrown by an effect to leave the turn early; see `attempts.ts`. */
export type SubscriberDeferral = Deferral<Partial<Subscriber>>

/** Creates a draft and the writes that the commit needs. `idempotencyKey` identifies the turn. */
export function createDraft<S extends Subscriber>(options: {
  readonly subscriber: S
  readonly msisdn: string
  readonly idempotencyKey: string
  readonly atMs: number
  readonly by: string
  readonly format: SubscriberFormat<S>
}): Draft<S> & {
  readonly journal: readonly string[]
  toWrite(): RecordChange['write']
  /** The loaded record with this patch alone; drops the draft's other changes. */
  toWriteOnly(patch: Partial<S>): RecordChange['write']
} {
  const { msisdn, idempotencyKey, atMs, by, format } = options
  let current = options.subscriber
  const journal: string[] = []
  const apply = (patch: Partial<S>) => {
    const names = Object.keys(patch) as (keyof S)[]
    if (names.some((name) => patch[name] !== current[name])) current = { ...current, ...patch }
  }
  return {
    get current() {
      return current
    },
    patchSilently: apply,
    journal,
    toWrite: () => (current === options.subscriber ? { kind: 'keep' } : format.put(current)),
    toWriteOnly: (patch) => format.put({ ...options.subscriber, ...patch }),
    change(patch, change) {
      apply(patch)
      const record: JournalRecord = { id: `${idempotencyKey}:${journal.length}`, atMs, msisdn, change, by }
      journal.push(JSON.stringify(record))
    },
  }
}

import { z } from 'zod'
import { languages } from '../../engine/authoring.ts'
import { UssdError } from '../../engine/errors.ts'
import { Deferral, PendingAttempt } from '../attempts.ts'
import type { Change as RecordChange } from '../ports.ts'

/** Rules L7, L8, L11 and L12: who closed the access decides who may open it. */
export const accessStates = [
  'open',
  'closed-by-subscriber',
  'closed-by-organisation',
  'closed-by-operator',
] as const
export type Access = (typeof accessStates)[number]

/** As the card itself does: ten wrong PUK1 in a row, then no more (ETSI TS 102 221, 9.5.1). */
export const PUK1_ATTEMPTS = 10

const SealedHash = z.looseObject({ hash: z.string(), key: z.string() })

/**
 * The fields of a stored subscriber. No TTL; secrets only as slow hashes under a key that is not in the store. A field that
 * older records lack has a default; `access` has none, because a guess would open what somebody closed.
 */
export const SubscriberFields = z.object({
  language: z.enum(languages).default('ru'),
  tariff: z.string().default(''),
  /** The organisation whose contract the number is on. */
  client: z.string().nullable().default(null),
  role: z.enum(['subscriber', 'administrator']).default('subscriber'),
  /** Opted in, at a sales centre, to setting the password with PUK1 over HTTP (L3). */
  registrationByPuk1: z.boolean().default(false),
  access: z.enum(accessStates),
  closedBecause: z.enum(['sim-lost', 'restricted']).nullable().default(null),
  puk1: SealedHash.nullable().default(null),
  /** Of the ten; a pending attempt has been taken off already. */
  puk1AttemptsLeft: z.number().int().min(0).max(PUK1_ATTEMPTS).default(PUK1_ATTEMPTS),
  /** Guesses of PUK1 that were reserved, and whose outcome nobody was told. */
  puk1Pending: z.array(PendingAttempt).readonly().default([]),
  password: SealedHash.nullable().default(null),
  /** Counts changes of the password: a self-care session begun under an older one has ended (L10). */
  passwordGeneration: z.number().int().default(0),
})
export type Subscriber = Readonly<
  Omit<z.infer<typeof SubscriberFields>, 'puk1' | 'password' | 'puk1Pending'> & {
    puk1: { hash: string; key: string } | null
    password: { hash: string; key: string } | null
    puk1Pending: readonly PendingAttempt[]
  }
>

/** Reads a stored subscriber. Fields of a newer version are kept, and written back. */
export const Subscriber: z.ZodType<Subscriber> = SubscriberFields.loose()

/** A subscriber as every new one begins: access open, no password (L1). */
export const newSubscriber: Subscriber = {
  language: 'ru',
  tariff: '',
  client: null,
  role: 'subscriber',
  registrationByPuk1: false,
  access: 'open',
  closedBecause: null,
  puk1: null,
  puk1AttemptsLeft: PUK1_ATTEMPTS,
  puk1Pending: [],
  password: null,
  passwordGeneration: 0,
}

/** Reads a stored record. Throws `USSD_RECORD_CORRUPT`. */
export function parseRecord<T>(schema: z.ZodType<T>, value: string): T {
  try {
    return schema.parse(JSON.parse(value))
  } catch {
    // The cause would quote the record, and with it what it holds.
    throw new UssdError('USSD_RECORD_CORRUPT')
  }
}

/** A change somebody outside wants to hear of; what it is named here is what the journal says. */
export type Change =
  | 'password-set'
  | 'access-opened'
  | 'access-closed'
  | 'puk1-refused'
  | 'puk1-locked'
  | 'subscriber-created'
  | 'subscriber-changed'
  | 'subscriber-removed'

/** The administrator is one of the subscriber's client (L9). */
export type ChangedBy = 'subscriber' | 'administrator' | 'operator'

/** A journal entry: the change, whose, when, and a key by which a receiver recognises a second delivery. */
export interface JournalRecord {
  readonly id: string
  readonly atMs: number
  readonly msisdn: string
  readonly change: Change
  readonly by: ChangedBy
}

/**
 * The subscriber as this turn would leave it. Services change the draft and never the store: the commit writes the record,
 * the session and the journal together or not at all, so an outcome is counted before anybody sees it (decision 0003).
 */
export interface Draft {
  readonly current: Subscriber
  /** Something changed that others are told of: it gets an entry in the journal. */
  change(patch: Partial<Subscriber>, change: Change): void
  /** Housekeeping nobody outside needs to hear of. Changing nothing is no change. */
  patchSilently(patch: Partial<Subscriber>): void
}

/** An effect's way to leave the turn before its end; see `attempts.ts`. */
export type SubscriberDeferral = Deferral<Partial<Subscriber>>

/** A draft and what the commit needs of it. `idempotencyKey` names the turn. */
export function createDraft(options: {
  readonly subscriber: Subscriber
  readonly msisdn: string
  readonly idempotencyKey: string
  readonly atMs: number
  readonly by: ChangedBy
}): Draft & {
  readonly journal: readonly string[]
  toWrite(): RecordChange['write']
  /** The loaded record with a patch alone, whatever else the draft has write. */
  toWriteOnly(patch: Partial<Subscriber>): RecordChange['write']
} {
  const { msisdn, idempotencyKey, atMs, by } = options
  let now = options.subscriber
  const journal: string[] = []
  const apply = (patch: Partial<Subscriber>) => {
    const names = Object.keys(patch) as (keyof Subscriber)[]
    if (names.some((name) => patch[name] !== now[name])) now = { ...now, ...patch }
  }
  return {
    get current() {
      return now
    },
    patchSilently: apply,
    journal,
    toWrite: () =>
      now === options.subscriber ? { kind: 'keep' } : { kind: 'put', value: JSON.stringify(now) },
    toWriteOnly: (patch) => ({ kind: 'put', value: JSON.stringify({ ...options.subscriber, ...patch }) }),
    change(patch, change) {
      apply(patch)
      const record: JournalRecord = { id: `${idempotencyKey}:${journal.length}`, atMs, msisdn, change, by }
      journal.push(JSON.stringify(record))
    },
  }
}

import { z } from 'zod'
import { languages } from '../../engine/authoring.ts'
import { UssdError } from '../../engine/errors.ts'
import { Deferral, PendingAttempt } from '../attempts.ts'
import type { Change as RecordChange } from '../ports.ts'

/** The states of access to self-care. Only the party that closed it may open it (L7, L8, L11, L12). */
export const accessStates = [
  'open',
  'closed-by-subscriber',
  'closed-by-organisation',
  'closed-by-operator',
] as const
export type Access = (typeof accessStates)[number]

/** PUK1 is locked after ten wrong attempts in a row, as on the card itself (ETSI TS 102 221, 9.5.1). */
export const PUK1_ATTEMPTS = 10

const SealedHash = z.looseObject({ hash: z.string(), key: z.string() })

/**
 * The fields of a stored subscriber, a record without TTL. Secrets are slow hashes under a key that is not in the store. A
 * field that older records lack has a default. `access` has none, because a default could open closed access.
 */
export const SubscriberFields = z.object({
  language: z.enum(languages).default('ru'),
  tariff: z.string().default(''),
  /** The organisation that holds the number's contract. */
  client: z.string().nullable().default(null),
  role: z.enum(['subscriber', 'administrator']).default('subscriber'),
  /** The subscriber opted in, at a sales centre, to setting the password with PUK1 over HTTP (L3). */
  registrationByPuk1: z.boolean().default(false),
  access: z.enum(accessStates),
  closedBecause: z.enum(['sim-lost', 'restricted']).nullable().default(null),
  puk1: SealedHash.nullable().default(null),
  /** PUK1 attempts left, 0 to 10, pending ones already deducted. */
  puk1AttemptsLeft: z.number().int().min(0).max(PUK1_ATTEMPTS).default(PUK1_ATTEMPTS),
  /** PUK1 attempts that are reserved and whose outcome is not yet known to the subscriber. */
  puk1Pending: z.array(PendingAttempt).readonly().default([]),
  password: SealedHash.nullable().default(null),
  /** The number of password changes. A self-care session of an older generation has ended (L10). */
  passwordGeneration: z.number().int().default(0),
})
export type Subscriber = Readonly<
  Omit<z.infer<typeof SubscriberFields>, 'puk1' | 'password' | 'puk1Pending'> & {
    puk1: { hash: string; key: string } | null
    password: { hash: string; key: string } | null
    puk1Pending: readonly PendingAttempt[]
  }
>

/** The schema of a stored subscriber. Keeps unknown fields, so that a newer version's data is written back. */
export const Subscriber: z.ZodType<Subscriber> = SubscriberFields.loose()

/** A new subscriber: access open, no password (L1). */
export const newSubscriber: Subscriber = SubscriberFields.parse({ access: 'open' })

/** Parses a stored record. Throws `USSD_RECORD_CORRUPT` with the paths of the invalid fields, never with their values. */
export function parseRecord<T>(schema: z.ZodType<T>, value: string): T {
  const parsed = schema.safeParse(fromJson(value))
  if (parsed.success) return parsed.data
  const paths = parsed.error.issues.map(({ path }) => path.join('.') || 'the whole record')
  throw new UssdError('USSD_RECORD_CORRUPT', { detail: [...new Set(paths)].join(', ') })
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A cause would quote the record.
    throw new UssdError('USSD_RECORD_CORRUPT', { detail: 'not JSON' })
  }
}

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
}): Draft & {
  readonly journal: readonly string[]
  toWrite(): RecordChange['write']
  /** The loaded record with this patch alone; drops the draft's other changes. */
  toWriteOnly(patch: Partial<Subscriber>): RecordChange['write']
} {
  const { msisdn, idempotencyKey, atMs, by } = options
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
    toWrite: () =>
      current === options.subscriber ? { kind: 'keep' } : { kind: 'put', value: JSON.stringify(current) },
    toWriteOnly: (patch) => ({ kind: 'put', value: JSON.stringify({ ...options.subscriber, ...patch }) }),
    change(patch, change) {
      apply(patch)
      const record: JournalRecord = { id: `${idempotencyKey}:${journal.length}`, atMs, msisdn, change, by }
      journal.push(JSON.stringify(record))
    },
  }
}

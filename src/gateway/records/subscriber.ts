import { z } from 'zod'
import { PendingAttempt } from '../attempts.ts'

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
  /** Stored records without one are of a project whose first language is that of its messages. */
  language: z.string().default(''),
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

/** The record of a subscriber in the store, a record without TTL. */
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { PendingAttempt } from '../attempts.ts'
import { attemptsLeftOf, generationOf, pendingOf } from './record.ts'
import type { RecordDefinition, SecretForm } from './record.ts'

/** A subscriber, to code that knows no project: the language and other fields. */
export type Subscriber = Readonly<{ language: string } & Record<string, unknown>>

const StoredHash = z.looseObject({ hash: z.string(), key: z.string() })

/** Returns the schema of a stored subscriber. It keeps unknown fields, so that a newer version's data is written back. */
export const subscriberSchema = ({ fields, secrets }: RecordDefinition): z.ZodType<Subscriber> =>
  z.looseObject({
    // Stored records without one are of a project whose first language is that of its messages.
    language: z.string().default(''),
    ...fields.shape,
    ...Object.assign({}, ...Object.entries(secrets).map(([name, form]) => secretFields(name, form))),
  }) as unknown as z.ZodType<Subscriber>

const secretFields = (name: string, { attempts, generation }: SecretForm) => ({
  [name]: StoredHash.nullable().default(null),
  ...(attempts !== undefined && {
    // Attempts left, pending ones already deducted.
    [attemptsLeftOf(name)]: z.number().int().min(0).max(attempts).default(attempts),
    // Attempts that are reserved and whose outcome is not yet known to the subscriber.
    [pendingOf(name)]: z.array(PendingAttempt).readonly().default([]),
  }),
  ...(generation && { [generationOf(name)]: z.number().int().default(0) }),
})

/** Generations of a new record: whatever was opened under an earlier record of the number must not be valid for this one. */
export const newGenerations = ({ secrets }: RecordDefinition): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(secrets)
      .filter(([, { generation }]) => generation)
      .map(([name]) => [generationOf(name), randomInt(2 ** 47)]),
  )

import { randomInt, randomUUID } from 'node:crypto'
import type { Secret } from '../engine/secret.ts'
import type { Store } from '../gateway/ports.ts'
import { createQueue } from '../gateway/queue.ts'
import { bucketOf, subscriberName } from '../gateway/records/records.ts'
import {
  PUK1_ATTEMPTS,
  Subscriber,
  createDraft,
  newSubscriber,
  parseRecord,
} from '../gateway/records/subscriber.ts'
import { createBudget, transact } from '../gateway/transaction.ts'
import type { TransactionOutput } from '../gateway/transaction.ts'
import type { Hashing, SealedHash } from './hashing/hashing.ts'
import type { Passwords } from './password.ts'

/** What the operator may set; what is left out stays as it is. A `puk1` that differs from the
 * stored one is another SIM's, so its ten attempts begin anew; the same one again changes nothing. */
export type SubscriberPatch = Partial<
  Pick<
    Subscriber,
    'language' | 'tariff' | 'client' | 'role' | 'registrationByPuk1' | 'access' | 'closedBecause'
  >
> & {
  readonly puk1?: Secret
  readonly password?: Secret
  /** The operator unlocks PUK1. */
  readonly puk1AttemptsLeft?: typeof PUK1_ATTEMPTS
}

/** The record without its secrets. */
export type SubscriberView = Omit<Subscriber, 'puk1' | 'puk1Pending' | 'password' | 'passwordGeneration'> & {
  readonly msisdn: string
  readonly hasPuk1: boolean
  readonly hasPassword: boolean
}

/** The operator's side of subscriber records. MSISDNs are E.164 with `+`. Rejects with `USSD_BUSY` or a fault of the store. */
export interface Subscribers {
  put(
    msisdn: string,
    patch: SubscriberPatch,
  ): Promise<{ readonly created: boolean; readonly view: SubscriberView }>
  get(msisdn: string): Promise<SubscriberView | undefined>
  remove(msisdn: string): Promise<boolean>
}

export function createSubscribers(options: {
  readonly store: Store
  readonly hashing: Hashing
  readonly passwords: Passwords
  readonly budgetMs: number
}): Subscribers {
  const { store, hashing, passwords, budgetMs } = options
  const queue = createQueue()

  const changing = async <T>(msisdn: string, work: Parameters<typeof transact<T>>[2]): Promise<T> => {
    const at = {
      bucket: bucketOf(msisdn),
      names: [subscriberName(msisdn)],
      budget: createBudget(budgetMs),
    }
    return (await queue.run(msisdn, () => transact(store, at, work))).outcome
  }

  /** A key this process does not hold cannot tell; the operator's word then replaces what is stored. */
  const isSamePuk1 = async (stored: SealedHash, msisdn: string, puk1: Secret, signal: AbortSignal) => {
    if (!hashing.isKnown(stored)) return false
    return (await hashing.verify(stored, 'puk1', msisdn, puk1, { signal })).matches
  }

  return {
    put(msisdn, patch) {
      const idempotencyKey = randomUUID()
      const signal = AbortSignal.timeout(budgetMs)
      return changing(
        msisdn,
        async ({
          records: [record],
          nowMs,
        }): Promise<TransactionOutput<{ created: boolean; view: SubscriberView }>> => {
          const draft = createDraft({
            // A number may be registered again: what was begun under an earlier record of it must not hold for the new one.
            subscriber: record
              ? parseRecord(Subscriber, record.value)
              : { ...newSubscriber, passwordGeneration: randomInt(2 ** 47) },
            msisdn,
            idempotencyKey,
            atMs: nowMs,
            by: 'operator',
          })
          const { puk1, password, ...fields } = patch
          draft.change(
            fields.puk1AttemptsLeft === undefined ? fields : { ...fields, puk1Pending: [] },
            record ? 'subscriber-changed' : 'subscriber-created',
          )
          if (draft.current.access !== 'closed-by-operator') draft.patchSilently({ closedBecause: null })
          const stored = draft.current.puk1
          if (puk1 && !(stored && (await isSamePuk1(stored, msisdn, puk1, signal)))) {
            const hash = await hashing.hash('puk1', msisdn, puk1, { signal })
            draft.patchSilently({ puk1: hash, puk1AttemptsLeft: PUK1_ATTEMPTS, puk1Pending: [] })
          }
          if (password) await passwords.set(password, { msisdn, subscriber: draft, signal })
          return {
            result: { created: !record, view: viewOf(msisdn, draft.current) },
            changes: [
              {
                name: subscriberName(msisdn),
                expectedVersion: record?.version,
                write: { kind: 'put', value: JSON.stringify(draft.current) },
              },
            ],
            journal: draft.journal,
          }
        },
      )
    },

    get(msisdn) {
      return changing(msisdn, ({ records: [record] }) => ({
        result: record && viewOf(msisdn, parseRecord(Subscriber, record.value)),
      }))
    },

    remove(msisdn) {
      const idempotencyKey = randomUUID()
      return changing(msisdn, ({ records: [record], nowMs }): TransactionOutput<boolean> => {
        if (!record) return { result: false }
        const draft = createDraft({
          subscriber: newSubscriber,
          msisdn,
          idempotencyKey,
          atMs: nowMs,
          by: 'operator',
        })
        draft.change({}, 'subscriber-removed')
        return {
          result: true,
          changes: [
            { name: subscriberName(msisdn), expectedVersion: record.version, write: { kind: 'delete' } },
          ],
          journal: draft.journal,
        }
      })
    },
  }
}

function viewOf(msisdn: string, subscriber: Subscriber): SubscriberView {
  const { puk1, password, passwordGeneration: _generation, puk1Pending: _pending, ...open } = subscriber
  return { msisdn, ...open, hasPuk1: puk1 !== null, hasPassword: password !== null }
}

import { randomInt, randomUUID } from 'node:crypto'
import type { Language } from '../engine/authoring.ts'
import type { Secret } from '../engine/secret.ts'
import type { Store } from '../gateway/ports.ts'
import { subscriberName } from '../gateway/records/records.ts'
import { createDraft } from '../gateway/records/draft.ts'
import type { RecordFormat } from '../gateway/records/record-format.ts'
import { parseSubscriber, putSubscriber } from '../gateway/records/subscriber-format.ts'
import { PUK1_ATTEMPTS, Subscriber, newSubscriber } from '../gateway/records/subscriber.ts'
import type { Draft } from '../gateway/records/draft.ts'
import { changeOf } from '../gateway/transaction.ts'
import type { Hashing } from './hashing/hashing.ts'
import type { Passwords } from './password.ts'
import { createTransactions } from './transactions.ts'

/**
 * The fields that the operator may set; an absent field keeps its value. A `puk1` that differs from the stored one belongs to
 * another SIM, so all ten attempts are restored. The same `puk1` changes nothing.
 */
export type SubscriberPatch = Partial<
  Pick<
    Subscriber,
    'language' | 'tariff' | 'client' | 'role' | 'registrationByPuk1' | 'access' | 'closedBecause'
  >
> & {
  readonly puk1?: Secret
  readonly password?: Secret
  /** Unlocks PUK1. */
  readonly puk1AttemptsLeft?: typeof PUK1_ATTEMPTS
}

/** A subscriber record without its secrets. */
export type SubscriberView = Omit<Subscriber, 'puk1' | 'puk1Pending' | 'password' | 'passwordGeneration'> & {
  readonly msisdn: string
  readonly hasPuk1: boolean
  readonly hasPassword: boolean
}

/** The operator's access to subscriber records. MSISDNs are E.164 with `+`. Rejects with `USSD_BUSY` or a fault of the store. */
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
  /** The language of a new record without one. */
  readonly defaultLanguage: Language
  readonly recordFormat: RecordFormat
  readonly budgetMs: number
}): Subscribers {
  const { store, hashing, passwords, defaultLanguage, recordFormat, budgetMs } = options
  const viewOf = (msisdn: string, subscriber: Subscriber) =>
    withoutSecrets(msisdn, subscriber, defaultLanguage)
  const run = createTransactions(store, budgetMs)

  return {
    put(msisdn, patch) {
      const idempotencyKey = randomUUID()
      const signal = AbortSignal.timeout(budgetMs)
      const name = subscriberName(msisdn)
      return run(msisdn, [name], async ({ records: [record], nowMs }) => {
        const draft = createDraft({
          // Sessions begun under an earlier record of the number must not be valid for the new one.
          subscriber: record
            ? parseSubscriber(record.value)
            : { ...newSubscriber, language: defaultLanguage, passwordGeneration: randomInt(2 ** 47) },
          msisdn,
          idempotencyKey,
          atMs: nowMs,
          by: 'operator',
          format: recordFormat,
        })
        const change = record ? 'subscriber-changed' : 'subscriber-created'
        await applyPatch(patch, change, { hashing, passwords, msisdn, draft, signal })
        return {
          result: { created: !record, view: viewOf(msisdn, draft.current) },
          changes: [changeOf(name, record, putSubscriber(draft.current, recordFormat))],
          journal: draft.journal,
        }
      })
    },

    get(msisdn) {
      return run(msisdn, [subscriberName(msisdn)], ({ records: [record] }) => ({
        result: record && viewOf(msisdn, parseSubscriber(record.value)),
      }))
    },

    remove(msisdn) {
      const idempotencyKey = randomUUID()
      const name = subscriberName(msisdn)
      return run<boolean>(msisdn, [name], ({ records: [record], nowMs }) => {
        if (!record) return { result: false }
        const draft = createDraft({
          subscriber: newSubscriber,
          msisdn,
          idempotencyKey,
          atMs: nowMs,
          by: 'operator',
          format: recordFormat,
        })
        draft.change({}, 'subscriber-removed')
        return {
          result: true,
          changes: [changeOf(name, record, { kind: 'delete' })],
          journal: draft.journal,
        }
      })
    },
  }
}

/** Applies a patch to a draft, with its secrets hashed, and adds the journal entries. */
async function applyPatch(
  patch: SubscriberPatch,
  change: 'subscriber-changed' | 'subscriber-created',
  to: {
    readonly hashing: Hashing
    readonly passwords: Passwords
    readonly msisdn: string
    readonly draft: Draft
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { hashing, passwords, msisdn, draft, signal } = to
  const { puk1, password, ...fields } = patch
  draft.change(fields.puk1AttemptsLeft === undefined ? fields : { ...fields, puk1Pending: [] }, change)
  if (draft.current.access !== 'closed-by-operator') draft.patchSilently({ closedBecause: null })
  if (puk1 && !(await isStoredPuk1(puk1))) {
    const hash = await hashing.hash('puk1', msisdn, puk1, { signal })
    draft.patchSilently({ puk1: hash, puk1AttemptsLeft: PUK1_ATTEMPTS, puk1Pending: [] })
  }
  if (password) await passwords.set(password, { msisdn, subscriber: draft, signal })

  /** A hash under an unknown key cannot be compared, so it is replaced. */
  async function isStoredPuk1(secret: Secret): Promise<boolean> {
    const stored = draft.current.puk1
    if (!stored || !hashing.isKnown(stored)) return false
    return (await hashing.verify(stored, 'puk1', msisdn, secret, { signal })).matches
  }
}

function withoutSecrets(msisdn: string, subscriber: Subscriber, defaultLanguage: Language): SubscriberView {
  const { puk1, password, passwordGeneration: _generation, puk1Pending: _pending, ...open } = subscriber
  const language = open.language || defaultLanguage
  return { msisdn, ...open, language, hasPuk1: puk1 !== null, hasPassword: password !== null }
}

/** Administration: an administrator opens and closes access for subscribers of the same client (L8, L9; decision 0025). */
import { randomUUID } from 'node:crypto'
import {
  bucketOf,
  changeOf,
  createDraft,
  createTransactions,
  subscriberName,
} from '../../src/services/index.ts'
import type { Access, Routes, Subscriber } from '../record.ts'

/** The states that an administrator can request. */
export const administeredStates = ['open', 'closed'] as const
export type AdministeredState = (typeof administeredStates)[number]

/** The stored access and the journal entry for each requested state. */
const outcomes = {
  open: { access: 'open', change: 'access-opened' },
  // This also replaces the subscriber's own closing, which PUK1 could undo (L8).
  closed: { access: 'closed-by-organisation', change: 'access-closed' },
} as const satisfies Record<AdministeredState, { access: Access; change: 'access-opened' | 'access-closed' }>

/** Both numbers are E.164 with `+`. */
export interface AccessChange {
  /** The administrator: the subscriber of a live self-care session. */
  readonly by: string
  readonly msisdn: string
  readonly access: AdministeredState
}

export interface Administration {
  /**
   * Returns `true` when access is in the requested state; if it already was, nothing is written. Returns `false` for every
   * refusal, without a reason:
   * - `by` is not an administrator, has no client or has closed access;
   * - the number is unknown, or its client differs or is missing;
   * - the operator closed its access, which only the operator opens again (L11, L12).
   *
   * Rejects with `USSD_CONFLICT` or a fault of the store.
   *
   * The two records are in different buckets, so one commit cannot check both. The administrator's record is read between the
   * load and the commit of the subscriber's, and the change is allowed at that moment. An administrator who loses the role
   * before the commit, one round trip later, can still make this one change.
   */
  setAccess(change: AccessChange): Promise<boolean>
}

export function createAdministration({
  store,
  format,
  budgetMs,
}: Pick<Routes, 'store' | 'format' | 'budgetMs'>): Administration {
  const run = createTransactions(store, budgetMs)

  async function read(msisdn: string): Promise<Subscriber | undefined> {
    const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
    return records[0] && format.parse(records[0].value)
  }

  return {
    async setAccess({ by, msisdn, access }) {
      const name = subscriberName(msisdn)
      return run<boolean>(msisdn, [name], async ({ records: [record], nowMs }) => {
        const subscriber = record && format.parse(record.value)
        // Read on every try, also for an unknown number, which must not be faster.
        const administrator = by === msisdn ? subscriber : await read(by)
        if (!record || !subscriber || !administrator) return { result: false }
        if (!mayChange(administrator, subscriber)) return { result: false }

        const { access: requested, change } = outcomes[access]
        const isDone = subscriber.access === requested
        // On a retry, administrators who closed their own access find it closed by this request.
        if (administrator.access !== 'open' && !(isDone && by === msisdn)) return { result: false }
        if (isDone) return { result: true }

        const draft = createDraft({
          subscriber,
          msisdn,
          idempotencyKey: randomUUID(),
          atMs: nowMs,
          by: 'administrator',
          format,
        })
        draft.change({ access: requested }, change)
        return {
          result: true,
          changes: [changeOf(name, record, draft.toWrite())],
          journal: draft.journal,
        }
      })
    },
  }
}

/** Checks the role and the client. Two numbers without a client do not share one. */
const mayChange = (administrator: Subscriber, subscriber: Subscriber): boolean =>
  administrator.role === 'administrator' &&
  administrator.client !== null &&
  administrator.client === subscriber.client &&
  // Closing, too: it would replace the operator's closing by one that the administrator can undo.
  subscriber.access !== 'closed-by-operator'

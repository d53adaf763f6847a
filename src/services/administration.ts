/** Access to self-care, as an administrator moves it for the subscribers of the same client (L8, L9; decision 0025). */
import { randomUUID } from 'node:crypto'
import type { Store } from '../gateway/ports.ts'
import { createQueue } from '../gateway/queue.ts'
import { bucketOf, subscriberName } from '../gateway/records/records.ts'
import { Subscriber, createDraft, parseRecord } from '../gateway/records/subscriber.ts'
import type { Access } from '../gateway/records/subscriber.ts'
import { createBudget, transact } from '../gateway/transaction.ts'
import type { TransactionOutput } from '../gateway/transaction.ts'

/** What an administrator can ask for; who closed it is not theirs to choose. */
export const administeredStates = ['open', 'closed'] as const
export type AdministeredState = (typeof administeredStates)[number]

/** What access becomes when it is not so already, and under what name the journal has it. */
const becoming = {
  open: { access: 'open', change: 'access-opened' },
  // Also over the subscriber's own closing: PUK1 would open that one, and the organisation's must hold (L8).
  closed: { access: 'closed-by-organisation', change: 'access-closed' },
} as const satisfies Record<AdministeredState, { access: Access; change: 'access-opened' | 'access-closed' }>

/** Both numbers are E.164 with `+`. */
export interface AccessChange {
  /** Whoever asks: the subscriber behind a live self-care session. */
  readonly by: string
  readonly msisdn: string
  readonly access: AdministeredState
}

export interface Administration {
  /**
   * `true` when access now is as it was asked for; if it was so already, nothing is written. `false` for every refusal, and
   * nobody is told which: `by` is no administrator, has no client or has closed access; the number is unknown, of another
   * client or of none; the operator has closed its access, which the operator alone opens again (L11, L12). Rejects with
   * `USSD_CONFLICT` or a fault of the store.
   *
   * The two records lie in different buckets, so no one commit sees both. The administrator's is read between the load of
   * the subscriber's and the commit, which fails if the subscriber's has moved: at the moment of that reading the change was
   * allowed. What this leaves: whoever stops being administrator of the client between the reading and the commit, a round
   * trip later, still makes this one change.
   */
  setAccess(order: AccessChange): Promise<boolean>
}

export function createAdministration(options: {
  readonly store: Store
  readonly budgetMs: number
}): Administration {
  const { store, budgetMs } = options
  const queue = createQueue()

  async function read(msisdn: string): Promise<Subscriber | undefined> {
    const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
    return records[0] && parseRecord(Subscriber, records[0].value)
  }

  return {
    async setAccess({ by, msisdn, access }) {
      const name = subscriberName(msisdn)
      const at = { bucket: bucketOf(msisdn), names: [name], budget: createBudget(budgetMs) }
      const set = await queue.run(msisdn, () =>
        transact(store, at, async ({ records: [record], nowMs }): Promise<TransactionOutput<boolean>> => {
          const subscriber = record && parseRecord(Subscriber, record.value)
          // Read again on every try, and for every number: one that is unknown must not be told by its haste.
          const administrator = by === msisdn ? subscriber : await read(by)
          if (!record || !subscriber || !administrator) return { result: false }
          if (!mayMove(administrator, subscriber)) return { result: false }

          const { access: becomes, change } = becoming[access]
          const isDone = subscriber.access === becomes
          // The own access, closed by this very order, is met here again when the store did not confirm it.
          if (administrator.access !== 'open' && !(isDone && by === msisdn)) return { result: false }
          if (isDone) return { result: true }

          const draft = createDraft({
            subscriber,
            msisdn,
            idempotencyKey: randomUUID(),
            atMs: nowMs,
            by: 'administrator',
          })
          draft.change({ access: becomes }, change)
          return {
            result: true,
            changes: [{ name, expectedVersion: record.version, write: draft.toWrite() }],
            journal: draft.journal,
          }
        }),
      )
      return set.outcome
    },
  }
}

/** Two numbers without a client have none in common. */
const mayMove = (administrator: Subscriber, subscriber: Subscriber): boolean =>
  administrator.role === 'administrator' &&
  administrator.client !== null &&
  administrator.client === subscriber.client &&
  // Closing it as well: the organisation's closing would replace the operator's, and could then be opened.
  subscriber.access !== 'closed-by-operator'

import type { Store } from '../gateway/ports.ts'
import { createQueue } from '../gateway/queue.ts'
import { bucketOf } from '../gateway/records/records.ts'
import { createBudget, transact } from '../gateway/transaction.ts'
import type { TransactionBody } from '../gateway/transaction.ts'

/** Runs a transaction on records in the bucket of `key`: an MSISDN, or the digest of a token. */
export type RunTransaction = <T>(
  key: string,
  names: readonly string[],
  body: TransactionBody<T>,
) => Promise<T>

/** Creates a runner of transactions, one at a time per key. The budget includes the time in the queue. */
export function createTransactions(store: Store, budgetMs: number): RunTransaction {
  const queue = createQueue()
  return async (key, names, body) => {
    const at = { bucket: bucketOf(key), names, budget: createBudget(budgetMs) }
    return (await queue.run(key, () => transact(store, at, body))).result
  }
}

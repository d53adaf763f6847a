import { randomUUID } from 'node:crypto'
import type { Store } from '../gateway/ports.ts'
import type { TransactionBody } from '../gateway/transaction.ts'
import { createTransactions } from './transactions.ts'

/** One request. It keeps what it computed, so a repeated transaction does not hash or compare again. */
export interface RequestState {
  readonly id: string
  /** Aborted when the budget is used up. */
  readonly signal: AbortSignal
  readonly computed: Map<string, Promise<unknown>>
  /** Computes a named value once per request. */
  once<T>(name: string, compute: () => Promise<T>): Promise<T>
}

/** Runs a transaction in the bucket of a number. `body` is called once per request. */
export type RunRequest = <T>(
  msisdn: string,
  names: readonly string[],
  body: (request: RequestState) => TransactionBody<T>,
) => Promise<T>

/** Creates a runner of requests: one request per number at a time. The budget includes the time in the queue. */
export function createRequests(store: Store, budgetMs: number): RunRequest {
  const run = createTransactions(store, budgetMs)
  return (msisdn, names, body) => run(msisdn, names, body(createRequestState(budgetMs)))
}

function createRequestState(budgetMs: number): RequestState {
  const computed = new Map<string, Promise<unknown>>()
  return {
    id: randomUUID(),
    signal: AbortSignal.timeout(budgetMs),
    computed,
    once<T>(name: string, compute: () => Promise<T>): Promise<T> {
      const known = computed.get(name) as Promise<T> | undefined
      if (known) return known
      const computing = compute()
      computed.set(name, computing)
      return computing
    },
  }
}

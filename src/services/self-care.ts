/** Self-care outside a dialogue: setting the password with PUK1 where a device cannot dial (L3), and logging in (L5, L6, L10). */
import { randomUUID } from 'node:crypto'
import type { Secret } from '../engine/secret.ts'
import type { Keyring } from '../gateway/keyring.ts'
import type { Store } from '../gateway/ports.ts'
import { createQueue } from '../gateway/queue.ts'
import { bucketOf, loginName, subscriberName } from '../gateway/records.ts'
import { Subscriber, createDraft, newSubscriber, parseRecord } from '../gateway/subscriber.ts'
import { createBudget, transact } from '../gateway/transaction.ts'
import type { Work } from '../gateway/transaction.ts'
import type { Hashing } from './hashing.ts'
import { Login, afterFailure, waitMs } from './login-throttle.ts'
import type { Passwords } from './password.ts'
import type { Puk1 } from './puk1.ts'
import { createSelfCareSessions } from './self-care-session.ts'
import { isSetByPuk1 } from './tariffs.ts'

export type LoggedIn =
  | { readonly kind: 'in'; readonly token: string; readonly expiresInMs: number }
  /** Unknown number, closed access, no password, wrong password: nobody is told which. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

/** Every method takes the MSISDN as E.164 with `+`, and rejects with `USSD_BUSY` or a fault of the store. */
export interface SelfCare {
  /** `false` for every refusal: it takes as long, and says as little, as a wrong PUK1. */
  setPassword(msisdn: string, puk1: Secret, password: Secret): Promise<boolean>
  logIn(msisdn: string, password: Secret): Promise<LoggedIn>
  /** The session behind a token; using it starts its 15 minutes anew. */
  use(token: string): Promise<{ readonly msisdn: string; readonly expiresInMs: number } | undefined>
}

export function createSelfCare(options: {
  readonly store: Store
  readonly hashing: Hashing
  readonly passwords: Passwords
  readonly puk1: Puk1
  readonly keyring: Keyring
  readonly budgetMs: number
}): SelfCare {
  const { store, hashing, passwords, puk1: puk1s, keyring, budgetMs } = options
  const queue = createQueue()
  const sessions = createSelfCareSessions({ store, keyring, budgetMs })

  /** One request of a number at a time: guesses side by side would only make each other do their work again. */
  const changing = async <T>(
    msisdn: string,
    names: readonly string[],
    work: Parameters<typeof transact<T>>[2],
  ): Promise<T> => {
    const at = { bucket: bucketOf(msisdn), names, budget: createBudget(budgetMs) }
    return (await queue.run(msisdn, () => transact(store, at, work))).outcome
  }

  return {
    setPassword(msisdn, puk1, password) {
      const idempotencyKey = randomUUID()
      return changing(
        msisdn,
        [subscriberName(msisdn)],
        async ({ records: [record], nowMs }): Promise<Work<boolean>> => {
          const signal = AbortSignal.timeout(budgetMs)
          const subscriber = record && parseRecord(Subscriber, record.value)
          const isAllowed =
            subscriber?.access === 'open' && (subscriber.registrationByPuk1 || isSetByPuk1(subscriber.tariff))
          if (!record || !isAllowed) {
            await hashing.verify(undefined, 'puk1', msisdn, puk1, { signal })
            // A wrong PUK1 is counted in a commit; this one must not be told from it by its haste.
            const same = {
              name: subscriberName(msisdn),
              expect: record?.version,
              become: { kind: 'same' },
            } as const
            return { outcome: false, changes: [same] }
          }
          const draft = createDraft({
            subscriber,
            msisdn,
            idempotencyKey,
            atMs: nowMs,
            by: 'subscriber',
          })
          const guess = await puk1s.guess(puk1, { msisdn, subscriber: draft, signal }, 'silently')
          if (guess.kind === 'right') await passwords.set(password, { msisdn, subscriber: draft, signal })
          return {
            outcome: guess.kind === 'right',
            changes: [{ name: subscriberName(msisdn), expect: record.version, become: draft.become() }],
            journal: draft.journal,
          }
        },
      )
    },

    async logIn(msisdn, password) {
      const names = [loginName(msisdn), subscriberName(msisdn)]
      type Tried = { kind: 'right'; passwordGeneration: number } | Exclude<LoggedIn, { kind: 'in' }>
      const tried = await changing(msisdn, names, async ({ records, nowMs }): Promise<Work<Tried>> => {
        const signal = AbortSignal.timeout(budgetMs)
        const [loginRecord, record] = records
        const subscriber = record ? parseRecord(Subscriber, record.value) : newSubscriber
        const { passwordGeneration } = subscriber
        const login = loginRecord && parseRecord(Login, loginRecord.value)
        const retryAfterMs = waitMs(login, passwordGeneration, nowMs)
        if (retryAfterMs > 0) return { outcome: { kind: 'throttled', retryAfterMs } }

        const stored = subscriber.access === 'open' ? (subscriber.password ?? undefined) : undefined
        const { matches, stale } = await hashing.verify(stored, 'password', msisdn, password, { signal })
        if (!record || !matches) {
          const after = afterFailure(login, passwordGeneration, nowMs)
          return {
            outcome: { kind: 'refused' },
            changes: [
              {
                name: loginName(msisdn),
                expect: loginRecord?.version,
                become: { kind: 'value', value: JSON.stringify(after.login), ttlMs: after.ttlMs },
              },
            ],
          }
        }
        const draft = createDraft({
          subscriber,
          msisdn,
          idempotencyKey: randomUUID(),
          atMs: nowMs,
          by: 'subscriber',
        })
        if (stale) draft.tidy({ password: await hashing.hash('password', msisdn, password, { signal }) })
        return {
          outcome: { kind: 'right', passwordGeneration },
          changes: [
            { name: loginName(msisdn), expect: loginRecord?.version, become: { kind: 'gone' } },
            { name: subscriberName(msisdn), expect: record.version, become: draft.become() },
          ],
        }
      })
      if (tried.kind !== 'right') return tried

      const { token, expiresInMs } = await sessions.begin(msisdn, tried.passwordGeneration)
      return { kind: 'in', token, expiresInMs }
    },

    use: (token) => sessions.use(token),
  }
}

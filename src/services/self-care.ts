/**
 * Self-care outside a dialogue: setting the password with PUK1 where a device cannot dial (L3), and logging in (L5, L6, L10).
 *
 * Every refusal does the work of a success: the same loads, commits that write, and hashes, in the same order. An attempt is
 * counted in a commit before anything is compared, so a store that refuses writes answers before it could tell anything.
 */
import { randomUUID } from 'node:crypto'
import { UssdError } from '../engine/errors.ts'
import type { Secret } from '../engine/secret.ts'
import { Deferral, createAttempt } from '../gateway/attempts.ts'
import type { Keyring } from '../gateway/records/keyring.ts'
import type { Change, Store, Versioned } from '../gateway/ports.ts'
import { createQueue } from '../gateway/queue.ts'
import { bucketOf, loginName, subscriberName } from '../gateway/records/records.ts'
import { Subscriber, createDraft, newSubscriber, parseRecord } from '../gateway/records/subscriber.ts'
import type { SubscriberDeferral } from '../gateway/records/subscriber.ts'
import { createBudget, transact } from '../gateway/transaction.ts'
import type { TransactionBody, Pause, Reservation, TransactionOutput } from '../gateway/transaction.ts'
import { compareSecret, isRejected } from './compare-secret.ts'
import type { Hashing, SealedHash } from './hashing/hashing.ts'
import { FAILURES_TTL_MS, Login, afterFailure, waitMs, withoutAttempt } from './login-throttle.ts'
import type { Puk1 } from './puk1.ts'
import { createSelfCareSessions } from './self-care-session.ts'
import { createUnknownLoginThrottle } from './unknown-login-throttle.ts'
import type { UnknownLoginSlot } from './unknown-login-throttle.ts'
import { isSetByPuk1 } from './tariffs.ts'

export type LoginResult =
  | { readonly kind: 'in'; readonly token: string; readonly expiresInMs: number }
  /** Unknown number, closed access, no password, wrong password: nobody is told which. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

/**
 * Every method takes the MSISDN as E.164 with `+`, and rejects with `USSD_BUSY`, `USSD_KEY_UNKNOWN` or a fault of the store.
 */
export interface SelfCare {
  /** `false` for every refusal: it takes as long, and says as little, as a wrong PUK1. */
  setPassword(msisdn: string, puk1: Secret, password: Secret): Promise<boolean>
  logIn(msisdn: string, password: Secret): Promise<LoginResult>
  /** The session behind a token; using it starts its 15 minutes anew. */
  use(token: string): Promise<{ readonly msisdn: string; readonly expiresInMs: number } | undefined>
}

export function createSelfCare(options: {
  readonly store: Store
  readonly hashing: Hashing
  readonly puk1: Puk1
  readonly keyring: Keyring
  readonly budgetMs: number
}): SelfCare {
  const { store, hashing, puk1: puk1s, keyring, budgetMs } = options
  const queue = createQueue()
  const sessions = createSelfCareSessions({ store, keyring, budgetMs })
  const unknownLogins = createUnknownLoginThrottle(keyring)

  /** One request of a number at a time; its budget runs while it waits. */
  const request = <T>(
    msisdn: string,
    names: readonly string[],
    body: (run: Run) => TransactionBody<T>,
  ): Promise<T> => {
    const run = createRun(budgetMs)
    const at = { bucket: bucketOf(msisdn), names, budget: createBudget(budgetMs) }
    return queue.run(msisdn, () => transact(store, at, body(run))).then(({ outcome }) => outcome)
  }

  return {
    async setPassword(msisdn, puk1, password) {
      const names = [subscriberName(msisdn), unknownLogins.nameOf(msisdn)]
      const set = await request<boolean | UssdError>(msisdn, names, (run) => async (loaded, { reserved }) => {
        const { records, nowMs } = loaded
        const [record, slotRecord] = records
        const subscriber = record && parseRecord(Subscriber, record.value)
        // Before anything is reserved: if there is no room to hash it, nothing was attempted.
        const hash = await run.once('password', () =>
          hashing.hash('password', msisdn, password, { signal: run.signal }),
        )
        if (!record || !subscriber || !maySetPassword(subscriber, run)) {
          const slot = unknownLogins.open(msisdn, slotRecord)
          if (!reserved) return { reserve: [slot.put()] }
          await run.once('puk1', () => compareNothing('puk1', msisdn, puk1, run.signal))
          return { result: false, changes: [slot.put()] }
        }
        return attemptPuk1({ msisdn, record, subscriber, puk1, hash, nowMs, run })
      })
      if (set instanceof UssdError) throw set
      return set
    },

    async logIn(msisdn, password) {
      const names = [loginName(msisdn), subscriberName(msisdn), unknownLogins.nameOf(msisdn)]
      const tried = await request<Tried | UssdError>(msisdn, names, (run) => async (loaded, { reserved }) => {
        const { records, nowMs } = loaded
        const [loginRecord, record, slotRecord] = records
        const subscriber = record ? parseRecord(Subscriber, record.value) : newSubscriber
        const counter = record
          ? servedCounter(msisdn, loginRecord)
          : unknownCounter(unknownLogins.open(msisdn, slotRecord))
        const { passwordGeneration } = subscriber

        if (!reserved) {
          const retryAfterMs = waitMs(counter.login, passwordGeneration, nowMs)
          if (retryAfterMs > 0) return { result: { kind: 'throttled', retryAfterMs } }
          if (subscriber.password) hashing.assertKnown(subscriber.password)
          return { reserve: [counter.put(afterFailure(counter.login, passwordGeneration, nowMs))] }
        }
        const stored = subscriber.access === 'open' ? subscriber.password : null
        const { signal } = run
        const compared = await run
          .once('password', () =>
            compareSecret(hashing, { stored, domain: 'password', msisdn, secret: password, signal }),
          )
          .catch(isRejected)
        // No hash was begun, so nothing was compared: the attempt is given back.
        if (compared instanceof UssdError) return { result: compared, changes: [counter.giveBack(nowMs)] }
        const { matches, renewed } = compared
        // Counted already; what is written again is what the reservation wrote.
        if (!record || !matches) return { result: { kind: 'refused' }, changes: [counter.put()] }
        return {
          result: { kind: 'right', passwordGeneration },
          changes: [
            { name: loginName(msisdn), expectedVersion: loginRecord?.version, write: { kind: 'delete' } },
            {
              name: subscriberName(msisdn),
              expectedVersion: record.version,
              write: renewed
                ? { kind: 'put', value: JSON.stringify({ ...subscriber, password: renewed }) }
                : { kind: 'keep' },
            },
          ],
        }
      })
      if (tried instanceof UssdError) throw tried
      if (tried.kind === 'throttled') return tried
      if (tried.kind === 'right') {
        const { token, expiresInMs } = await sessions.begin(msisdn, tried.passwordGeneration)
        return { kind: 'in', token, expiresInMs }
      }
      await writeInsteadOfSession(msisdn)
      return tried
    },

    use: (token) => sessions.use(token),
  }

  /** A success begins a session with a load and a commit; a refusal takes as long. */
  async function writeInsteadOfSession(msisdn: string): Promise<void> {
    await request<void>(msisdn, [unknownLogins.nameOf(msisdn)], () => ({ records: [slotRecord] }) => ({
      result: undefined,
      changes: [unknownLogins.open(msisdn, slotRecord).put()],
    }))
  }

  async function compareNothing(
    domain: 'puk1' | 'password',
    msisdn: string,
    secret: Secret,
    signal: AbortSignal,
  ): Promise<void> {
    await compareSecret(hashing, { stored: null, domain, msisdn, secret, signal })
  }

  async function attemptPuk1(of: {
    readonly msisdn: string
    readonly record: Versioned
    readonly subscriber: Subscriber
    readonly puk1: Secret
    readonly hash: SealedHash
    readonly nowMs: number
    readonly run: Run
  }): Promise<TransactionOutput<boolean | UssdError> | Reservation | Pause> {
    const { msisdn, record, subscriber, nowMs, run } = of
    const draft = createDraft({ subscriber, msisdn, idempotencyKey: run.id, atMs: nowMs, by: 'subscriber' })
    const change = (write: Change['write']): Change => ({
      name: subscriberName(msisdn),
      expectedVersion: record.version,
      write,
    })
    try {
      const attempt = createAttempt(
        { turn: run.id, owner: run.id, nowMs, budgetMs, isOver: () => false },
        run.compared,
      )
      const guess = await puk1s.guess(of.puk1, { msisdn, subscriber: draft, attempt, signal: run.signal })
      const isRight = guess.kind === 'right'
      if (isRight) {
        const passwordGeneration = draft.current.passwordGeneration + 1
        draft.change({ password: of.hash, passwordGeneration }, 'password-set')
      }
      return { result: isRight, changes: [change(draft.toWrite())], journal: draft.journal }
    } catch (error) {
      if (!(error instanceof Deferral)) throw error
      const { next } = error as SubscriberDeferral
      if (next.kind === 'wait') return { waitMs: 50 }
      const changes = [change(draft.toWriteOnly(next.patch))]
      return next.kind === 'reserve' ? { reserve: changes } : { result: next.fault, changes }
    }
  }
}

/** One request: what it computed already when its transaction is repeated. */
interface Run {
  readonly id: string
  readonly signal: AbortSignal
  readonly compared: Map<string, Promise<unknown>>
  once<T>(what: string, compute: () => Promise<T>): Promise<T>
}

function createRun(budgetMs: number): Run {
  const compared = new Map<string, Promise<unknown>>()
  return {
    id: randomUUID(),
    signal: AbortSignal.timeout(budgetMs),
    compared,
    once<T>(what: string, compute: () => Promise<T>): Promise<T> {
      const known = compared.get(what) as Promise<T> | undefined
      if (known) return known
      const computing = compute()
      compared.set(what, computing)
      return computing
    },
  }
}

/** L3. A locked PUK1 is refused like one that may not be used, unless this very request holds the last attempt. */
const maySetPassword = (subscriber: Subscriber, { id }: Run): boolean =>
  subscriber.access === 'open' &&
  (subscriber.registrationByPuk1 || isSetByPuk1(subscriber.tariff)) &&
  (subscriber.puk1AttemptsLeft > 0 || subscriber.puk1Pending.some(({ turn }) => turn === id))

type Tried = { kind: 'right'; passwordGeneration: number } | Exclude<LoginResult, { kind: 'in' }>

/** Where attempts at a number are counted. */
interface Counter {
  readonly login: Login | undefined
  /** The record with another count, or written as it is. */
  put(after?: ReturnType<typeof afterFailure>): Change
  /** The record without an attempt that was reserved and not made. */
  giveBack(nowMs: number): Change
}

function servedCounter(msisdn: string, record: Versioned | undefined): Counter {
  const login = record && parseRecord(Login, record.value)
  const name = loginName(msisdn)
  return {
    login,
    giveBack(nowMs) {
      const before = withoutAttempt(login, nowMs)
      return {
        name,
        expectedVersion: record?.version,
        write: before
          ? { kind: 'put', value: JSON.stringify(before.login), ttlMs: before.ttlMs }
          : { kind: 'delete' },
      }
    },
    put(after) {
      // As it is: with the time to live that its count gives it.
      const { login: written, ttlMs } = after ?? keeping(login)
      return {
        name,
        expectedVersion: record?.version,
        write: written ? { kind: 'put', value: JSON.stringify(written), ttlMs } : { kind: 'keep' },
      }
    },
  }
}

const unknownCounter = (slot: UnknownLoginSlot): Counter => ({
  login: slot.login,
  put: (after) => slot.put(after?.login),
  giveBack: (nowMs) => slot.put(withoutAttempt(slot.login, nowMs)?.login ?? 'none'),
})

const keeping = (login: Login | undefined) => ({
  login,
  ttlMs: login?.closedUntilMs === null ? undefined : FAILURES_TTL_MS,
})

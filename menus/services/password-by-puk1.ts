/** Setting the self-care password with PUK1, for devices that cannot dial (L3). */
import {
  Deferral,
  UssdError,
  changeOf,
  compareSecret,
  createAttempt,
  createDraft,
  subscriberName,
} from '../../src/services/index.ts'
import type {
  Change,
  Pause,
  RequestState,
  Reservation,
  RunRequest,
  SealedHash,
  Secret,
  SubscriberDeferral,
  TransactionOutput,
  UnknownLoginThrottle,
  Versioned,
} from '../../src/services/index.ts'
import type { Routes, Subscriber } from '../record.ts'
import { allowsPasswordByPuk1 } from './tariffs.ts'

/** The pause before a retry while another process compares the same guess. */
const IN_PROGRESS_RETRY_MS = 50

export function createPasswordSetting(
  { hashing, secrets, format, budgetMs }: Pick<Routes, 'hashing' | 'secrets' | 'format' | 'budgetMs'>,
  over: { readonly request: RunRequest; readonly unknownLogins: UnknownLoginThrottle },
): (msisdn: string, puk1: Secret, password: Secret) => Promise<boolean> {
  const { request, unknownLogins } = over

  return async (msisdn, puk1, password) => {
    const names = [subscriberName(msisdn), unknownLogins.nameOf(msisdn)]
    const result = await request<boolean | UssdError>(
      msisdn,
      names,
      (state) =>
        async ({ records, nowMs }, { reserved }) => {
          const [record, slotRecord] = records
          const subscriber = record && format.parse(record.value)
          // Hash before the reservation: if hashing is busy, no attempt is spent.
          const hash = await state.once('password', () =>
            hashing.hash('password', msisdn, password, { signal: state.signal }),
          )
          if (!record || !subscriber || !maySetPassword(subscriber, state)) {
            const slot = unknownLogins.open(msisdn, slotRecord)
            if (!reserved) return { reserve: [slot.put()] }
            await state.once('puk1', () => compareWithDummy(msisdn, puk1, state.signal))
            return { result: false, changes: [slot.put()] }
          }
          return attempt({ msisdn, record, subscriber, puk1, hash, nowMs, state })
        },
    )
    if (result instanceof UssdError) throw result
    return result
  }

  function compareWithDummy(msisdn: string, secret: Secret, signal: AbortSignal) {
    return compareSecret(hashing, { stored: null, domain: 'puk1', msisdn, secret, signal })
  }

  async function attempt(of: {
    readonly msisdn: string
    readonly record: Versioned
    readonly subscriber: Subscriber
    readonly puk1: Secret
    readonly hash: SealedHash
    readonly nowMs: number
    readonly state: RequestState
  }): Promise<TransactionOutput<boolean | UssdError> | Reservation | Pause> {
    const { msisdn, record, subscriber, nowMs, state } = of
    const draft = createDraft({
      subscriber,
      msisdn,
      idempotencyKey: state.id,
      atMs: nowMs,
      by: 'subscriber',
      format,
    })
    const change = (write: Change['write']) => changeOf(subscriberName(msisdn), record, write)
    try {
      const puk1Attempt = createAttempt(
        { turn: state.id, owner: state.id, nowMs, budgetMs, isOver: () => false },
        state.computed,
      )
      const { signal } = state
      const guess = await secrets.puk1.guess(of.puk1, {
        msisdn,
        subscriber: draft,
        attempt: puk1Attempt,
        signal,
      })
      const isRight = guess.kind === 'right'
      if (isRight) {
        const passwordGeneration = draft.current.passwordGeneration + 1
        draft.change({ password: of.hash, passwordGeneration }, 'password-set')
      }
      return { result: isRight, changes: [change(draft.toWrite())], journal: draft.journal }
    } catch (error) {
      if (!(error instanceof Deferral)) throw error
      const { next } = error as SubscriberDeferral
      if (next.kind === 'wait') return { waitMs: IN_PROGRESS_RETRY_MS }
      const changes = [change(draft.toWriteOnly(next.patch as Partial<Subscriber>))]
      return next.kind === 'reserve' ? { reserve: changes } : { result: next.fault, changes }
    }
  }
}

/** L3. A locked PUK1 is refused like a forbidden one, unless this request holds the last attempt. */
const maySetPassword = (subscriber: Subscriber, { id }: RequestState): boolean =>
  subscriber.access === 'open' &&
  (subscriber.registrationByPuk1 || allowsPasswordByPuk1(subscriber.tariff)) &&
  (subscriber.puk1AttemptsLeft > 0 || subscriber.puk1Pending.some(({ turn }) => turn === id))

/** Setting the self-care password with PUK1, for devices that cannot dial (L3). */
import { UssdError } from '../engine/errors.ts'
import type { Secret } from '../engine/secret.ts'
import { Deferral, createAttempt } from '../gateway/attempts.ts'
import type { Change, Versioned } from '../gateway/ports.ts'
import { subscriberName } from '../gateway/records/records.ts'
import { createDraft } from '../gateway/records/draft.ts'
import type { RecordFormat } from '../gateway/records/record-format.ts'
import { parseSubscriber } from '../gateway/records/subscriber-format.ts'
import { Subscriber } from '../gateway/records/subscriber.ts'
import type { SubscriberDeferral } from '../gateway/records/draft.ts'
import { changeOf } from '../gateway/transaction.ts'
import type { Pause, Reservation, TransactionOutput } from '../gateway/transaction.ts'
import { compareSecret } from './compare-secret.ts'
import type { Hashing, SealedHash } from './hashing/hashing.ts'
import type { Puk1 } from './puk1.ts'
import type { RequestState, RunRequest } from './self-care-request.ts'
import { allowsPasswordByPuk1 } from './tariffs.ts'
import type { UnknownLoginThrottle } from './unknown-login-throttle.ts'

/** The pause before a retry while another process compares the same guess. */
const IN_PROGRESS_RETRY_MS = 50

export function createPasswordSetting(options: {
  readonly request: RunRequest
  readonly hashing: Hashing
  readonly puk1: Puk1
  readonly unknownLogins: UnknownLoginThrottle
  readonly recordFormat: RecordFormat
  readonly budgetMs: number
}): (msisdn: string, puk1: Secret, password: Secret) => Promise<boolean> {
  const { request, hashing, puk1: puk1s, unknownLogins, recordFormat, budgetMs } = options

  return async (msisdn, puk1, password) => {
    const names = [subscriberName(msisdn), unknownLogins.nameOf(msisdn)]
    const result = await request<boolean | UssdError>(
      msisdn,
      names,
      (state) =>
        async ({ records, nowMs }, { reserved }) => {
          const [record, slotRecord] = records
          const subscriber = record && parseSubscriber(record.value)
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
      format: recordFormat,
    })
    const change = (write: Change['write']) => changeOf(subscriberName(msisdn), record, write)
    try {
      const puk1Attempt = createAttempt(
        { turn: state.id, owner: state.id, nowMs, budgetMs, isOver: () => false },
        state.computed,
      )
      const { signal } = state
      const guess = await puk1s.guess(of.puk1, { msisdn, subscriber: draft, attempt: puk1Attempt, signal })
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
      const changes = [change(draft.toWriteOnly(next.patch))]
      return next.kind === 'reserve' ? { reserve: changes } : { result: next.fault, changes }
    }
  }
}

/** L3. A locked PUK1 is refused like a forbidden one, unless this request holds the last attempt. */
const maySetPassword = (subscriber: Subscriber, { id }: RequestState): boolean =>
  subscriber.access === 'open' &&
  (subscriber.registrationByPuk1 || allowsPasswordByPuk1(subscriber.tariff)) &&
  (subscriber.puk1AttemptsLeft > 0 || subscriber.puk1Pending.some(({ turn }) => turn === id))

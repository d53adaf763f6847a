/** Logging in to self-care with MSISDN and password (L5, L6, L10). */
import {
  FAILURES_TTL_MS,
  Login,
  UssdError,
  afterFailure,
  asRejection,
  changeOf,
  compareSecret,
  loginName,
  parseRecord,
  put,
  subscriberName,
  waitMs,
  withoutAttempt,
} from '../../src/services/index.ts'
import type {
  Change,
  LoadedRecords,
  RequestState,
  Reservation,
  RunRequest,
  Secret,
  TransactionOutput,
  UnknownLoginSlot,
  UnknownLoginThrottle,
  Versioned,
} from '../../src/services/index.ts'
import type { Routes } from '../record.ts'
import type { SelfCareSessions } from './sessions.ts'

export type LoginResult =
  | { readonly kind: 'logged-in'; readonly token: string; readonly expiresInMs: number }
  /** Unknown number, closed access, no password or wrong password. The result does not say which. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

type Verdict =
  | { readonly kind: 'right'; readonly passwordGeneration: number }
  | Exclude<LoginResult, { kind: 'logged-in' }>

export function createLogin(options: {
  readonly request: RunRequest
  readonly hashing: Routes['hashing']
  readonly sessions: SelfCareSessions
  readonly unknownLogins: UnknownLoginThrottle
  readonly format: Routes['format']
}): (msisdn: string, password: Secret) => Promise<LoginResult> {
  const { request, hashing, sessions, unknownLogins, format } = options

  return async (msisdn, password) => {
    const names = [loginName(msisdn), subscriberName(msisdn), unknownLogins.nameOf(msisdn)]
    const verdict = await request<Verdict | UssdError>(
      msisdn,
      names,
      (state) =>
        (loaded, { reserved }) =>
          attempt({ msisdn, password, loaded, reserved, state }),
    )
    if (verdict instanceof UssdError) throw verdict
    if (verdict.kind === 'throttled') return verdict
    if (verdict.kind === 'right') {
      const { token, expiresInMs } = await sessions.begin(msisdn, verdict.passwordGeneration)
      return { kind: 'logged-in', token, expiresInMs }
    }
    await writeInsteadOfSession(msisdn)
    return verdict
  }

  /** Counts the attempt in a first commit, compares, and commits the outcome. */
  async function attempt(of: {
    readonly msisdn: string
    readonly password: Secret
    readonly loaded: LoadedRecords
    readonly reserved: boolean
    readonly state: RequestState
  }): Promise<TransactionOutput<Verdict | UssdError> | Reservation> {
    const { msisdn, state } = of
    const { records, nowMs } = of.loaded
    const [loginRecord, record, slotRecord] = records
    // Logins at a number without a record are counted in generation 0.
    const subscriber = record ? format.parse(record.value) : { ...format.create(), passwordGeneration: 0 }
    const counter = record
      ? knownCounter(msisdn, loginRecord)
      : unknownCounter(unknownLogins.open(msisdn, slotRecord))
    const { passwordGeneration } = subscriber

    if (!of.reserved) {
      const retryAfterMs = waitMs(counter.login, passwordGeneration, nowMs)
      if (retryAfterMs > 0) return { result: { kind: 'throttled', retryAfterMs } }
      if (subscriber.password) hashing.assertKnown(subscriber.password)
      return { reserve: [counter.put(afterFailure(counter.login, passwordGeneration, nowMs))] }
    }
    const stored = subscriber.access === 'open' ? subscriber.password : null
    // The password or the access may change before a retry, which must not use the result for the former password.
    const compared = await state
      .once(`password ${stored?.hash ?? ''}`, () =>
        compareSecret(hashing, {
          stored,
          domain: 'password',
          msisdn,
          secret: of.password,
          signal: state.signal,
        }),
      )
      .catch(asRejection)
    // Nothing was compared: undo the count.
    if (compared instanceof UssdError) return { result: compared, changes: [counter.undo(nowMs)] }
    // The failure is counted already. Write the record again, because a success writes here, too.
    if (!record || !compared.matches) return { result: { kind: 'refused' }, changes: [counter.put()] }
    const { renewed } = compared
    const write = renewed ? format.put({ ...subscriber, password: renewed }) : ({ kind: 'keep' } as const)
    return {
      result: { kind: 'right', passwordGeneration },
      changes: [
        changeOf(loginName(msisdn), loginRecord, { kind: 'delete' }),
        changeOf(subscriberName(msisdn), record, write),
      ],
    }
  }

  /** A success begins a session with a load and a commit. A refusal does the same work. */
  async function writeInsteadOfSession(msisdn: string): Promise<void> {
    await request<void>(msisdn, [unknownLogins.nameOf(msisdn)], () => ({ records: [slotRecord] }) => ({
      result: undefined,
      changes: [unknownLogins.open(msisdn, slotRecord).put()],
    }))
  }
}

/** The count of login attempts at one number. */
interface Counter {
  readonly login: Login | undefined
  /** Writes another count, or the same one again. */
  put(after?: ReturnType<typeof afterFailure>): Change
  /** Takes back an attempt that was reserved but not made. */
  undo(nowMs: number): Change
}

/** Counts attempts at a registered number, in a record of its own. */
function knownCounter(msisdn: string, record: Versioned | undefined): Counter {
  const login = record && parseRecord(Login, record.value)
  const change = (write: Change['write']) => changeOf(loginName(msisdn), record, write)
  return {
    login,
    undo(nowMs) {
      const before = withoutAttempt(login, nowMs)
      return change(before ? put(before.login, before.ttlMs) : { kind: 'delete' })
    },
    put(after) {
      const { login: toWrite, ttlMs } = after ?? unchanged(login)
      return change(toWrite ? put(toWrite, ttlMs) : { kind: 'keep' })
    },
  }
}

/** Counts attempts at an unknown number, in a slot shared with others. */
const unknownCounter = (slot: UnknownLoginSlot): Counter => ({
  login: slot.login,
  put: (after) => slot.put(after?.login),
  undo: (nowMs) => slot.put(withoutAttempt(slot.login, nowMs)?.login ?? 'none'),
})

/** The same count again, with the TTL that belongs to it. */
const unchanged = (login: Login | undefined) => ({
  login,
  ttlMs: login?.closedUntilMs === null ? undefined : FAILURES_TTL_MS,
})

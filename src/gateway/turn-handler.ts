import type { Language } from '../engine/authoring.ts'
import { UssdError, asUssdError } from '../engine/errors.ts'
import type { ErrorCode } from '../engine/errors.ts'
import type { RunEffect } from '../engine/turn.ts'
import { Deferral, createAttempt } from './attempts.ts'
import { resume, start } from './dialogue.ts'
import type { DialogueResult } from './dialogue.ts'
import type { Services } from './effects.ts'
import { SIGNATURE_TOLERANCE_MS } from './ports.ts'
import type { Answer, Callback, Change, Ended, LoadedRecords, SignedDelivery } from './ports.ts'
import { deliveryName, handleOf, sessionName, subscriberName } from './records/records.ts'
import type { Routing } from './routing.ts'
import { systemMessages } from './system-messages.ts'
import type { SystemMessage } from './system-messages.ts'
import { Delivered, Session, nextSession } from './records/session.ts'
import { Subscriber, createDraft, parseRecord } from './records/subscriber.ts'
import type { SubscriberDeferral } from './records/subscriber.ts'
import type { Pause, Reservation, TransactionOutput } from './transaction.ts'
import type { TurnClass, TurnClassifier } from './turn-identity.ts'

/** How a turn came out: `shown` and `not-understood` ran the menu, `repeat` showed a receipt, the others are our sentences. */
export type Outcome =
  | 'shown'
  | 'not-understood'
  | 'repeat'
  | 'not-served'
  | 'unknown-code'
  | 'expired'
  | 'ended'
  | 'out-of-step'
  | 'menu-changed'
  | 'unavailable'
  | 'busy'
  /** A signed callback whose time lies too far from the store's. */
  | 'signature-expired'
  /** The network said that the dialogue is over. */
  | Ended['why']

/** A turn taken: the answer, and what the log may know of how it came about. */
export interface TurnResult {
  readonly answer: Answer
  readonly outcome: Outcome
  readonly turn?: number
  readonly menu?: string
  readonly screen?: string
  /** What failed, also where the menu had a screen for it. */
  readonly fault?: UssdError
}

const messageOf: Record<
  Exclude<Outcome, 'shown' | 'not-understood' | 'repeat' | Ended['why']>,
  SystemMessage
> = {
  'not-served': 'notServed',
  'unknown-code': 'unknownCode',
  expired: 'expired',
  ended: 'ended',
  'out-of-step': 'outOfStep',
  'menu-changed': 'menuChanged',
  unavailable: 'unavailable',
  busy: 'busy',
  'signature-expired': 'expired',
}

/** The gateway ends a dialogue with a sentence of its own; nothing is stored, so the same callback is told the same again. */
export const systemReply = (outcome: keyof typeof messageOf, language: Language): TurnResult => ({
  outcome,
  answer: { text: systemMessages[messageOf[outcome]][language], waits: false },
})

/** What a run of a turn knows of itself, whatever the records say. */
export interface TurnRun {
  /** Names the run: no two have the same. */
  readonly owner: string
  /** True for a run of this process that has ended. */
  readonly isOver: (owner: string) => boolean
  readonly budgetMs: number
  readonly signal: AbortSignal
  /** Comparisons of this run, which its repetitions share. */
  readonly comparisons: Map<string, Promise<unknown>>
  /** Told the subscriber's language as soon as it is known. */
  readonly onLanguage: (language: Language) => void
}

/** The records a callback is answered from, in the order `createTake` expects. */
export const recordsOf = ({ dialect, msisdn, sessionId, signed }: Callback): readonly string[] => [
  sessionName(dialect, msisdn, sessionId),
  subscriberName(msisdn),
  ...(signed ? [deliveryName(msisdn, signed.id)] : []),
]

/**
 * Computes the reply to a callback and the writes to commit, from the loaded records. Rejects with `USSD_RECORD_CORRUPT` and
 * `USSD_KEY_UNKNOWN`.
 */
export type TurnHandler = (
  callback: Callback,
  loaded: LoadedRecords,
  run: TurnRun,
) => Promise<TransactionOutput<TurnResult> | Reservation | Pause>

/** How long to wait for another run of the same turn. */
const OTHER_RUN_MS = 50

/** Nothing was done, and the same callback may succeed later: such an answer must not become the turn's receipt. */
const RETRYABLE = new Set<ErrorCode>([
  'USSD_BUSY',
  'USSD_TURN_TIMED_OUT',
  'USSD_KEY_UNKNOWN',
  'USSD_STORE_UNAVAILABLE',
  'USSD_STORE_CIRCUIT_OPEN',
  'USSD_STORE_REFUSED',
])

const failedTurn = (fault: UssdError, language: Language): TurnResult => ({
  ...systemReply(fault.code === 'USSD_BUSY' ? 'busy' : 'unavailable', language),
  fault,
})

export function createTurnHandler(options: {
  readonly routing: Routing
  readonly transcripts: TurnClassifier
  readonly services: Services
  readonly sessionIdleMs: number
}): TurnHandler {
  const { routing, transcripts, services, sessionIdleMs } = options

  return async (callback, loaded, turn) => {
    const [sessionRecord, subscriberRecord, deliveryRecord] = loaded.records
    if (!subscriberRecord) return { result: systemReply('not-served', 'ru') }
    const subscriber = parseRecord(Subscriber, subscriberRecord.value)
    const { language } = subscriber
    turn.onLanguage(language)
    if (deliveryRecord) {
      return { result: { answer: parseRecord(Delivered, deliveryRecord.value), outcome: 'repeat' } }
    }
    const { signed } = callback
    if (signed && Math.abs(loaded.nowMs - signed.atMs) > SIGNATURE_TOLERANCE_MS) {
      return { result: systemReply('signature-expired', language) }
    }
    const session = sessionRecord && parseRecord(Session, sessionRecord.value)

    const recognised = transcripts.classify(callback, session, loaded.nowMs)
    if (recognised.kind === 'repeat') {
      const answer = answerOf(recognised.receipt)
      const outcome = { answer, outcome: 'repeat', ...(session && { menu: session.menu }) } as const
      // Of another delivery than the first: this one, too, must change nothing once the session has gone.
      if (!signed) return { result: outcome }
      // The records that the answer was made of are part of the commit, so that it is told only once they last as well.
      const read = recordsOf(callback)
        .slice(0, 2)
        .map((name, at): Change => ({
          name,
          expectedVersion: loaded.records[at]?.version,
          write: { kind: 'keep' },
        }))
      return {
        result: outcome,
        changes: [...read, rememberDelivery(callback.msisdn, signed, answer, loaded.nowMs)],
      }
    }
    if (recognised.kind !== 'begin' && recognised.kind !== 'reply') {
      return { result: systemReply(recognised.kind, language) }
    }

    const dialogue = handleOf(callback.dialect, callback.sessionId)
    const before = recognised.kind === 'reply' ? session : undefined
    const draft = createDraft({
      subscriber,
      msisdn: callback.msisdn,
      // Where a dialect numbers nothing, the same answer given again has the same turn id, and is another turn.
      idempotencyKey: `${dialogue}:${recognised.id}:${loaded.nowMs}`,
      atMs: loaded.nowMs,
      by: 'subscriber',
    })
    const call = {
      msisdn: callback.msisdn,
      subscriber: draft,
      attempt: createAttempt(
        {
          // The same when the callback is delivered again, at any time: a late duplicate of an earlier turn may have moved the
          // page meanwhile, so the turn's place is no part of it. An equal id is an equal guess.
          turn: recognised.id,
          owner: turn.owner,
          isOver: turn.isOver,
          nowMs: loaded.nowMs,
          budgetMs: turn.budgetMs,
        },
        turn.comparisons,
      ),
      dialogue,
      keyId: recognised.key,
      nowMs: loaded.nowMs,
      signal: turn.signal,
    }
    const effects = createEffects(services, call)
    const run = () =>
      recognised.kind === 'reply' && before?.state
        ? resume(routing, before, before.state, recognised.typed, language, effects.perform)
        : start(routing, callback.dialled, language, effects.perform)
    const ran = await run().catch((error: unknown) => asUssdError(error))

    const subscriberChange = (write: Change['write']): Change => ({
      name: subscriberName(callback.msisdn),
      expectedVersion: subscriberRecord.version,
      write,
    })
    const { fault, deferral } = effects
    if (deferral) {
      const { next } = deferral
      if (next.kind === 'wait') return { waitMs: OTHER_RUN_MS }
      const change = subscriberChange(draft.toWriteOnly(next.patch))
      if (next.kind === 'reserve') return { reserve: [change] }
      return { result: failedTurn(next.fault, language), changes: [change] }
    }
    if (fault && RETRYABLE.has(fault.code)) return { result: failedTurn(fault, language) }
    if (ran instanceof UssdError) return { result: failedTurn(ran, language) }
    if (ran.kind !== 'rested') return { result: systemReply(ran.kind, language) }

    // Where nothing is numbered, an answer of the dialogue before may still be delivered again.
    const replaced =
      recognised.kind === 'begin' && callback.reported.kind === 'latest-only' ? session : undefined
    const at = { nowMs: loaded.nowMs, idleMs: sessionIdleMs, replaced }
    const after = sessionAfter(before, recognised, ran, at)
    return {
      result: {
        answer: ran.answer,
        outcome: ran.understood ? 'shown' : 'not-understood',
        turn: after.session.turns,
        menu: ran.menu.code,
        screen: ran.screen,
        ...(fault && { fault }),
      },
      changes: [
        {
          name: sessionName(callback.dialect, callback.msisdn, callback.sessionId),
          expectedVersion: sessionRecord?.version,
          write: { kind: 'put', value: JSON.stringify(after.session), ttlMs: after.ttlMs },
        },
        subscriberChange(draft.toWrite()),
        ...(signed ? [rememberDelivery(callback.msisdn, signed, ran.answer, loaded.nowMs)] : []),
      ],
      journal: draft.journal,
    }
  }
}

/** Runs the menus' effects for one turn, and keeps why one failed or left the turn. */
function createEffects(services: Services, call: Parameters<Services[string]>[1]) {
  let fault: UssdError | undefined
  let deferral: SubscriberDeferral | undefined
  const perform: RunEffect = async ({ name, input }) => {
    // The turn is left already; whatever the menu does now counts for nothing.
    if (deferral) throw deferral
    try {
      const service = services[name]
      if (!service) throw new UssdError('USSD_MENU_FAULTY', { detail: `there is no service '${name}'` })
      return await service(input, call)
    } catch (error) {
      if (error instanceof Deferral) {
        deferral = error as SubscriberDeferral
        throw error
      }
      // The menu has a screen for it; the log must still say why.
      fault = asUssdError(error, 'USSD_SERVICE_FAILED', name)
      throw fault
    }
  }
  return {
    perform,
    get fault() {
      return fault
    },
    get deferral() {
      return deferral
    },
  }
}

function sessionAfter(
  before: Session | undefined,
  recognised: Extract<TurnClass, { kind: 'begin' | 'reply' }>,
  ran: DialogueResult,
  at: { readonly nowMs: number; readonly idleMs: number; readonly replaced: Session | undefined },
): ReturnType<typeof nextSession> {
  return nextSession(before, {
    menu: ran.menu.code,
    revision: ran.menu.revision,
    latin: ran.latin,
    state: ran.state,
    id: recognised.id,
    key: recognised.key,
    asksAgain: ran.asksAgain,
    confirms: ran.confirms,
    heard: recognised.heard,
    answer: ran.answer,
    ...at,
  })
}

/** The answer of a receipt, without what a newer version may have put beside it. */
const answerOf = ({ text, waits, asksSecret }: Answer): Answer => ({
  text,
  waits,
  ...(asksSecret && { asksSecret }),
})

/**
 * Remembers a signed delivery for as long as its signature holds, apart from the session: a new dialogue, or more turns than
 * receipts are kept of, must not make it new.
 */
export function rememberDelivery(
  msisdn: string,
  signed: SignedDelivery,
  answer: Answer | undefined,
  nowMs: number,
): Change {
  const ttlMs = Math.max(1, signed.atMs + SIGNATURE_TOLERANCE_MS - nowMs) + DELIVERY_SLACK_MS
  const value = JSON.stringify(answer ?? { text: '', waits: false })
  return {
    name: deliveryName(msisdn, signed.id),
    expectedVersion: undefined,
    write: { kind: 'put', value, ttlMs },
  }
}

/** Clocks of a master and its successor differ a little. */
const DELIVERY_SLACK_MS = 2000

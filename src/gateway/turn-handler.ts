import type { Language } from '../engine/authoring.ts'
import { UssdError, asUssdError } from '../engine/errors.ts'
import type { ErrorCode } from '../engine/errors.ts'
import { screenName } from '../engine/render.ts'
import type { RunEffect } from '../engine/turn.ts'
import { Deferral, createAttempt } from './attempts.ts'
import { resume, start } from './dialogue.ts'
import type { DialogueResult } from './dialogue.ts'
import type { EffectContext, Services } from './effects.ts'
import { SIGNATURE_TOLERANCE_MS } from './ports.ts'
import type { Answer, Callback, Change, LoadedRecords, RecordName, SignedDelivery } from './ports.ts'
import { deliveryName, sessionName, subscriberName } from './records/records.ts'
import type { Project } from './project.ts'
import type { Routing } from './routing.ts'
import { Delivered, nextSession } from './records/session.ts'
import type { Receipt, Session } from './records/session.ts'
import { createDraft } from './records/draft.ts'
import { parseRecord } from './records/record-format.ts'
import type { RecordFormat } from './records/record-format.ts'
import { parseSession, putSession } from './records/session-format.ts'
import type { SubscriberFormat } from './records/subscriber-format.ts'
import type { Subscriber } from './records/subscriber.ts'
import type { Draft, SubscriberDeferral } from './records/draft.ts'
import { changeOf, put } from './transaction.ts'
import type { Pause, Reservation, TransactionOutput } from './transaction.ts'
import type { TurnClass, TurnClassifier } from './turn-identity.ts'
import { failedTurn, systemReply } from './turn-result.ts'
import type { TurnResult } from './turn-result.ts'
import type { TurnTimeout } from './turn-timeout.ts'

/** One run of a turn, independent of the records. */
export interface TurnRun {
  /** Unique id of the run. */
  readonly owner: string
  /** True for a run of this process that has ended. */
  readonly isOver: (owner: string) => boolean
  readonly budgetMs: number
  readonly timeout: Pick<TurnTimeout, 'signal'>
  /** Digest of the session id. */
  readonly handle: string
  /** The names of `recordsOf`. */
  readonly names: readonly RecordName[]
  /** Secret comparisons of this run, shared by its retries. */
  readonly comparisons: Map<string, Promise<unknown>>
  /** Called with the subscriber's language as soon as it is known. */
  readonly onLanguage: (language: Language) => void
}

/** The names of the records that answer a callback, in the order that `createTurnHandler` expects. */
export const recordsOf = (
  { dialect, msisdn, sessionId, signed }: Callback,
  handle: string,
): readonly RecordName[] => [
  sessionName(dialect, msisdn, sessionId, handle),
  subscriberName(msisdn),
  ...(signed ? [deliveryName(msisdn, signed.id)] : []),
]

type TurnOutput = TransactionOutput<TurnResult> | Reservation | Pause

/**
 * Computes the reply to a callback and the writes to commit, from the loaded records. Rejects with `USSD_RECORD_CORRUPT` and
 * `USSD_KEY_UNKNOWN`.
 */
export type TurnHandler = (callback: Callback, loaded: LoadedRecords, run: TurnRun) => Promise<TurnOutput>

/** The pause before a retry while another run handles the same turn. */
const OTHER_RUN_MS = 50

/** Faults after which the same callback may succeed later. Their answer must not become the turn's receipt. */
const RETRYABLE = new Set<ErrorCode>([
  'USSD_BUSY',
  'USSD_TURN_TIMED_OUT',
  'USSD_KEY_UNKNOWN',
  'USSD_STORE_UNAVAILABLE',
  'USSD_STORE_CIRCUIT_OPEN',
  'USSD_STORE_REFUSED',
])

interface TurnHandlerOptions {
  readonly project: Project
  readonly routing: Routing
  readonly classifier: TurnClassifier
  readonly services: Services
  readonly sessionIdleMs: number
  readonly recordFormat: RecordFormat
  readonly subscriberFormat: SubscriberFormat
}

export function createTurnHandler(options: TurnHandlerOptions): TurnHandler {
  const { project, subscriberFormat } = options
  return async (callback, loaded, run) => {
    const [sessionRecord, subscriberRecord, deliveryRecord] = loaded.records
    if (!subscriberRecord && project.subscribers === 'registered') {
      return { result: systemReply(project, 'not-served') }
    }
    const subscriber = subscriberRecord
      ? subscriberFormat.parse(subscriberRecord.value)
      : // The commit writes the record only if the turn changes it.
        subscriberFormat.create()
    const language = languageOf(project, subscriber)
    run.onLanguage(language)
    if (deliveryRecord) {
      return { result: { answer: parseRecord(Delivered, deliveryRecord.value), outcome: 'repeat' } }
    }
    if (callback.signed && isStale(callback.signed, loaded.nowMs)) {
      return { result: systemReply(project, 'signature-expired', language) }
    }
    const session = sessionRecord && parseSession(sessionRecord.value)
    const turn = options.classifier.classify(callback, session, loaded.nowMs)
    switch (turn.kind) {
      case 'repeat':
        return replay(turn.receipt, { callback, loaded, session }, run.names)
      case 'begin':
      case 'reply':
        return runTurn({ callback, loaded, session, turn, subscriber }, run, options)
      default:
        return { result: systemReply(project, turn.kind, language) }
    }
  }
}

/** A record may have a language that the project no longer has. */
const languageOf = ({ languages }: Project, { language }: Subscriber): Language =>
  languages.includes(language) ? language : languages[0]

/** True for a signature made too long before or after the store's time. */
export const isStale = ({ atMs }: SignedDelivery, nowMs: number): boolean =>
  Math.abs(nowMs - atMs) > SIGNATURE_TOLERANCE_MS

/** Answers a duplicate from its receipt. */
function replay(
  { text, waits, asksSecret }: Receipt,
  of: Pick<MenuTurn, 'callback' | 'loaded' | 'session'>,
  names: readonly RecordName[],
): TurnOutput {
  const { callback, loaded, session } = of
  // Only these fields: a newer version may store more in a receipt.
  const answer: Answer = { text, waits, ...(asksSecret && { asksSecret }) }
  const result = { answer, outcome: 'repeat', ...(session && { menu: session.menu }) } as const
  // A signed duplicate has a delivery id of its own, which must stay known after the session has expired.
  if (!callback.signed) return { result }
  // The commit includes the records read, so that the answer is durable before it is sent.
  const read = names.slice(0, 2).map((name, i) => changeOf(name, loaded.records[i], { kind: 'keep' }))
  return { result, changes: [...read, rememberDelivery(callback, callback.signed, answer, loaded.nowMs)] }
}

/** A callback that runs the menu, and the records it runs on. */
interface MenuTurn {
  readonly callback: Callback
  readonly loaded: LoadedRecords
  readonly session: Session | undefined
  readonly turn: Extract<TurnClass, { kind: 'begin' | 'reply' }>
  readonly subscriber: Subscriber
}

/** Runs the menu, and returns the writes of the turn or what must happen before it can finish. */
async function runTurn(
  menuTurn: MenuTurn,
  run: TurnRun,
  { project, routing, services, sessionIdleMs, recordFormat, subscriberFormat }: TurnHandlerOptions,
): Promise<TurnOutput> {
  const { callback, loaded, session, turn, subscriber } = menuTurn
  const language = languageOf(project, subscriber)
  const draft = createDraft({
    subscriber,
    msisdn: callback.msisdn,
    // In dialects without sequence numbers, an equal reply has the same turn id and may be another turn.
    idempotencyKey: `${run.handle}:${turn.id}:${loaded.nowMs}`,
    atMs: loaded.nowMs,
    by: 'subscriber',
    format: subscriberFormat,
  })
  const effects = new TurnEffects(services, () => effectContext(menuTurn, run, draft))
  const runMenu = () =>
    turn.kind === 'reply' && session?.state
      ? resume({ project, routing }, session, session.state, turn.typed, language, effects.run)
      : start({ project, routing }, callback.dialled, language, effects.run)
  const dialogue = await runMenu().catch((error: unknown) => asUssdError(error))

  const { fault, deferral } = effects
  const [sessionAt = '', subscriberAt = ''] = run.names
  const subscriberChange = (write: Change['write']) => changeOf(subscriberAt, loaded.records[1], write)
  if (deferral) {
    const { next } = deferral
    if (next.kind === 'wait') return { waitMs: OTHER_RUN_MS }
    const change = subscriberChange(draft.toWriteOnly(next.patch))
    if (next.kind === 'reserve') return { reserve: [change] }
    return { result: failedTurn(project, next.fault, language), changes: [change] }
  }
  if (fault && RETRYABLE.has(fault.code)) return { result: failedTurn(project, fault, language) }
  const before = turn.kind === 'reply' ? session : undefined
  const startedIn = { ...(before?.state && { state: screenName(before.state.value) }) }
  if (dialogue instanceof UssdError) {
    const menu = before?.menu ?? routing.route(callback.dialled)?.menu.code
    return { result: { ...failedTurn(project, dialogue, language), ...startedIn, ...(menu && { menu }) } }
  }
  if (dialogue.kind !== 'rested') return { result: systemReply(project, dialogue.kind, language) }

  const { sessionChange, turns } = sessionAfter(menuTurn, dialogue, {
    name: sessionAt,
    idleMs: sessionIdleMs,
    format: recordFormat,
  })
  const { signed } = callback
  return {
    result: {
      answer: dialogue.answer,
      outcome: dialogue.understood ? 'shown' : 'not-understood',
      turn: turns,
      menu: dialogue.menu.code,
      screen: dialogue.screen,
      ...(fault && { fault, ...startedIn }),
    },
    changes: [
      sessionChange,
      subscriberChange(draft.toWrite()),
      ...(signed ? [rememberDelivery(callback, signed, dialogue.answer, loaded.nowMs)] : []),
    ],
    journal: draft.journal,
  }
}

function effectContext({ callback, loaded, turn }: MenuTurn, run: TurnRun, draft: Draft): EffectContext {
  return {
    msisdn: callback.msisdn,
    subscriber: draft,
    attempt: createAttempt(
      {
        // A late duplicate may arrive after other turns, so the id excludes the position. An equal id is an equal guess.
        turn: turn.id,
        owner: run.owner,
        isOver: run.isOver,
        nowMs: loaded.nowMs,
        budgetMs: run.budgetMs,
      },
      run.comparisons,
    ),
    dialogue: run.handle,
    keyId: turn.key,
    nowMs: loaded.nowMs,
    signal: run.timeout.signal,
  }
}

/** Runs the effects of one turn. Keeps the last fault, and the deferral that leaves the turn. */
class TurnEffects {
  fault: UssdError | undefined
  deferral: SubscriberDeferral | undefined
  readonly #services: Services
  readonly #createContext: () => EffectContext
  #context: EffectContext | undefined

  constructor(services: Services, createContext: () => EffectContext) {
    this.#services = services
    this.#createContext = createContext
  }

  readonly run: RunEffect = async ({ name, input }) => {
    // After a deferral the turn is abandoned: whatever the menu still does is discarded.
    if (this.deferral) throw this.deferral
    try {
      const service = this.#services[name]
      if (!service) throw new UssdError('USSD_MENU_FAULTY', { detail: `there is no service '${name}'` })
      this.#context ??= this.#createContext()
      return await service(input, this.#context)
    } catch (error) {
      if (error instanceof Deferral) {
        this.deferral = error as SubscriberDeferral
        throw error
      }
      // The menu may have a screen for it; the log still needs the cause.
      this.fault = asUssdError(error, 'USSD_SERVICE_FAILED', name)
      throw this.fault
    }
  }
}

/** The write of the session after a turn, and the number of its turns. */
function sessionAfter(
  { callback, loaded, session, turn }: MenuTurn,
  dialogue: DialogueResult,
  to: { readonly name: RecordName; readonly idleMs: number; readonly format: RecordFormat },
): { readonly sessionChange: Change; readonly turns: number } {
  const before = turn.kind === 'reply' ? session : undefined
  // Without sequence numbers, a reply of the previous dialogue may still be delivered again.
  const replaced = turn.kind === 'begin' && callback.reported.kind === 'latest-only' ? session : undefined
  const after = nextSession(before, {
    menu: dialogue.menu.code,
    revision: dialogue.menu.revision,
    latin: dialogue.latin,
    state: dialogue.state,
    id: turn.id,
    begunBy: turn.kind === 'begin' ? turn.begunBy : undefined,
    key: turn.key,
    asksAgain: dialogue.asksAgain,
    confirms: dialogue.confirms,
    position: turn.position,
    answer: dialogue.answer,
    nowMs: loaded.nowMs,
    idleMs: to.idleMs,
    format: to.format,
    replaced,
  })
  return {
    turns: after.session.turns,
    sessionChange: changeOf(to.name, loaded.records[0], putSession(after.session, after.ttlMs)),
  }
}

/** Clocks of a master and its successor differ slightly. */
const DELIVERY_SLACK_MS = 2000

/**
 * Stores the answer to a signed delivery until its signature expires. The record is separate from the session, because a new
 * dialogue or more turns than receipts would make a duplicate look new.
 */
export function rememberDelivery(
  { msisdn }: Pick<Callback, 'msisdn'>,
  signed: SignedDelivery,
  answer: Answer | undefined,
  nowMs: number,
): Change {
  const ttlMs = Math.max(1, signed.atMs + SIGNATURE_TOLERANCE_MS - nowMs) + DELIVERY_SLACK_MS
  return changeOf(
    deliveryName(msisdn, signed.id),
    undefined,
    put(answer ?? { text: '', waits: false }, ttlMs),
  )
}

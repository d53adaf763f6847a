/** Answers callbacks: load, turn, commit. Nothing else may run a menu for a subscriber. */
import { randomBytes } from 'node:crypto'
import type { Language } from '../engine/authoring.ts'
import { UssdError, asUssdError } from '../engine/errors.ts'
import type { ErrorCode } from '../engine/errors.ts'
import type { Admission } from './admission.ts'
import { processClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { Services } from './effects.ts'
import type { Keyring } from './records/keyring.ts'
import type { Answer, Callback, Ended, LoadedRecords, Store } from './ports.ts'
import { createQueue } from './queue.ts'
import type { Queue } from './queue.ts'
import { bucketOf, deliveryName, handleOf, sessionName } from './records/records.ts'
import type { Project } from './project.ts'
import { createRouting } from './routing.ts'
import type { RecordFormat } from './records/record-format.ts'
import type { SubscriberFormat } from './records/subscriber-format.ts'
import { RECEIPT_TTL_MS } from './records/session.ts'
import { parseSession, putSession } from './records/session-format.ts'
import { createTurnHandler, isStale, recordsOf, rememberDelivery } from './turn-handler.ts'
import type { TurnRun } from './turn-handler.ts'
import { failedTurn, systemReply } from './turn-result.ts'
import type { Outcome, TurnResult } from './turn-result.ts'
import { changeOf, createBudget, transact } from './transaction.ts'
import type { TransactionOutput, TransactionResult } from './transaction.ts'
import type { TurnClassifier } from './turn-identity.ts'
import { TurnTimeout } from './turn-timeout.ts'

/**
 * The limit of queued turns of one subscriber. A phone sends one at a time, and duplicates are few: more is a defect or an
 * attack, and must not take capacity from others.
 */
const MAX_TURNS_QUEUED = 64

/** The report of a turn to the host. Contains no reply and no screen text; the log masks the MSISDN. */
export interface TurnReport {
  readonly dialect: string
  /** Keyed digest of the session id, 22 characters: some aggregators derive session ids from the MSISDN. */
  readonly session: string
  /** E.164 with `+`; empty for a number outside the numbering. */
  readonly msisdn: string
  readonly turn: number | undefined
  readonly menu: string | undefined
  readonly screen: string | undefined
  readonly outcome: Outcome
  readonly waits: boolean
  readonly tries: number
  readonly ms: number
  readonly fault: ErrorCode | undefined
  /** The message of the fault. It never quotes a reply. */
  readonly detail: string | undefined
  /** The state in which the failed turn started; undefined for a begin. */
  readonly state: string | undefined
  /** The cause of the fault. Its message may quote a reply: log only its class and stack frames. */
  readonly cause: unknown
}

export interface Gateway {
  /**
   * The answer for a callback rejected by admission control, or `undefined` when there is capacity. Lets a host reject before
   * it reads the body (decision 0035). `turn` checks again.
   */
  tryShed(dialect: string): Answer | undefined
  /** Answers a callback within the turn budget. Never rejects: a failure becomes an answer. */
  turn(callback: Callback): Promise<Answer>
  /** Answers a callback of a number that the project does not serve. Nothing is stored, and the report has no number. */
  refuse(callback: Pick<Callback, 'dialect' | 'sessionId'>): Answer
  /** Closes a dialogue that the network has ended, so that no late callback resumes it. Never rejects. */
  end(ended: Ended): Promise<void>
}

export interface GatewayOptions {
  readonly store: Store
  readonly project: Project
  readonly services: Services
  readonly keyring: Keyring
  readonly sessionIdleMs: number
  readonly recordFormat: RecordFormat
  readonly subscriberFormat: SubscriberFormat
  /** The total time of a turn, within the aggregator's timeout. */
  readonly turnBudgetMs: number
  readonly classifier: TurnClassifier
  /** The process clock by default; a simulation supplies its own. */
  readonly clock: Clock | undefined
  readonly report: (turn: TurnReport) => void
  readonly admission: Admission
  /** Called instead of `report` for a callback rejected by admission control. */
  readonly onShed: (dialect: string) => void
}

/** The report of a callback that runs no menu. */
const blankReport = {
  msisdn: '',
  turn: undefined,
  menu: undefined,
  screen: undefined,
  waits: false,
  tries: 0,
  ms: 0,
  fault: undefined,
  detail: undefined,
  state: undefined,
  cause: undefined,
} satisfies Partial<TurnReport>

/** Creates a gateway. Only `core.ts` calls it, so that tests run the wiring that ships. */
export function createGateway(options: GatewayOptions): Gateway {
  const { store, project, turnBudgetMs, onShed, admission, keyring, clock = processClock } = options
  // In the first language: a rejected callback does not load the record that has the subscriber's.
  const busy = systemReply(project, 'busy').answer
  const queue = createQueue({ maxWaiting: MAX_TURNS_QUEUED })
  const runTurn = createTurnRunner(options, queue, clock)

  const logHandle = ({ dialect, sessionId }: Pick<Callback, 'dialect' | 'sessionId'>) =>
    keyring.mac('handle', [dialect, sessionId]).toString('base64url').slice(0, 22)

  function tryShed(dialect: string): Answer | undefined {
    if (!admission.tryShed()) return undefined
    onShed(dialect)
    return busy
  }

  return {
    tryShed,

    async turn(callback) {
      const shed = tryShed(callback.dialect)
      if (shed) return shed
      admission.tryEnter()
      const startedMs = clock.nowMs()
      const { result, tries } = await runTurn(callback).finally(() => admission.leave())
      options.report({
        dialect: callback.dialect,
        session: logHandle(callback),
        msisdn: callback.msisdn,
        turn: result.turn,
        menu: result.menu,
        screen: result.screen,
        outcome: result.outcome,
        waits: result.answer.waits,
        tries,
        ms: clock.nowMs() - startedMs,
        fault: result.fault?.code,
        detail: result.fault?.message,
        state: result.state,
        cause: result.fault?.cause,
      })
      return result.answer
    },

    refuse(callback) {
      const { answer, outcome } = systemReply(project, 'not-served')
      options.report({ ...blankReport, dialect: callback.dialect, session: logHandle(callback), outcome })
      return answer
    },

    async end(ended) {
      // Under overload the dialogue stays open until it expires.
      if (!admission.tryEnter()) return onShed(ended.dialect)
      const startedMs = clock.nowMs()
      const budget = createBudget(turnBudgetMs, clock)
      const at = { bucket: bucketOf(ended.msisdn), names: namesOfEnd(ended), budget, clock }
      const closed = queue.run(ended.msisdn, () =>
        transact(store, at, (loaded) => closeSession(ended, loaded)),
      )
      const { tries, fault } = await closed.then(
        ({ tries }) => ({ tries, fault: undefined }),
        (error: unknown) => ({ tries: 0, fault: asUssdError(error) }),
      )
      admission.leave()
      options.report({
        ...blankReport,
        dialect: ended.dialect,
        session: logHandle(ended),
        msisdn: ended.msisdn,
        outcome: ended.why,
        tries,
        ms: clock.nowMs() - startedMs,
        fault: fault?.code,
        detail: fault?.message,
        cause: fault?.cause,
      })
    },
  }
}

/** Creates the function that runs a turn within its budget. A failed or late turn results in a system message. */
function createTurnRunner(options: GatewayOptions, queue: Queue, clock: Clock) {
  const { project, store, turnBudgetMs } = options
  const routing = createRouting(project)
  const handleTurn = createTurnHandler({ ...options, routing })
  const processId = randomBytes(6).toString('base64url')
  let runs = 0
  const activeRuns = new Set<string>()

  function runTransaction(callback: Callback, run: TurnRun) {
    const { msisdn } = callback
    const budget = createBudget(turnBudgetMs, clock)
    const at = { bucket: bucketOf(msisdn), names: run.names, budget, clock }
    return queue.run(msisdn, () => transact(store, at, (loaded) => handleTurn(callback, loaded, run)))
  }

  return (callback: Callback) =>
    new Promise<TransactionResult<TurnResult>>((resolve) => {
      const timeout = new TurnTimeout()
      let language: Language | undefined
      const fail = (error: unknown) =>
        resolve({ result: failedTurn(project, asUssdError(error), language), tries: 0 })
      const cancelTimer = clock.after(turnBudgetMs, () => {
        timeout.expire()
        fail(new UssdError('USSD_TURN_TIMED_OUT'))
      })
      const handle = handleOf(callback.dialect, callback.sessionId)
      const run: TurnRun = {
        owner: `${processId}.${++runs}`,
        isOver: (owner) => owner.startsWith(`${processId}.`) && !activeRuns.has(owner),
        budgetMs: turnBudgetMs,
        timeout,
        handle,
        names: recordsOf(callback, handle),
        comparisons: new Map(),
        onLanguage: (known) => void (language = known),
      }
      const finish = () => {
        activeRuns.delete(run.owner)
        cancelTimer()
      }
      activeRuns.add(run.owner)
      runTransaction(callback, run).then(resolve, fail).finally(finish)
    })
}

const namesOfEnd = ({ dialect, msisdn, sessionId, signed }: Ended): readonly string[] => [
  sessionName(dialect, msisdn, sessionId),
  ...(signed ? [deliveryName(msisdn, signed.id)] : []),
]

/** Ends an open session: its receipts stay, its state does not. */
function closeSession(
  ended: Ended,
  { records: [record, delivery], nowMs }: LoadedRecords,
): TransactionOutput<void> {
  const { signed } = ended
  const session = record && parseSession(record.value)
  if (!session?.state || delivery || (signed && isStale(signed, nowMs))) return { result: undefined }
  const [name = ''] = namesOfEnd(ended)
  return {
    result: undefined,
    changes: [
      changeOf(name, record, putSession({ ...session, state: null }, RECEIPT_TTL_MS)),
      ...(signed ? [rememberDelivery(ended, signed, undefined, nowMs)] : []),
    ],
  }
}

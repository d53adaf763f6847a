/** One callback, one answer: load → turn → commit. Nothing else may run a menu for a subscriber. */
import { randomBytes } from 'node:crypto'
import type { Language } from '../engine/authoring.ts'
import { UssdError, asUssdError } from '../engine/errors.ts'
import type { ErrorCode } from '../engine/errors.ts'
import type { Menu } from '../engine/menu.ts'
import type { Admission } from './admission.ts'
import { processClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { Services } from './effects.ts'
import type { Keyring } from './records/keyring.ts'
import type { Answer, Callback, Ended, LoadedRecords, Store } from './ports.ts'
import { createQueue } from './queue.ts'
import { bucketOf, deliveryName, sessionName } from './records/records.ts'
import { createRouting } from './routing.ts'
import { RECEIPT_TTL_MS, Session } from './records/session.ts'
import { parseRecord } from './records/subscriber.ts'
import { createTurnHandler, isStale, rememberDelivery, recordsOf, systemReply } from './turn-handler.ts'
import type { Outcome, TurnResult, TurnRun } from './turn-handler.ts'
import { createBudget, transact } from './transaction.ts'
import type { TransactionOutput } from './transaction.ts'
import type { TurnClassifier } from './turn-identity.ts'

/**
 * How many turns of one subscriber may wait. Twins of a callback are all to see the same screen, and a phone sends one at a
 * time: who has more under way is a defect or an attack, and takes no places from others.
 */
const MAX_TURNS_QUEUED = 64

/** In Russian: the language is in the record, and reading it is what is spared. */
const BUSY = systemReply('busy', 'ru').answer

/** All that is known of a turn outside the gateway: no reply, no screen's text. The log masks the MSISDN. */
export interface TurnReport {
  readonly dialect: string
  /** Stands for the aggregator's session id: 22 characters of a keyed digest, because some ids are made of the MSISDN. */
  readonly session: string
  /** E.164 with `+`. */
  readonly msisdn: string
  readonly turn: number | undefined
  readonly menu: string | undefined
  readonly screen: string | undefined
  readonly outcome: Outcome
  readonly waits: boolean
  readonly tries: number
  readonly ms: number
  readonly fault: ErrorCode | undefined
  /** Of a fault: what it says; it never quotes what a subscriber typed. */
  readonly detail: string | undefined
}

export interface Gateway {
  /**
   * What a callback of this dialect is told that may not come in, or `undefined`: it may. Asked before a callback is read, it
   * spares the reading (decision 0035); `turn` asks itself.
   */
  tryShed(dialect: string): Answer | undefined
  /** Never rejects, and never takes longer than the turn's budget: a failure is an answer too. */
  turn(callback: Callback): Promise<Answer>
  /** Closes the dialogue the network has ended: no late callback takes it up again. Never rejects. */
  end(ended: Ended): Promise<void>
}

export interface GatewayOptions {
  readonly store: Store
  readonly menus: Readonly<Record<string, Menu>>
  readonly services: Services
  readonly keyring: Keyring
  readonly sessionIdleMs: number
  /** What a turn may take in all, whatever happens: it lies inside the aggregator's own deadline. */
  readonly turnBudgetMs: number
  readonly classifier: TurnClassifier
  /** The time of this process unless a simulation gives another. */
  readonly clock: Clock | undefined
  readonly report: (turn: TurnReport) => void
  /** Bounds the turns under way. A rejected callback is reported by its dialect alone. */
  readonly admission: Admission
  readonly onShed: (dialect: string) => void
}

/** Called by `core.ts` alone: a gateway wired by hand would be another program than the one that ships. */
export function createGateway(options: GatewayOptions): Gateway {
  const {
    store,
    services,
    sessionIdleMs,
    turnBudgetMs,
    onShed: refused,
    admission,
    classifier: transcripts,
    keyring,
  } = options
  const { clock = processClock } = options
  const routing = createRouting(options.menus)
  const take = createTurnHandler({ routing, services, sessionIdleMs, classifier: transcripts })
  const queue = createQueue({ maxWaiting: MAX_TURNS_QUEUED })
  const processId = randomBytes(6).toString('base64url')
  let runs = 0
  const underWay = new Set<string>()

  async function transacted(callback: Callback, run: TurnRun) {
    const budget = createBudget(turnBudgetMs, clock)
    const names = recordsOf(callback)
    underWay.add(run.owner)
    return queue
      .run(callback.msisdn, () =>
        transact(store, { bucket: bucketOf(callback.msisdn), names, budget, clock }, (loaded) =>
          take(callback, loaded, run),
        ),
      )
      .finally(() => underWay.delete(run.owner))
  }

  /** Whatever fails, and however long the store keeps us waiting, the subscriber reads a sentence in time. */
  async function inTime(callback: Callback): Promise<{ outcome: TurnResult; tries: number }> {
    const giveUp = new AbortController()
    let language: Language = 'ru'
    let cancel = () => {}
    const timedOut = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(turnBudgetMs, () => {
        giveUp.abort()
        reject(new UssdError('USSD_TURN_TIMED_OUT'))
      })
    })
    try {
      return await Promise.race([
        transacted(callback, {
          owner: `${processId}.${++runs}`,
          isOver: (owner) => owner.startsWith(`${processId}.`) && !underWay.has(owner),
          budgetMs: turnBudgetMs,
          signal: giveUp.signal,
          comparisons: new Map(),
          onLanguage: (spoken) => void (language = spoken),
        }),
        timedOut,
      ])
    } catch (error) {
      const fault = asUssdError(error)
      const outcome = fault.code === 'USSD_BUSY' ? 'busy' : 'unavailable'
      return { outcome: { ...systemReply(outcome, language), fault }, tries: 0 }
    } finally {
      cancel()
    }
  }

  const logHandle = ({ dialect, sessionId }: Pick<Callback, 'dialect' | 'sessionId'>) =>
    keyring.mac('handle', [dialect, sessionId]).toString('base64url').slice(0, 22)

  function turnAway(dialect: string): Answer | undefined {
    if (!admission.tryShed()) return undefined
    refused(dialect)
    return BUSY
  }

  return {
    tryShed: turnAway,

    async turn(callback) {
      const busy = turnAway(callback.dialect)
      if (busy) return busy
      admission.tryEnter()
      const startedMs = clock.nowMs()
      const { outcome: taken, tries } = await inTime(callback).finally(() => admission.leave())
      options.report({
        dialect: callback.dialect,
        session: logHandle(callback),
        msisdn: callback.msisdn,
        turn: taken.turn,
        menu: taken.menu,
        screen: taken.screen,
        outcome: taken.outcome,
        waits: taken.answer.waits,
        tries,
        ms: clock.nowMs() - startedMs,
        fault: taken.fault?.code,
        detail: taken.fault?.message,
      })
      return taken.answer
    },

    async end(ended) {
      // The dialogue then stays open until it expires.
      if (!admission.tryEnter()) return refused(ended.dialect)
      const startedMs = clock.nowMs()
      const budget = createBudget(turnBudgetMs, clock)
      const at = { bucket: bucketOf(ended.msisdn), names: namesOfEnd(ended), budget, clock }
      const closed = queue.run(ended.msisdn, () => transact(store, at, (loaded) => close(ended, loaded)))
      const { tries, fault } = await closed.then(
        ({ tries }) => ({ tries, fault: undefined }),
        (error: unknown) => ({ tries: 0, fault: asUssdError(error) }),
      )
      admission.leave()
      options.report({
        dialect: ended.dialect,
        session: logHandle(ended),
        msisdn: ended.msisdn,
        turn: undefined,
        menu: undefined,
        screen: undefined,
        outcome: ended.why,
        waits: false,
        tries,
        ms: clock.nowMs() - startedMs,
        fault: fault?.code,
        detail: fault?.message,
      })
    },
  }
}

const namesOfEnd = ({ dialect, msisdn, sessionId, signed }: Ended): readonly string[] => [
  sessionName(dialect, msisdn, sessionId),
  ...(signed ? [deliveryName(msisdn, signed.id)] : []),
]

/** An open session as it is once the network has ended it: its receipts stay, its state does not. */
function close(ended: Ended, { records: [record, known], nowMs }: LoadedRecords): TransactionOutput<void> {
  const { signed } = ended
  const session = record && parseRecord(Session, record.value)
  if (!session?.state || known || (signed && isStale(signed, nowMs))) return { result: undefined }
  const [name = ''] = namesOfEnd(ended)
  const value = JSON.stringify({ ...session, state: null })
  return {
    result: undefined,
    changes: [
      { name, expectedVersion: record?.version, write: { kind: 'put', value, ttlMs: RECEIPT_TTL_MS } },
      ...(signed ? [rememberDelivery(ended, signed, undefined, nowMs)] : []),
    ],
  }
}

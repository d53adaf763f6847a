import type { Answer, Change } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { RECEIPT_TTL_MS, RETRY_WINDOW_MS } from '../../../src/gateway/records/session.ts'
import type { Session } from '../../../src/gateway/records/session.ts'
import type { JournalRecord } from '../../../src/gateway/records/draft.ts'
import type { Subscriber } from '../../../menus/record.ts'
import { parseSession } from '../../../src/gateway/records/session-format.ts'
import { parseSubscriber } from '../../support/record.ts'
import { isUnavailable } from './client.ts'
import { wordsOf } from './counter-menu.ts'
import { isReused, nameOf, sessionKey, typedIn } from './delivery.ts'
import type { Delivery } from './delivery.ts'
import type { Written } from './model-store.ts'
import { BUDGET_MS, REPEAT_WITHIN_MS } from './plan.ts'
import type { KeyPlan } from './plan.ts'
import { SecretChecks } from './secret-checks.ts'
import { createSignatureChecks } from './signature-checks.ts'

/** A broken promise. */
export interface Violation {
  readonly rule: string
  readonly detail: string
}

/** A committed turn. */
interface CommittedTurn {
  readonly by: Delivery
  readonly key: string
  readonly text: string
  readonly waits: boolean
  readonly typed: string | undefined
  /** Store time of its load, and virtual time of its commit. */
  readonly atMs: number
  readonly committedMs: number
}

/** The observed history of one session. */
interface SessionHistory {
  /** Turns since the begin, oldest first. */
  turns: CommittedTurn[]
  /** Dialogues that a later begin replaced, and the virtual time of that begin. */
  readonly replaced: { readonly turns: readonly CommittedTurn[]; readonly atMs: number }[]
  /** Input keys by turn id. */
  readonly ids: Map<string, string>
  last: Delivery | undefined
}

interface Options {
  readonly idleMs: number
  readonly keys: KeyPlan
  readonly nowMs: () => number
  /** The store's clock, which may jump. */
  readonly storeMs: () => number
  readonly readyAt: (node: Delivery['node'], ms: number) => number
  readonly violated: (rule: string, detail: string) => void
}

const MAX_RECEIPTS = 16
const CONFIRMATION = 'Close access to self-care?'
/** A store's clock may go back by this much without a jump. */
const CLOCK_SLACK_MS = 1000
const SYSTEM_TEXTS = new Set<string>(Object.values(systemMessages).flatMap((texts) => Object.values(texts)))
const WORD_AT_POSITION = /(\S+)=(\d+) after \d+/

/** Checks the promises from outside: everything that is classified, written and answered. */
export class PromiseChecks {
  readonly #options: Options
  readonly #signatures
  readonly #sessions = new Map<string, SessionHistory>()
  readonly #words = new Map<string, readonly string[]>()
  readonly #journalIds = new Set<string>()
  readonly secrets: SecretChecks
  /** The number of journal entries committed so far. */
  journalled = 0

  constructor(options: Options) {
    this.#options = options
    this.secrets = new SecretChecks(options)
    this.#signatures = createSignatureChecks(options)
  }

  /** Returns the committed word list of a subscriber record. */
  wordsOf(record: string): readonly string[] {
    return this.#words.get(record) ?? []
  }

  /** Call it when a gateway has classified a callback. */
  classified(delivery: Delivery, session: Session | undefined): void {
    const { turnClass, key } = delivery
    if (turnClass?.kind === 'repeat') this.#checkDuplicate(delivery, session)
    if (turnClass?.kind !== 'begin' && turnClass?.kind !== 'reply') return
    const { ids } = this.#historyOf(delivery)
    const known = ids.get(turnClass.id) ?? key
    if (known !== key) this.#violated('a turn has its own id', `${nameOf(delivery)} has the id of ${known}`)
    ids.set(turnClass.id, key)
  }

  /** Call it when the store has executed a commit. */
  written({ commit, by, nowMs, before }: Written): void {
    if (nowMs > commit.deadlineMs)
      this.#violated('no commit after its deadline', `${nowMs - commit.deadlineMs} ms late`)
    if (by && this.#isOverdue(by, nowMs)) {
      const ageMs = this.#options.nowMs() - by.arrivedMs
      this.#violated('no commit after its budget', `${nameOf(by)}, ${ageMs} ms after it arrived`)
    }
    if (by) this.#signatures.written(by, commit)
    const entries = commit.journal.map((entry) => JSON.parse(entry) as JournalRecord)
    for (const { id } of entries) {
      if (this.#journalIds.has(id)) this.#violated('a journal entry has its own id', id)
      this.#journalIds.add(id)
    }
    this.journalled += entries.length
    const subscriberChanges = commit.changes.filter((change, at) =>
      this.#checkChange(change, before[at], by, entries),
    )
    if (subscriberChanges.length === 0 && entries.length > 0)
      this.#violated('the journal matches the records', 'it has a change that no record has')
  }

  /** Call it when a gateway has answered a callback. */
  answered(delivery: Delivery, answer: Answer): void {
    const { nowMs, readyAt } = this.#options
    if (nowMs() > readyAt(delivery.node, delivery.arrivedMs + BUDGET_MS)) {
      const tookMs = nowMs() - delivery.arrivedMs
      this.#violated('an answer arrives within its budget', `${nameOf(delivery)} after ${tookMs} ms`)
    }
    if (this.#signatures.answered(delivery, answer) === 'judged') return
    if (SYSTEM_TEXTS.has(answer.text)) this.#checkSystemMessage(delivery, answer)
    else this.#checkScreen(delivery, answer)
  }

  #violated(rule: string, detail: string): void {
    this.#options.violated(rule, detail)
  }

  #historyOf(delivery: Delivery): SessionHistory {
    const key = sessionKey(delivery.dialogue)
    const history = this.#sessions.get(key) ?? { turns: [], replaced: [], ids: new Map(), last: undefined }
    this.#sessions.set(key, history)
    return history
  }

  /** Checks one written record; returns true for a change of a subscriber by a turn. */
  #checkChange(
    { name, write }: Change,
    before: string | undefined,
    by: Delivery | undefined,
    entries: readonly JournalRecord[],
  ): boolean {
    if (write.kind !== 'put') return false
    if (name.startsWith('session:')) {
      if (!((write.ttlMs ?? Infinity) <= this.#options.idleMs + RECEIPT_TTL_MS))
        this.#violated('a session expires', `${name} for ${write.ttlMs} ms`)
      if (by)
        this.#turnCommitted(
          by,
          before === undefined ? undefined : parseSession(before),
          parseSession(write.value),
        )
      return false
    }
    if (!name.startsWith('subscriber:')) return false
    const after = parseSubscriber(write.value)
    const earlier = before === undefined ? undefined : parseSubscriber(before)
    this.secrets.written(name, earlier, after, by, entries)
    if (!by || !earlier) return false
    if (entries.some(({ change }) => change === 'access-closed')) this.#checkConfirmation(by)
    this.#wordsCommitted(name, earlier, after, by)
    return true
  }

  /** Checks that a turn is committed once, in order, and not after its dialogue has ended. */
  #turnCommitted(delivery: Delivery, before: Session | undefined, after: Session): void {
    const history = this.#historyOf(delivery)
    const { dialogue, key } = delivery
    const what = nameOf(delivery)
    const begins = after.turns === 1
    this.#checkCommittedOnce(delivery, before, after)
    if (begins && before && !isReused(dialogue) && !(isStale(before, after) && isExpired(before, after)))
      this.#violated('an ended dialogue stays ended', `${what} began again`)
    if (!begins && before?.state === null)
      this.#violated('an ended dialogue stays ended', `${what} was accepted`)
    if (!begins && !isNext(delivery, history.last)) {
      const last = history.last ? nameOf(history.last) : 'nothing'
      this.#violated('one reply is one step', `${what} followed ${last}`)
    }
    if (after.receipts.length > MAX_RECEIPTS)
      this.#violated('receipts are bounded', `${after.receipts.length} receipts are stored`)
    if (begins) {
      history.replaced.push({ turns: history.turns, atMs: this.#options.nowMs() })
      history.turns = []
      this.secrets.begun(delivery)
    }
    history.last = delivery
    const receipt = after.receipts.at(-1)
    if (!receipt) return
    const { text, waits } = receipt
    this.secrets.turnCommitted(delivery, text, history.turns.at(-1))
    const [atMs, committedMs] = [after.answeredAtMs, this.#options.nowMs()]
    history.turns.push({ by: delivery, key, text, waits, typed: typedIn(delivery), atMs, committedMs })
  }

  #checkCommittedOnce(delivery: Delivery, before: Session | undefined, after: Session): void {
    const earlier = this.#historyOf(delivery).turns.findLast(({ key }) => key === delivery.key)
    if (!earlier) return
    const what = nameOf(delivery)
    if (delivery.dialogue.form !== 'latest-only') {
      if (after.turns !== 1) this.#violated('a turn has one effect', `${what} was committed twice`)
      return
    }
    const agoMs = after.answeredAtMs - earlier.atMs
    // After a clock jump back and forth, the dialogue counts as forgotten.
    const isForgotten = before !== undefined && isStale(before, after) && isExpired(before, after)
    if (Math.abs(agoMs) < REPEAT_WITHIN_MS && !isForgotten)
      this.#violated('a turn has one effect', `${what} again after ${agoMs} ms`)
  }

  /**
   * Checks that a late duplicate confirms nothing. Where nothing identifies a turn, a confirmation recognises a duplicate within the
   * retry window; a later one is indistinguishable from a reply.
   */
  #checkConfirmation(by: Delivery): void {
    const { dialogue, callback, screen, key, readMs = 0 } = by
    if (by.isFirst || screen === undefined || screen.includes(CONFIRMATION)) return
    const { turns, replaced } = this.#historyOf(by)
    const answered = [...replaced.flatMap((one) => one.turns), ...turns].filter(
      (turn) => turn.key === key && turn.by !== by,
    )
    const isTooLate = ({ atMs }: CommittedTurn) => Math.abs(readMs - atMs) >= RETRY_WINDOW_MS
    const isIdentified = dialogue.form !== 'latest-only' || callback.signed !== undefined
    if (isIdentified || answered.length === 0 || !answered.every(isTooLate))
      this.#violated('a late duplicate confirms nothing', `${nameOf(by)} replied to '${screen}'`)
  }

  /** Checks that the word list only grows, by the word of this turn. */
  #wordsCommitted(record: string, before: Subscriber, after: Subscriber, delivery: Delivery): void {
    const [was, is] = [wordsOf(before), wordsOf(after)]
    const added = is.slice(was.length)
    if (was.some((word, at) => is[at] !== word))
      this.#violated('no update is lost', `'${was.join(' ')}' became '${is.join(' ')}'`)
    const { turnClass } = delivery
    const typed = turnClass?.kind === 'reply' ? turnClass.typed.trim() : undefined
    if (added.length > 1 || (added.length === 1 && added[0] !== typed))
      this.#violated('a turn has its own effect', `${nameOf(delivery)} added ${added.join(', ')}`)
    this.#words.set(record, is)
  }

  /**
   * Returns true for a commit after the budget of its turn. The store cannot notice one when its clock jumped back by about as
   * long as the command was delayed.
   */
  #isOverdue(by: Delivery, writtenMs: number): boolean {
    const lateMs = this.#options.nowMs() - by.arrivedMs - BUDGET_MS
    const passedMs = writtenMs - by.arrivedStoreMs
    const mayBeInTime = passedMs >= -CLOCK_SLACK_MS && passedMs <= BUDGET_MS
    return lateMs > 0 && !mayBeInTime
  }

  /**
   * Input repeated after a while is a new reply, and dialling again is a new begin. The exceptions: a clock jump makes the earlier
   * one look recent, or the input could confirm something.
   */
  #checkDuplicate(delivery: Delivery, session: Session | undefined): void {
    const { dialogue, key, isFirst, arrivedMs, readMs = 0 } = delivery
    if (dialogue.form !== 'latest-only' || !isFirst || !session) return
    const typed = typedIn(delivery)
    const isChecked =
      typed === undefined
        ? isReused(dialogue)
        : session.state !== null && !session.confirms && typed.length <= 2
    if (!isChecked) return
    const isRecent = ({ atMs, committedMs }: CommittedTurn) =>
      committedMs > arrivedMs - REPEAT_WITHIN_MS || Math.abs(readMs - atMs) < REPEAT_WITHIN_MS
    const { turns } = this.#historyOf(delivery)
    if (!turns.some((turn) => turn.key === key && isRecent(turn)))
      this.#violated('repeated input is a new reply', `${nameOf(delivery)} was treated as a duplicate`)
  }

  /** Checks that a system message ends the dialogue and does not replace a committed answer. */
  #checkSystemMessage(delivery: Delivery, answer: Answer): void {
    const what = nameOf(delivery)
    if (answer.waits) this.#violated('system messages end the dialogue', what)
    const { turns } = this.#historyOf(delivery)
    const own = turns.findLast(({ key }) => key === delivery.key)
    const last = turns.at(-1)
    if (isUnavailable(answer) || !own || !last) return
    const position = turns.length - turns.indexOf(own)
    const readMs = delivery.readMs ?? this.#options.storeMs()
    const isKept = readMs <= last.atMs + RECEIPT_TTL_MS && position <= MAX_RECEIPTS
    const isKnown = delivery.dialogue.form !== 'latest-only' || Math.abs(readMs - own.atMs) < REPEAT_WITHIN_MS
    if (isKept && isKnown && own.committedMs < delivery.arrivedMs)
      this.#violated('a turn has one answer', `${what} was answered, and later got '${answer.text}'`)
  }

  /** Checks that a screen comes from a committed turn, and that the word on it is in the list. */
  #checkScreen(delivery: Delivery, answer: Answer): void {
    const what = nameOf(delivery)
    const { turns, replaced } = this.#historyOf(delivery)
    // The answer of a callback in flight may be computed before another begin replaces the dialogue, and arrive after it.
    const inFlight = replaced.filter(({ atMs }) => atMs >= delivery.arrivedMs)
    if (![turns, ...inFlight.map((one) => one.turns)].some((all) => isScreenOf(all, delivery, answer))) {
      const isOwn = turns.some(({ key }) => key === delivery.key)
      const rule = isOwn ? 'a turn has one answer' : 'only committed screens are shown'
      this.#violated(rule, `${what} got '${answer.text}'`)
    }
    const shown = WORD_AT_POSITION.exec(answer.text)
    if (!shown) return
    const list = this.wordsOf(`subscriber:${delivery.callback.msisdn.slice(1)}`)
    if (list[Number(shown[2]) - 1] !== shown[1]) {
      const detail = `${what} got '${shown[0]}', the list is '${list.join(' ')}'`
      this.#violated('an acknowledged change is durable', detail)
    }
  }
}

/** Returns true when an answer is the screen of a dialogue's turn that the callback may show. */
function isScreenOf(turns: readonly CommittedTurn[], delivery: Delivery, answer: Answer): boolean {
  const own = turns.findLast(({ key }) => key === delivery.key)
  // A late begin without a receipt shows the current screen; where any text may begin a dialogue, so does any late text.
  const began = own !== undefined && own === turns[0]
  const mayShowLast = delivery.dialogue.form === 'latest-only' || isBegin(delivery) || began
  const same = mayShowLast ? turns.findLast(({ text }) => text === answer.text) : undefined
  return [own, same].some((turn) => turn?.text === answer.text && turn.waits === answer.waits)
}

const isStale = (before: Session, after: Session): boolean =>
  after.answeredAtMs > before.answeredAtMs + RECEIPT_TTL_MS

const isExpired = (before: Session, after: Session): boolean => after.answeredAtMs > before.idleUntilMs

const isBegin = ({ callback: { reported } }: Delivery): boolean =>
  reported.kind === 'cumulative' ? reported.text === '' : reported.typed === undefined

/** Returns true when a callback is one step after another of its dialogue. */
function isNext({ callback: { reported } }: Delivery, last: Delivery | undefined): boolean {
  const before = last?.callback.reported
  if (reported.kind === 'latest-only') return true
  if (reported.kind === 'sequenced')
    return before?.kind === 'sequenced' && reported.number === before.number + 1
  if (before?.kind !== 'cumulative') return false
  return before.text === '' ? reported.text !== '' : reported.text.startsWith(`${before.text}*`)
}

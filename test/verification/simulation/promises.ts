import type { Answer } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { RECEIPT_TTL_MS } from '../../../src/gateway/records/session.ts'
import type { Session } from '../../../src/gateway/records/session.ts'
import type { JournalRecord, Subscriber } from '../../../src/gateway/records/subscriber.ts'
import { isUnavailable } from './client.ts'
import type { Delivery } from './delivery.ts'
import { isReused, lineName, nameOf, typedIn } from './delivery.ts'
import type { Written } from './model-store.ts'
import { BUDGET_MS, REPEAT_WITHIN_MS } from './schedule.ts'
import type { KeyPlan } from './schedule.ts'
import { createSecretPromises } from './secrets.ts'
import type { Compared } from './services.ts'
import { createSignaturePromises } from './signatures.ts'
import { wordsOf } from './counter-menu.ts'

/** What must hold, and does not. */
export interface Violation {
  readonly rule: string
  readonly detail: string
}

/** Looks at everything that is recognised, written and answered, and at nothing inside the gateway. */
export interface Promises {
  recognised(delivery: Delivery, session: Session | undefined): void
  /** A guess of PUK1 was compared, in the turn that is under way. */
  compared(compared: Compared, by: Delivery | undefined): void
  written(written: Written): void
  answered(delivery: Delivery, answer: Answer): void
  /** How many entries of the journal were written with their turns. */
  readonly journalled: number
  /** The list of a subscriber's record, as it was committed last. */
  wordsOf(record: string): readonly string[]
}

/** A turn that was committed. */
interface Turn {
  readonly key: string
  readonly text: string
  readonly waits: boolean
  readonly typed: string | undefined
  /** Store time of its load, and the moment at which the commit was executed. */
  readonly atMs: number
  readonly committedMs: number
}

/** What is known of one session: the turns since its begin, oldest first. */
interface Line {
  turns: Turn[]
  readonly ids: Map<string, string>
  last: Delivery | undefined
  lifeMs: number
}

const RECEIPTS_KEPT = 16
/** By so much a store's clock may go back without a jump. */
const CLOCK_SLACK_MS = 1000
const OURS = new Set<string>(Object.values(systemMessages).flatMap((sentence) => Object.values(sentence)))
const SAID = /(\S+)=(\d+) after \d+/

export function createPromises(options: {
  readonly idleMs: number
  readonly keys: KeyPlan
  readonly nowMs: () => number
  /** The store's clock, which may jump. */
  readonly storeMs: () => number
  readonly readyAt: (place: Delivery['place'], ms: number) => number
  readonly violated: (rule: string, detail: string) => void
}): Promises {
  const { idleMs, nowMs, storeMs, violated } = options
  const secrets = createSecretPromises(options)
  const signatures = createSignaturePromises(options)
  const lines = new Map<string, Line>()
  const words = new Map<string, readonly string[]>()
  const journalIds = new Set<string>()
  let journalled = 0

  const lineOf = (delivery: Delivery): Line => {
    const name = lineName(delivery.dialogue)
    const line = lines.get(name) ?? { turns: [], ids: new Map(), last: undefined, lifeMs: 0 }
    lines.set(name, line)
    return line
  }

  /** A reply is committed once; a begin too, as long as the store knows of it. */
  function taken(delivery: Delivery, before: Session | undefined, after: Session): void {
    const { form } = delivery.dialogue
    const line = lineOf(delivery)
    const { key } = delivery
    const what = nameOf(delivery)
    const atMs = after.answeredAtMs
    const receipt = after.receipts.at(-1)
    const earlier = line.turns.findLast((turn) => turn.key === key)
    const begins = after.turns === 1
    const isStale = before !== undefined && atMs > before.answeredAtMs + RECEIPT_TTL_MS
    const hasExpired = before !== undefined && atMs > before.idleUntilMs
    const isQuick =
      earlier !== undefined &&
      Math.abs(atMs - earlier.atMs) < REPEAT_WITHIN_MS &&
      // A clock that jumped back and forth: nothing of the dialogue counts any more.
      !(isStale && hasExpired)

    if (form === 'latest-only' && isQuick)
      violated('a turn has one effect', `${what} again after ${atMs - earlier.atMs} ms`)
    if (form !== 'latest-only' && earlier && !begins)
      violated('a turn has one effect', `${what} was committed twice`)
    if (begins && before && !isReused(delivery.dialogue)) {
      if (!hasExpired || !isStale) violated('what has ended stays ended', `${what} began again`)
    }
    if (!begins && before?.state === null) violated('what has ended stays ended', `${what} was taken up`)
    if (!begins && !isNext(delivery, line.last)) {
      violated('one answer takes a step', `${what} came behind ${line.last ? nameOf(line.last) : 'nothing'}`)
    }
    if (after.receipts.length > RECEIPTS_KEPT)
      violated('receipts are bounded', `${after.receipts.length} are kept`)
    if (begins) {
      line.turns = []
      secrets.begun(delivery)
    }
    line.last = delivery
    if (receipt) {
      const { text, waits } = receipt
      secrets.taken(delivery, text, line.turns.at(-1))
      line.turns.push({ key, text, waits, typed: typedIn(delivery), atMs, committedMs: nowMs() })
    }
  }

  /** The list only grows, by what this turn said. */
  function changed(name: string, before: Subscriber, after: Subscriber, delivery: Delivery) {
    const was = wordsOf(before)
    const is = wordsOf(after)
    const added = is.slice(was.length)
    if (was.some((word, at) => is[at] !== word))
      violated('no update is lost', `'${before.tariff}' became '${after.tariff}'`)
    const { recognised } = delivery
    const typed = recognised?.kind === 'reply' ? recognised.typed.trim() : undefined
    if (added.length > 1 || (added.length === 1 && added[0] !== typed)) {
      violated('a turn has its own effect', `${nameOf(delivery)} added ${added.join(', ')}`)
    }
    words.set(name, is)
  }

  /**
   * Later than its turn's budget. What the store cannot know is not asked of it: to a clock that jumped back by about as long as
   * the command was under way, it is not late.
   */
  function isOverdue(by: Delivery, writtenMs: number): boolean {
    const lateMs = nowMs() - by.arrivedMs - BUDGET_MS
    const passedMs = writtenMs - by.arrivedStoreMs
    const mayBeInTime = passedMs >= -CLOCK_SLACK_MS && passedMs <= BUDGET_MS
    return lateMs > 0 && !mayBeInTime
  }

  /**
   * What somebody types again after a while is an answer, and dialling again begins, also when the store's clock has jumped back;
   * unless it jumped so that the earlier one seems to have been just now, or what was typed would confirm something.
   */
  function notTaken(delivery: Delivery, session: Session | undefined): void {
    const { dialogue, key, isFirst, arrivedMs, readMs = 0 } = delivery
    if (dialogue.form !== 'latest-only' || !isFirst || !session) return
    const typed = typedIn(delivery)
    const isJudged =
      typed === undefined
        ? isReused(dialogue)
        : session.state !== null && !session.confirms && typed.length <= 2
    if (!isJudged) return
    const isRecent = ({ atMs, committedMs }: Turn) =>
      committedMs > arrivedMs - REPEAT_WITHIN_MS || Math.abs(readMs - atMs) < REPEAT_WITHIN_MS
    const { turns } = lineOf(delivery)
    if (!turns.some((turn) => turn.key === key && isRecent(turn)))
      violated('what is typed again later is an answer', `${nameOf(delivery)} was taken for a copy`)
  }

  return {
    get journalled() {
      return journalled
    },
    wordsOf: (record) => words.get(record) ?? [],

    compared: (compared, by) => secrets.compared(compared, by),

    recognised(delivery, session) {
      const { recognised, key } = delivery
      if (recognised?.kind === 'repeat') notTaken(delivery, session)
      if (recognised?.kind !== 'begin' && recognised?.kind !== 'reply') return
      const { ids } = lineOf(delivery)
      const known = ids.get(recognised.id) ?? key
      if (known !== key) violated('a turn has its own id', `${nameOf(delivery)} has the id of ${known}`)
      ids.set(recognised.id, key)
    },

    written({ commit, by, nowMs: writtenMs, before }) {
      if (writtenMs > commit.deadlineMs) {
        violated('no commit after its deadline', `${writtenMs - commit.deadlineMs} ms late`)
      }
      if (by && isOverdue(by, writtenMs)) {
        violated('no commit after its budget', `${nameOf(by)}, ${nowMs() - by.arrivedMs} ms after it came`)
      }
      if (by) signatures.written(by, commit)
      const records = commit.journal.map((entry) => JSON.parse(entry) as JournalRecord)
      for (const { id } of records) {
        if (journalIds.has(id)) violated('an entry of the journal has its own id', id)
        journalIds.add(id)
      }
      journalled += records.length
      let growth = 0
      for (const [at, { name, write }] of commit.changes.entries()) {
        const was = before[at]
        if (write.kind !== 'put') continue
        if (name.startsWith('session:')) {
          if (!((write.ttlMs ?? Infinity) <= idleMs + RECEIPT_TTL_MS)) {
            violated('a session does not stay', `${name} for ${write.ttlMs} ms`)
          }
          const session = JSON.parse(write.value) as Session
          if (by) taken(by, was === undefined ? undefined : (JSON.parse(was) as Session), session)
        } else if (name.startsWith('subscriber:')) {
          const after = JSON.parse(write.value) as Subscriber
          const earlier = was === undefined ? undefined : (JSON.parse(was) as Subscriber)
          secrets.written(name, earlier, after, by, records)
          if (!by || !earlier) continue
          changed(name, earlier, after, by)
          growth += 1
        }
      }
      if (growth === 0 && records.length > 0)
        violated('the journal says what is', 'it has a change that is not there')
    },

    answered(delivery, answer) {
      const what = nameOf(delivery)
      const dueMs = options.readyAt(delivery.place, delivery.arrivedMs + BUDGET_MS)
      if (nowMs() > dueMs)
        violated('an answer comes in time', `${what} after ${nowMs() - delivery.arrivedMs} ms`)
      if (signatures.answered(delivery, answer) === 'judged') return
      const line = lineOf(delivery)
      const own = line.turns.findLast(({ key }) => key === delivery.key)
      const shown = line.turns.at(-1)
      if (OURS.has(answer.text)) {
        if (answer.waits) violated('our own sentences end', what)
        if (isUnavailable(answer) || !own || !shown) return
        const place = line.turns.length - line.turns.indexOf(own)
        const readMs = delivery.readMs ?? storeMs()
        const isKept = readMs <= shown.atMs + RECEIPT_TTL_MS && place <= RECEIPTS_KEPT
        const isKnown =
          delivery.dialogue.form !== 'latest-only' || Math.abs(readMs - own.atMs) < REPEAT_WITHIN_MS
        if (isKept && isKnown && own.committedMs < delivery.arrivedMs) {
          violated('a turn has one answer', `${what} was answered, and then told '${answer.text}'`)
        }
        return
      }
      // A begin come so late that its receipt is gone is shown where the dialogue is; where any text may begin one, it is any text.
      const began = own !== undefined && own === line.turns[0]
      const mayShowLast = delivery.dialogue.form === 'latest-only' || isBegin(delivery) || began
      const matches = [
        own,
        mayShowLast ? line.turns.findLast(({ text }) => text === answer.text) : undefined,
      ].some((turn) => turn?.text === answer.text && turn.waits === answer.waits)
      if (!matches) {
        violated(
          own ? 'a turn has one answer' : 'what is shown was committed',
          `${what} was shown '${answer.text}'`,
        )
      }
      const said = SAID.exec(answer.text)
      if (!said) return
      const record = `subscriber:${delivery.callback.msisdn.slice(1)}`
      const list = words.get(record) ?? []
      if (list[Number(said[2]) - 1] !== said[1]) {
        violated(
          'what is acknowledged has happened',
          `${what} was shown '${said[0]}', the list is '${list.join(' ')}'`,
        )
      }
    },
  }
}

const isBegin = ({ callback: { reported: heard } }: Delivery): boolean =>
  heard.kind === 'cumulative' ? heard.text === '' : heard.typed === undefined

/** Whether a callback is one step behind another of its dialogue. */
function isNext({ callback: { reported: heard } }: Delivery, last: Delivery | undefined): boolean {
  const before = last?.callback.reported
  if (heard.kind === 'latest-only') return true
  if (heard.kind === 'sequenced') return before?.kind === 'sequenced' && heard.number === before.number + 1
  if (before?.kind !== 'cumulative') return false
  return before.text === '' ? heard.text !== '' : heard.text.startsWith(`${before.text}*`)
}

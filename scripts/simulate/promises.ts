import type { Answer } from '../../src/gateway/ports.ts'
import { sentences } from '../../src/gateway/sentences.ts'
import { RECEIPTS_KEPT_MS } from '../../src/gateway/session.ts'
import type { Session } from '../../src/gateway/session.ts'
import type { JournalRecord, Subscriber } from '../../src/gateway/subscriber.ts'
import { isUnavailable } from './caller.ts'
import type { Delivery } from './delivery.ts'
import { nameOf } from './delivery.ts'
import type { Written } from './model-store.ts'
import { BUDGET_MS, REPEAT_WITHIN_MS } from './plan.ts'
import { wordsOf } from './tally.ts'

/** What must hold, and does not. */
export interface Violation {
  readonly rule: string
  readonly detail: string
}

/** Looks at everything that is recognised, written and answered, and at nothing inside the gateway. */
export interface Promises {
  recognised(delivery: Delivery): void
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
  /** Store time of its load, and when the commit was executed. */
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
const OURS = new Set<string>(Object.values(sentences).flatMap((sentence) => Object.values(sentence)))
const SAID = /(\S+)=(\d+) after \d+/

export function createPromises(options: {
  readonly idleMs: number
  /** The store's clock; virtual time is behind it by `epochMs`. */
  readonly epochMs: number
  readonly nowMs: () => number
  readonly readyAt: (place: Delivery['place'], ms: number) => number
  readonly violated: (rule: string, detail: string) => void
}): Promises {
  const { idleMs, epochMs, nowMs, violated } = options
  const lines = new Map<string, Line>()
  const words = new Map<string, readonly string[]>()
  const journalIds = new Set<string>()
  let journalled = 0

  const lineOf = (delivery: Delivery): Line => {
    const name = delivery.dialogue.name
    const line = lines.get(name) ?? { turns: [], ids: new Map(), last: undefined, lifeMs: 0 }
    lines.set(name, line)
    return line
  }

  /** A reply is committed once; a begin too, as long as the store knows of it. */
  function taken(delivery: Delivery, before: Session | undefined, after: Session, committedMs: number): void {
    const { form } = delivery.dialogue
    const line = lineOf(delivery)
    const { key } = delivery
    const what = nameOf(delivery)
    const atMs = after.answeredAtMs
    const receipt = after.receipts.at(-1)
    const earlier = line.turns.findLast((turn) => turn.key === key)
    const begins = after.turns === 1
    const isStale = before !== undefined && atMs > before.answeredAtMs + RECEIPTS_KEPT_MS
    const isQuick = earlier !== undefined && atMs - earlier.atMs < REPEAT_WITHIN_MS

    if (form === 'unnumbered' && isQuick)
      violated('a turn has one effect', `${what} again after ${atMs - earlier.atMs} ms`)
    if (form !== 'unnumbered' && earlier && !begins)
      violated('a turn has one effect', `${what} was committed twice`)
    if (begins && before && form !== 'unnumbered') {
      const hasExpired = atMs > before.idleUntilMs
      if (!hasExpired || !isStale) violated('what has ended stays ended', `${what} began again`)
    }
    if (!begins && before?.state === null) violated('what has ended stays ended', `${what} was taken up`)
    if (!begins && !isNext(delivery, line.last)) {
      violated('one answer takes a step', `${what} came behind ${line.last ? nameOf(line.last) : 'nothing'}`)
    }
    if (after.receipts.length > RECEIPTS_KEPT)
      violated('receipts are bounded', `${after.receipts.length} are kept`)
    if (begins) line.turns = []
    line.last = delivery
    if (receipt) {
      const { text, waits } = receipt
      line.turns.push({ key, text, waits, atMs, committedMs })
    }
  }

  /** The list only grows, by what this turn said. */
  function changed(
    name: string,
    before: Subscriber,
    after: Subscriber,
    delivery: Delivery,
    records: readonly JournalRecord[],
  ) {
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
    const guesses = records.filter(
      ({ change }) => change === 'puk1-refused' || change === 'puk1-locked',
    ).length
    if (guesses > 0 && after.puk1AttemptsLeft !== before.puk1AttemptsLeft - guesses) {
      violated('no update is lost', `${before.puk1AttemptsLeft} attempts became ${after.puk1AttemptsLeft}`)
    }
  }

  return {
    get journalled() {
      return journalled
    },
    wordsOf: (record) => words.get(record) ?? [],

    recognised(delivery) {
      const { recognised, key } = delivery
      if (recognised?.kind !== 'begin' && recognised?.kind !== 'reply') return
      const { ids } = lineOf(delivery)
      const known = ids.get(recognised.id) ?? key
      if (known !== key) violated('a turn has its own id', `${nameOf(delivery)} has the id of ${known}`)
      ids.set(recognised.id, key)
    },

    written({ commit, by, nowMs: storeMs, before }) {
      if (storeMs > commit.deadlineMs) {
        violated('no commit after its deadline', `${storeMs - commit.deadlineMs} ms late`)
      }
      if (by && storeMs > epochMs + by.arrivedMs + BUDGET_MS) {
        violated(
          'no commit after its budget',
          `${nameOf(by)}, ${storeMs - epochMs - by.arrivedMs} ms after it came`,
        )
      }
      const records = commit.journal.map((entry) => JSON.parse(entry) as JournalRecord)
      for (const { id } of records) {
        if (journalIds.has(id)) violated('an entry of the journal has its own id', id)
        journalIds.add(id)
      }
      journalled += records.length
      let growth = 0
      for (const [at, { name, become }] of commit.changes.entries()) {
        const was = before[at]
        if (become.kind !== 'value') continue
        if (name.startsWith('session:')) {
          if (!((become.ttlMs ?? Infinity) <= idleMs + RECEIPTS_KEPT_MS)) {
            violated('a session does not stay', `${name} for ${become.ttlMs} ms`)
          }
          const session = JSON.parse(become.value) as Session
          if (by) taken(by, was === undefined ? undefined : (JSON.parse(was) as Session), session, storeMs)
        } else if (by && was !== undefined) {
          changed(name, JSON.parse(was) as Subscriber, JSON.parse(become.value) as Subscriber, by, records)
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
      const line = lineOf(delivery)
      const own = line.turns.findLast(({ key }) => key === delivery.key)
      const shown = line.turns.at(-1)
      if (OURS.has(answer.text)) {
        if (answer.waits) violated('our own sentences end', what)
        if (isUnavailable(answer) || !own || !shown) return
        const place = line.turns.length - line.turns.indexOf(own)
        const isKept = epochMs + nowMs() <= shown.atMs + RECEIPTS_KEPT_MS && place <= RECEIPTS_KEPT
        const isKnown =
          delivery.dialogue.form !== 'unnumbered' || epochMs + nowMs() - own.atMs < REPEAT_WITHIN_MS
        if (isKept && isKnown && own.committedMs < epochMs + delivery.arrivedMs) {
          violated('a turn has one answer', `${what} was answered, and then told '${answer.text}'`)
        }
        return
      }
      // A begin come so late that its receipt is gone is shown where the dialogue is; where any text may begin one, it is any text.
      const began = own !== undefined && own === line.turns[0]
      const mayShowLast = delivery.dialogue.form === 'unnumbered' || isBegin(delivery) || began
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

const isBegin = ({ callback: { heard } }: Delivery): boolean =>
  heard.kind === 'transcript' ? heard.text === '' : heard.typed === undefined

/** Whether a callback is one step behind another of its dialogue. */
function isNext({ callback: { heard } }: Delivery, last: Delivery | undefined): boolean {
  const before = last?.callback.heard
  if (heard.kind === 'unnumbered') return true
  if (heard.kind === 'numbered') return before?.kind === 'numbered' && heard.number === before.number + 1
  if (before?.kind !== 'transcript') return false
  return before.text === '' ? heard.text !== '' : heard.text.startsWith(`${before.text}*`)
}

import { Secret } from '../../../src/engine/secret.ts'
import { handleOf } from '../../../src/gateway/records/records.ts'
import { PUK1_ATTEMPTS } from '../../../menus/record.ts'
import type { JournalRecord } from '../../../src/gateway/records/draft.ts'
import type { Subscriber } from '../../../menus/record.ts'
import type { Hashing } from '../../../src/services/hashing/hashing.ts'
import { lateDuplicatesOf, violation } from './history.ts'
import type { DialogueHistory, SubscriberHistory, TurnHistory, Violation, ViolationKind } from './history.ts'
import { FIRST_ENTRY } from './script.ts'

/** The stored data of a subscriber after the run. */
export interface StoredSubscriber {
  readonly record: Subscriber | undefined
  /** Journal entries of this number, oldest first. */
  readonly journal: readonly JournalRecord[]
}

export interface Finding {
  readonly violation: Violation
  /** Undefined for a violation of the whole subscriber. */
  readonly dialogue: DialogueHistory | undefined
}

interface Settings {
  readonly hashing: Pick<Hashing, 'verify'>
  /** The gateways' setting. */
  readonly repeatWithinMs: number
}

/**
 * Compares the history of a subscriber with the store: acknowledged effects happened exactly once, others at most once. Also
 * counts the passwords saved by a late duplicate of the first entry, and the pending PUK1 attempts.
 */
export async function checkSubscriber(
  history: SubscriberHistory,
  { record, journal }: StoredSubscriber,
  { hashing, repeatWithinMs }: Settings,
): Promise<{ findings: readonly Finding[]; savedByDuplicate: number; pending: number }> {
  const findings: Finding[] = []
  const find = (dialogue: DialogueHistory | undefined, ...violations: readonly Violation[]) => {
    for (const one of violations) findings.push({ violation: one, dialogue })
  }
  const ofSubscriber = journal.filter(({ by }) => by === 'subscriber')
  const known = new Set<JournalRecord>()
  let savedByDuplicate = 0
  for (const dialogue of history.dialogues) {
    const entries = ofSubscriber.filter((entry) => isOf(entry, dialogue, history))
    for (const entry of entries) known.add(entry)
    const saved = entries.filter((entry) => isSavedByDuplicate(entry, dialogue, repeatWithinMs))
    savedByDuplicate += saved.length
    const others = entries.filter((entry) => !saved.includes(entry))
    find(dialogue, ...dialogue.wrong, ...duplicatesOf(dialogue, others))
    find(dialogue, ...repliesOf(dialogue), ...effectsOf(dialogue, entries, saved.length > 0))
  }
  const invented = ofSubscriber.filter((entry) => !known.has(entry)).length
  find(undefined, ...some(invented, 'invented effect', 'The journal has effects of no known turn.'))
  if (!record) {
    find(undefined, violation('lost acknowledged', 'The subscriber record is missing.'))
    return { findings, savedByDuplicate, pending: 0 }
  }
  find(undefined, ...recordOf(record, history, ofSubscriber), ...guessesOf(history))
  find(
    undefined,
    ...pendingOf(record, history),
    ...(await passwordOf(record, history, ofSubscriber, hashing)),
  )
  return { findings, savedByDuplicate, pending: record.puk1Pending.length }
}

/** Returns one violation for a positive count. */
const some = (count: number, kind: ViolationKind, message: string): readonly Violation[] =>
  count > 0 ? [violation(kind, message, count)] : []

/** Returns true for an entry of this dialogue. With a shared session, it belongs to the dialogue that began last. */
function isOf(
  { id, atMs }: JournalRecord,
  { dialect, sessionId, shared, turns }: DialogueHistory,
  { dialogues }: SubscriberHistory,
): boolean {
  if (!id.startsWith(`${handleOf(dialect, sessionId)}:`)) return false
  if (!shared) return true
  const begun = dialogues.filter(
    (one) => (one.turns[0]?.sendings[0]?.sentMs ?? Infinity) <= atMs + CLOCK_SLACK_MS,
  )
  return begun.at(-1)?.turns === turns
}

/** Journal times are whole milliseconds from Redis on the same machine. */
const CLOCK_SLACK_MS = 3

/** Returns true when an entry lies between the first sending of a turn and its shown answer. */
const isDuring = ({ atMs }: JournalRecord, { sendings, answeredMs = Infinity }: TurnHistory): boolean =>
  atMs >= (sendings[0]?.sentMs ?? Infinity) - CLOCK_SLACK_MS && atMs <= answeredMs + CLOCK_SLACK_MS

/** Finds effects of duplicates: no turn in flight asked for them. */
function duplicatesOf({ turns }: DialogueHistory, entries: readonly JournalRecord[]): readonly Violation[] {
  const requests = ({ outcome, step }: TurnHistory, change: string) =>
    (outcome ? [outcome, ...step.outcomes] : step.outcomes).some(({ changes }) =>
      changes.some((one) => one.includes(change)),
    )
  return entries
    .filter((entry) => !turns.some((turn) => requests(turn, entry.change) && isDuring(entry, turn)))
    .map(({ change }) => violation('done by a duplicate', `${change} while no turn in flight asked for it.`))
}

/**
 * Recognises the one accepted exception of unnumbered dialects: a duplicate of the first password entry, later than
 * `REPEAT_WITHIN_MS` and before the second entry, counts as the second entry.
 */
function isSavedByDuplicate(
  entry: JournalRecord,
  { turns, numbered }: DialogueHistory,
  repeatWithinMs: number,
): boolean {
  if (numbered || entry.change !== 'password-set') return false
  const at = turns.findIndex(({ step }) => step.mark === FIRST_ENTRY)
  const [first, second] = [turns[at], turns[at + 1]]
  if (!first || entry.atMs >= (second?.sendings[0]?.sentMs ?? Infinity) - CLOCK_SLACK_MS) return false
  return lateDuplicatesOf(first, repeatWithinMs).some(
    ({ sentMs, endedMs = Infinity }) =>
      entry.atMs >= sentMs - CLOCK_SLACK_MS && entry.atMs <= endedMs + CLOCK_SLACK_MS,
  )
}

/** Finds pending attempts whose turn was answered. */
function pendingOf({ puk1Pending }: Subscriber, { dialogues }: SubscriberHistory): readonly Violation[] {
  const unanswered = new Set(
    dialogues.flatMap(({ turns }) =>
      turns.filter(({ outcome, step }) => !outcome || !step.outcomes.includes(outcome)).map(({ id }) => id),
    ),
  )
  const left = puk1Pending.filter(({ turn }) => !unanswered.has(turn.split(':')[0] ?? '')).length
  return some(left, 'attempt left pending', 'Attempts are pending although their turns were answered.')
}

/**
 * Finds turns with different replies, compared byte for byte. An unnumbered dialect may answer a late duplicate with the current
 * screen, which the subscriber never sees.
 */
function repliesOf({ turns, numbered, shared }: DialogueHistory): readonly Violation[] {
  // Late duplicates of other dialogues move a shared session, too.
  if (shared) return []
  return turns.flatMap(({ replies, step }, at) => {
    const isAnswer = ({ late }: { readonly late?: true }) => numbered || !late
    const later = numbered
      ? []
      : turns.flatMap((turn, place) => turn.replies.filter((reply) => place > at || reply.late))
    const shown = new Set(replies.filter(isAnswer).map(({ bytes }) => bytes))
    for (const { bytes } of later) if (shown.size > 1) shown.delete(bytes)
    if (shown.size <= 1) return []
    const message = `Turn ${at + 1} (${step.mark}) got ${shown.size} different replies.`
    return [violation('differing reply', message)]
  })
}

/** Compares the entries of a dialogue with the effects that its turns must and may have had. */
function effectsOf(
  { turns }: DialogueHistory,
  entries: readonly JournalRecord[],
  isSavedAtOnce: boolean,
): readonly Violation[] {
  const ids = new Set(entries.map(({ id }) => id))
  const did = [...ids].map((id) => entries.find((entry) => entry.id === id)?.change)
  const repeated = entries.length - ids.size
  const violations = [...some(repeated, 'double effect', 'The journal repeats effects of one turn.')]

  const choices = turns.map(({ outcome, step }): Choices => {
    // A password saved by a duplicate of the first entry is not saved again by the second.
    if (isSavedAtOnce) return step.mark === FIRST_ENTRY ? [['password-set']] : [[]]
    return outcome
      ? outcome.changes
      : [[], ...[...step.outcomes, ...step.detours].flatMap(({ changes }) => changes)]
  })
  if (isOneOf(did, choices)) return violations
  const byLength = choices.map((of) => of.toSorted((a, b) => a.length - b.length))
  const min = byLength.flatMap((of) => of[0] ?? [])
  const max = byLength.flatMap((of) => of.at(-1) ?? [])
  for (const change of new Set([...max, ...did])) {
    const [has = 0, atMost = 0, atLeast = 0] = [did, max, min].map(
      (list: readonly unknown[]) => list.filter((one) => one === change).length,
    )
    const message = `${change}: ${has} in the journal, ${atLeast} acknowledged.`
    violations.push(...some(has - atMost, 'double effect', message))
    violations.push(...some(atLeast - has, 'lost acknowledged', message))
  }
  return violations.length > 0
    ? violations
    : [violation('record differs', 'Effects are not in the order of the turns.')]
}

type Choices = readonly (readonly string[])[]

/** Returns true when a list consists of one choice of each, in order. */
function isOneOf(did: readonly (string | undefined)[], choices: readonly Choices[]): boolean {
  const [first, ...rest] = choices
  if (!first) return did.length === 0
  return first.some(
    (choice) => choice.every((change, at) => did[at] === change) && isOneOf(did.slice(choice.length), rest),
  )
}

/** Compares the record with the state that the journal implies. */
function recordOf(
  record: Subscriber,
  { registered, passwordGeneration }: SubscriberHistory,
  journal: readonly JournalRecord[],
): readonly Violation[] {
  let access: string = registered
  let [attemptsLeft, passwords] = [PUK1_ATTEMPTS, 0]
  for (const { change } of journal) {
    if (change === 'access-closed') access = 'closed-by-subscriber'
    if (change === 'access-opened') [access, attemptsLeft] = ['open', PUK1_ATTEMPTS]
    if (change === 'puk1-refused' || change === 'puk1-locked') attemptsLeft -= 1
    if (change === 'password-set') passwords += 1
  }
  const differs = (what: string, has: number | string, journalled: number | string) =>
    has === journalled
      ? []
      : [violation('record differs', `${what}: ${has} in the record, ${journalled} in the journal.`)]
  return [
    ...differs('access', record.access, access),
    // A pending attempt is subtracted already, but not in the journal yet.
    ...differs('guesses of PUK1 left', record.puk1AttemptsLeft + record.puk1Pending.length, attemptsLeft),
    ...differs('passwords set', record.passwordGeneration - passwordGeneration, passwords),
  ]
}

/** Checks that the password saved last is the stored one. */
async function passwordOf(
  record: Subscriber,
  history: SubscriberHistory,
  journal: readonly JournalRecord[],
  hashing: Pick<Hashing, 'verify'>,
): Promise<readonly Violation[]> {
  const { msisdn, dialogues } = history
  const last = journal.findLast(({ change }) => change === 'password-set')
  if (!last) return []
  const by = dialogues.find((dialogue) => isOf(last, dialogue, history))
  if (by?.password === undefined) return []
  const secret = new Secret(by.password)
  const { matches } = await hashing.verify(record.password ?? undefined, 'password', msisdn, secret)
  return matches ? [] : [violation('record differs', 'The password that was saved last does not verify.')]
}

/** Finds answered guesses that were not counted: two show the same number without an opening in between. */
function guessesOf({ dialogues }: SubscriberHistory): readonly Violation[] {
  const outcomes = dialogues.flatMap(({ turns }) => turns.flatMap(({ outcome }) => outcome ?? []))
  let shown: number[] = []
  let unaccounted = 0
  for (const { attemptsLeft, changes } of outcomes) {
    if (changes.some((one) => one.includes('access-opened'))) shown = []
    if (attemptsLeft === undefined) continue
    if (shown.includes(attemptsLeft)) unaccounted += 1
    shown.push(attemptsLeft)
  }
  return some(unaccounted, 'guess not counted', 'Wrong PUK1 guesses were answered without being counted.')
}

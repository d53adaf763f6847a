/** What a subscriber's history says against the store: every acknowledged effect exactly once, any other once at most. */
import { Secret } from '../../../src/engine/secret.ts'
import { handleOf } from '../../../src/gateway/records/records.ts'
import { PUK1_ATTEMPTS } from '../../../src/gateway/records/subscriber.ts'
import type { Change, JournalRecord, Subscriber } from '../../../src/gateway/records/subscriber.ts'
import type { Hashing } from '../../../src/services/hashing/hashing.ts'
import { violation } from './history.ts'
import { isLate } from './history.ts'
import type { DialogueHistory, SubscriberHistory, TurnHistory, Violation } from './history.ts'
import { FIRST_ENTRY } from './script.ts'

/** What the store holds of a subscriber when all is over. */
export interface Found {
  readonly record: Subscriber | undefined
  /** Of this number, oldest first. */
  readonly journal: readonly JournalRecord[]
}

export interface Finding {
  readonly violation: Violation
  /** Undefined where it is the subscriber's as a whole. */
  readonly dialogue: DialogueHistory | undefined
}

export interface Checked {
  readonly findings: readonly Finding[]
  /** Passwords that were saved by a late duplicate of their first entry, which the gateway takes for the second one. */
  readonly residues: number
  /** Attempts at PUK1 that were reserved, and whose outcome nobody was shown. */
  readonly pending: number
}

/**
 * Everything that is wrong with one subscriber; `verify` tells whether a password is the one of the record. `repeatWithinMs`
 * is the gateways' setting.
 */
export async function checkSubscriber(
  history: SubscriberHistory,
  found: Found,
  { hashing, repeatWithinMs }: { readonly hashing: Pick<Hashing, 'verify'>; readonly repeatWithinMs: number },
): Promise<Checked> {
  const { record, journal } = found
  let residues = 0
  const ofSubscriber = journal.filter(({ by }) => by === 'subscriber')
  const findings: Finding[] = []
  const find = (dialogue: DialogueHistory | undefined, ...violations: readonly Violation[]) => {
    for (const one of violations) findings.push({ violation: one, dialogue })
  }

  const known = new Set<JournalRecord>()
  for (const dialogue of history.dialogues) {
    const entries = ofSubscriber.filter((entry) => isOf(entry, dialogue, history))
    for (const entry of entries) known.add(entry)
    const residue = entries.filter((entry) => isResidue(entry, dialogue, repeatWithinMs))
    residues += residue.length
    const others = entries.filter((entry) => !residue.includes(entry))
    find(dialogue, ...dialogue.wrong, ...duplicatesOf(dialogue, others))
    find(dialogue, ...repliesOf(dialogue), ...effectsOf(dialogue, entries, residue.length > 0))
  }
  const invented = ofSubscriber.filter((entry) => !known.has(entry)).length
  if (invented > 0)
    find(undefined, violation('invented effect', 'The journal tells of turns nobody took.', invented))

  if (!record) find(undefined, violation('lost acknowledged', 'The registered subscriber is gone.'))
  else {
    find(undefined, ...recordOf(record, history, ofSubscriber), ...guessesOf(history))
    find(undefined, ...pendingOf(record, history))
  }
  if (record) find(undefined, ...(await passwordOf(record, history, ofSubscriber, hashing)))
  return { findings, residues, pending: record?.puk1Pending.length ?? 0 }
}

/** Whether an entry was made in this dialogue; where dialogues share a session, that which had begun last. */
function isOf(
  { id, atMs }: JournalRecord,
  { dialect, sessionId, shared, turns }: DialogueHistory,
  { dialogues }: SubscriberHistory,
): boolean {
  if (!id.startsWith(`${handleOf(dialect, sessionId)}:`)) return false
  if (!shared) return true
  const begun = dialogues.filter((one) => (one.turns[0]?.sendings[0]?.sentMs ?? Infinity) <= atMs + CLOCKS_MS)
  return begun.at(-1)?.turns === turns
}

/** The journal's times are Redis' and whole milliseconds, on the same machine. */
const CLOCKS_MS = 3

/** Whether it may have come about between the first sending of a turn and the answer the subscriber was shown. */
const isDuring = ({ atMs }: JournalRecord, { sendings, answeredMs = Infinity }: TurnHistory): boolean =>
  atMs >= (sendings[0]?.sentMs ?? Infinity) - CLOCKS_MS && atMs <= answeredMs + CLOCKS_MS

/** An effect that came about while no turn was under way that asks for it was brought about by a duplicate. */
function duplicatesOf({ turns }: DialogueHistory, entries: readonly JournalRecord[]): readonly Violation[] {
  const asksFor = ({ outcome, step }: TurnHistory, change: Change) =>
    (outcome ? [outcome, ...step.outcomes] : step.outcomes).some(({ changes }) =>
      changes.some((one) => one.includes(change)),
    )
  return entries
    .filter((entry) => !turns.some((turn) => asksFor(turn, entry.change) && isDuring(entry, turn)))
    .map(({ change }) =>
      violation('done by a duplicate', `${change}, while no turn was under way that asks for it.`),
    )
}

/**
 * The residue of dialects that number nothing, and nothing else: the first entry of a password, delivered again when
 * `REPEAT_WITHIN_MS` is over and before the second entry was sent, is the second entry.
 */
function isResidue(
  entry: JournalRecord,
  { turns, numbered }: DialogueHistory,
  repeatWithinMs: number,
): boolean {
  if (numbered || entry.change !== 'password-set') return false
  const at = turns.findIndex(({ step }) => step.mark === FIRST_ENTRY)
  const [first, second] = [turns[at], turns[at + 1]]
  if (!first || entry.atMs >= (second?.sendings[0]?.sentMs ?? Infinity) - CLOCKS_MS) return false
  return first.sendings
    .slice(1)
    .some(
      (sending) =>
        isLate(first, sending, repeatWithinMs) &&
        entry.atMs >= sending.sentMs - CLOCKS_MS &&
        entry.atMs <= (sending.endedMs ?? Infinity) + CLOCKS_MS,
    )
}

/** Every attempt that is pending still belongs to a turn whose outcome nobody was shown. */
function pendingOf({ puk1Pending }: Subscriber, { dialogues }: SubscriberHistory): readonly Violation[] {
  const unanswered = new Set(
    dialogues.flatMap(({ turns }) =>
      turns.filter(({ outcome, step }) => !outcome || !step.outcomes.includes(outcome)).map(({ id }) => id),
    ),
  )
  const left = puk1Pending.filter(({ turn }) => !unanswered.has(turn.split(':')[0] ?? ''))
  if (left.length === 0) return []
  return [
    violation('attempt left pending', 'Attempts are pending though their turns were answered.', left.length),
  ]
}

/**
 * The same turn has the same reply, to the byte; a dialect without numbers may show where the dialogue was by then, also what
 * late duplicates were answered, which nobody sees.
 */
function repliesOf({ turns, numbered, shared }: DialogueHistory): readonly Violation[] {
  // Late duplicates of other dialogues move the page, too.
  if (shared) return []
  return turns.flatMap(({ replies, step }, at) => {
    const isAnswer = ({ late }: { readonly late?: true }) => numbered || !late
    const later = numbered
      ? []
      : turns.flatMap((turn, place) => turn.replies.filter((reply) => place > at || reply.late))
    const shown = new Set(replies.filter(isAnswer).map(({ bytes }) => bytes))
    for (const { bytes } of later) if (shown.size > 1) shown.delete(bytes)
    if (shown.size <= 1) return []
    const sentence = `Turn ${at + 1} (${step.mark}) was answered with ${shown.size} different replies.`
    return [violation('differing reply', sentence)]
  })
}

/** Entries of one dialogue, against what its turns must have done, and may have done where nobody was told. */
function effectsOf(
  { turns }: DialogueHistory,
  entries: readonly JournalRecord[],
  isSavedAtOnce: boolean,
): readonly Violation[] {
  const violations: Violation[] = []
  const ids = new Set(entries.map(({ id }) => id))
  const repeated = entries.length - ids.size
  if (repeated > 0)
    violations.push(violation('double effect', 'Effects of one turn are in the journal again.', repeated))
  const did = [...ids].map((id) => entries.find((entry) => entry.id === id)?.change)

  const choices = turns.map(({ outcome, step }): Choices => {
    // Saved by a duplicate of its first entry, a password is not saved again by the second.
    if (isSavedAtOnce) return step.mark === FIRST_ENTRY ? [['password-set']] : [[]]
    return outcome
      ? outcome.changes
      : [[], ...[...step.outcomes, ...step.detours].flatMap(({ changes }) => changes)]
  })
  if (isOneOf(did, choices)) return violations
  const most = counted(choices.flatMap((of) => longest(of)))
  const least = counted(choices.flatMap((of) => shortest(of)))
  const have = counted(did)
  for (const change of new Set([...most.keys(), ...have.keys()])) {
    const [has, atMost, atLeast] = [have, most, least].map((of) => of.get(change) ?? 0) as [
      number,
      number,
      number,
    ]
    const sentence = `${change}: ${has} in the journal, of ${atLeast} acknowledged.`
    if (has > atMost) violations.push(violation('double effect', sentence, has - atMost))
    if (has < atLeast) violations.push(violation('lost acknowledged', sentence, atLeast - has))
  }
  return violations.length > 0
    ? violations
    : [violation('record differs', 'Effects are not in the order of the turns.')]
}

type Choices = readonly (readonly Change[])[]
const longest = (of: Choices) => of.reduce((a, b) => (b.length > a.length ? b : a), [])
const shortest = (of: Choices) => of.reduce((a, b) => (b.length < a.length ? b : a))

function counted<T>(of: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const one of of) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}

/** Whether a list is one choice of each, in order. */
function isOneOf(did: readonly (Change | undefined)[], choices: readonly Choices[]): boolean {
  const [first, ...rest] = choices
  if (!first) return did.length === 0
  return first.some(
    (choice) => choice.every((change, at) => did[at] === change) && isOneOf(did.slice(choice.length), rest),
  )
}

/** The record is what the journal says it became. */
function recordOf(
  record: Subscriber,
  { registered, passwordGeneration }: SubscriberHistory,
  journal: readonly JournalRecord[],
): readonly Violation[] {
  let [access, attemptsLeft, generation]: [string, number, number] = [
    registered,
    PUK1_ATTEMPTS,
    passwordGeneration,
  ]
  for (const { change } of journal) {
    if (change === 'access-closed') access = 'closed-by-subscriber'
    if (change === 'access-opened') [access, attemptsLeft] = ['open', PUK1_ATTEMPTS]
    if (change === 'puk1-refused' || change === 'puk1-locked') attemptsLeft -= 1
    if (change === 'password-set') generation += 1
  }
  const differs = (what: string, has: number | string, journalled: number | string) =>
    has === journalled
      ? []
      : [violation('record differs', `${what}: ${has} in the record, ${journalled} by the journal.`)]
  return [
    ...differs('access', record.access, access),
    // An attempt that is pending has been taken off, and the journal does not tell of it yet.
    ...differs('guesses of PUK1 left', record.puk1AttemptsLeft + record.puk1Pending.length, attemptsLeft),
    ...differs(
      'passwords set',
      record.passwordGeneration - passwordGeneration,
      generation - passwordGeneration,
    ),
  ]
}

/** The password that the last entry speaks of is the one that holds. */
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

/** Each guess that was answered has used up one of the ten: no two are shown the same number, without an opening between. */
function guessesOf({ dialogues }: SubscriberHistory): readonly Violation[] {
  const outcomes = dialogues.flatMap(({ turns }) =>
    turns.flatMap(({ outcome }) => (outcome ? [outcome] : [])),
  )
  let shown: number[] = []
  let unaccounted = 0
  for (const { attemptsLeft, changes } of outcomes) {
    if (changes.some((one) => one.includes('access-opened'))) shown = []
    if (attemptsLeft === undefined) continue
    if (shown.includes(attemptsLeft)) unaccounted += 1
    shown.push(attemptsLeft)
  }
  if (unaccounted === 0) return []
  const sentence = 'Wrong guesses of PUK1 were answered, and not each was counted.'
  return [violation('guess not counted', sentence, unaccounted)]
}

/** What a subscriber's history says against the store: every acknowledged effect exactly once, any other once at most. */
import { Secret } from '../../src/engine/secret.ts'
import { handleOf } from '../../src/gateway/records.ts'
import { PUK1_ATTEMPTS } from '../../src/gateway/subscriber.ts'
import type { Change, JournalRecord, Subscriber } from '../../src/gateway/subscriber.ts'
import type { Hashing } from '../../src/services/hashing.ts'
import { violation } from './history.ts'
import type { DialogueHistory, SubscriberHistory, Violation } from './history.ts'

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

/** Everything that is wrong with one subscriber; `verify` tells whether a password is the one of the record. */
export async function checkSubscriber(
  history: SubscriberHistory,
  found: Found,
  hashing: Pick<Hashing, 'verify'>,
): Promise<readonly Finding[]> {
  const { record, journal } = found
  const ofSubscriber = journal.filter(({ by }) => by === 'subscriber')
  const findings: Finding[] = []
  const find = (dialogue: DialogueHistory | undefined, ...violations: readonly Violation[]) => {
    for (const one of violations) findings.push({ violation: one, dialogue })
  }

  const known = new Set<JournalRecord>()
  for (const dialogue of history.dialogues) {
    const begin = `${handleOf(dialogue.dialect, dialogue.sessionId)}:`
    const entries = ofSubscriber.filter(({ id }) => id.startsWith(begin))
    for (const entry of entries) known.add(entry)
    find(dialogue, ...dialogue.wrong, ...repliesOf(dialogue), ...effectsOf(dialogue, entries))
  }
  const invented = ofSubscriber.filter((entry) => !known.has(entry)).length
  if (invented > 0)
    find(undefined, violation('invented effect', 'The journal tells of turns nobody took.', invented))

  if (!record) find(undefined, violation('lost acknowledged', 'The registered subscriber is gone.'))
  else find(undefined, ...recordOf(record, history, ofSubscriber), ...guessesOf(history))
  if (record) find(undefined, ...(await passwordOf(record, history, ofSubscriber, hashing)))
  return findings
}

/** The same turn has the same reply, to the byte; a dialect without numbers may show where the dialogue was by then. */
function repliesOf({ turns, numbered }: DialogueHistory): readonly Violation[] {
  return turns.flatMap(({ replies, step }, at) => {
    const later = numbered ? [] : turns.slice(at + 1).flatMap((turn) => turn.replies)
    const shown = new Set(replies.map(({ bytes }) => bytes))
    for (const { bytes } of later) if (shown.size > 1) shown.delete(bytes)
    if (shown.size <= 1) return []
    const sentence = `Turn ${at + 1} (${step.mark}) was answered with ${shown.size} different replies.`
    return [violation('differing reply', sentence)]
  })
}

/** Entries of one dialogue, against what its turns must have done, and may have done where nobody was told. */
function effectsOf({ turns }: DialogueHistory, entries: readonly JournalRecord[]): readonly Violation[] {
  const violations: Violation[] = []
  const ids = new Set(entries.map(({ id }) => id))
  const repeated = entries.length - ids.size
  if (repeated > 0)
    violations.push(violation('double effect', 'Effects of one turn are in the journal again.', repeated))
  const did = [...ids].map((id) => entries.find((entry) => entry.id === id)?.change)

  const choices = turns.map(({ outcome, step }) =>
    outcome ? outcome.changes : [[], ...step.outcomes.flatMap(({ changes }) => changes)],
  )
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
    ...differs('guesses of PUK1 left', record.puk1AttemptsLeft, attemptsLeft),
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
  { msisdn, dialogues }: SubscriberHistory,
  journal: readonly JournalRecord[],
  hashing: Pick<Hashing, 'verify'>,
): Promise<readonly Violation[]> {
  const last = journal.findLast(({ change }) => change === 'password-set')
  if (!last) return []
  const by = dialogues.find(({ dialect, sessionId }) =>
    last.id.startsWith(`${handleOf(dialect, sessionId)}:`),
  )
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

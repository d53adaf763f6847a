import { describe, expect, it } from '@jest/globals'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { handleOf } from '../../../src/gateway/records/records.ts'
import { newSubscriber } from '../../support/record.ts'
import type { JournalRecord } from '../../../src/gateway/records/draft.ts'
import type { Subscriber } from '../../../menus/record.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import { Secret } from '../../../src/engine/secret.ts'
import { checkSubscriber } from './check.ts'
import type { DialogueHistory, SubscriberHistory, TurnHistory } from './history.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import type { Outcome } from './script.ts'

const msisdn = '+375291000000'
const hashing = createHashing({
  keyring: createKeyring({ current: Buffer.alloc(32, 1) }),
  argon2: createDigestArgon2(),
})

const settings = { hashing, repeatWithinMs: 3000 }

const shows = (text: string, ...changes: readonly string[]): Outcome => ({
  text,
  waits: true,
  changes: [changes],
})

/** Creates a turn with or without an answer. It is in flight when the journal entries are written. */
const turn = (
  outcome: Outcome,
  state: 'answered' | 'unanswered' = 'answered',
  changes: Partial<TurnHistory> = {},
): TurnHistory => ({
  step: { typed: '1', mark: '1', outcomes: [outcome], detours: [] },
  replies: state === 'answered' ? [{ bytes: outcome.text, text: outcome.text }] : [],
  sendings: [{ sentMs: 1, endedMs: 1 }],
  id: 'turn',
  ...(state === 'answered' && { outcome, answeredMs: 1 }),
  ...changes,
})

const dialogue = (turns: TurnHistory[], changes: Partial<DialogueHistory> = {}): DialogueHistory => ({
  name: 'tests',
  dialect: 'hubtel',
  numbered: true,
  shared: false,
  retries: 'soon',
  moved: false,
  sessionId: 's1',
  password: undefined,
  turns,
  wrong: [],
  events: [],
  ...changes,
})

const entry = (turnId: string, change: string, sessionId = 's1', atMs = 1): JournalRecord => ({
  id: `${handleOf('hubtel', sessionId)}:${turnId}:0`,
  atMs,
  msisdn,
  change,
  by: 'subscriber',
})

async function check(
  dialogues: DialogueHistory[],
  journal: readonly JournalRecord[],
  record: Subscriber | null = newSubscriber,
) {
  const history: SubscriberHistory = { msisdn, passwordGeneration: 0, registered: 'open', dialogues }
  const { findings, savedByDuplicate } = await checkSubscriber(
    history,
    { record: record ?? undefined, journal },
    settings,
  )
  return [
    ...findings.map(({ violation: { kind, count } }) => `${kind} ${count}`),
    ...(savedByDuplicate > 0 ? [`saved by duplicate ${savedByDuplicate}`] : []),
  ]
}

const closed: Subscriber = { ...newSubscriber, access: 'closed-by-subscriber' }
const closing = shows('closed', 'access-closed')
/** A journal entry of a closing. */
const closedIn = (turnId: string, ...more: [sessionId?: string, atMs?: number]) =>
  entry(turnId, 'access-closed', ...more)

describe('the check of a subscriber', () => {
  it('accepts acknowledged effects that are stored once', async () => {
    const acknowledged = [dialogue([turn(shows('menu')), turn(closing)])]
    expect(await check(acknowledged, [closedIn('b')], closed)).toEqual([])
  })

  it('accepts an unacknowledged effect once or not at all', async () => {
    const unanswered = () => [dialogue([turn(shows('menu')), turn(closing, 'unanswered')])]
    expect(await check(unanswered(), [])).toEqual([])
    expect(await check(unanswered(), [closedIn('b')], closed)).toEqual([])
    const twice = [closedIn('b'), closedIn('c')]
    expect(await check(unanswered(), twice, closed)).toEqual(['double effect 1'])
  })

  it('finds a double effect under one turn id or two', async () => {
    const answered = [dialogue([turn(closing)])]
    for (const turnId of ['b', 'c']) {
      const twice = [closedIn('b'), closedIn(turnId)]
      expect(await check(answered, twice, closed)).toEqual(['double effect 1'])
    }
  })

  it('finds a lost effect and a lost subscriber', async () => {
    expect(await check([dialogue([turn(closing)])], [])).toEqual(['lost acknowledged 1'])
    expect(await check([], [], null)).toEqual(['lost acknowledged 1'])
  })

  it('finds effects out of order and effects of no known turn', async () => {
    const opening = shows('opened', 'access-opened')
    const both = [dialogue([turn(closing), turn(opening)])]
    const swapped = [entry('c', 'access-opened'), closedIn('b')]
    expect(await check(both, swapped, closed)).toEqual(['record differs 1'])
    expect(await check([], [closedIn('b', 'another')], closed)).toEqual(['invented effect 1'])
  })

  it('finds differing replies, except the current screen in an unnumbered dialect', async () => {
    const alsoShown = (outcome: Outcome, text: string) => {
      const one = turn(outcome)
      one.replies.push({ bytes: text, text })
      return one
    }
    const checked = (turns: TurnHistory[], numbered: boolean) =>
      check([dialogue(turns, { numbered })], [closedIn('b')], closed)
    const moved = () => [alsoShown(shows('menu'), 'closed'), turn(closing)]
    expect(await checked(moved(), true)).toEqual(['differing reply 1'])
    expect(await checked(moved(), false)).toEqual([])
    const back = [turn(shows('menu')), alsoShown(closing, 'menu')]
    expect(await checked(back, false)).toEqual(['differing reply 1'])
  })

  it('finds a record that differs from the journal', async () => {
    const done = [dialogue([turn(closing)])]
    expect(await check(done, [closedIn('b')])).toEqual(['record differs 1'])
    const refused = [dialogue([turn(shows('wrong', 'puk1-refused'))])]
    const entries = [entry('b', 'puk1-refused')]
    expect(await check(refused, entries, { ...newSubscriber, puk1AttemptsLeft: 9 })).toEqual([])
    expect(await check(refused, entries)).toEqual(['record differs 1'])
  })
})

describe('the check of secrets', () => {
  it('finds a stored password other than the one saved last', async () => {
    const saved = [dialogue([turn(shows('saved', 'password-set'))], { password: '48151623' })]
    const entries = [entry('b', 'password-set')]
    const record = async (digits: string): Promise<Subscriber> => ({
      ...newSubscriber,
      passwordGeneration: 1,
      password: await hashing.hash('password', msisdn, new Secret(digits)),
    })
    expect(await check(saved, entries, await record('48151623'))).toEqual([])
    expect(await check(saved, entries, await record('42424242'))).toEqual(['record differs 1'])
  })

  it('finds two answered PUK1 guesses that were counted once', async () => {
    const wrong = (attemptsLeft: number): Outcome => ({ ...shows('wrong', 'puk1-refused'), attemptsLeft })
    const guessers = (second: number) => [
      dialogue([turn(wrong(9))]),
      dialogue([turn(wrong(second))], { sessionId: 's2' }),
    ]
    const entries = [entry('b', 'puk1-refused'), entry('b', 'puk1-refused', 's2')]
    const record = { ...newSubscriber, puk1AttemptsLeft: 8 }
    expect(await check(guessers(8), entries, record)).toEqual([])
    expect(await check(guessers(9), entries, record)).toEqual(['guess not counted 1'])
    const once = { ...newSubscriber, puk1AttemptsLeft: 9 }
    const lost = ['lost acknowledged 1', 'guess not counted 1']
    expect(await check(guessers(9), entries.slice(0, 1), once)).toEqual(lost)
  })
})

describe('the check of duplicates', () => {
  it('finds an effect of a duplicate before or after the turn that requests it', async () => {
    const later = { sendings: [{ sentMs: 5000, endedMs: 5001 }], answeredMs: 5001 }
    const answered = [dialogue([turn(shows('menu')), turn(closing, 'answered', later)], { numbered: false })]
    const at = (atMs: number) => check(answered, [closedIn('b', 's1', atMs)], closed)
    expect(await at(5000)).toEqual([])
    expect(await at(4000)).toEqual(['done by a duplicate 1'])
    expect(await at(6000)).toEqual(['done by a duplicate 1'])
  })

  it('accepts only a late duplicate of a first password entry that saves it', async () => {
    const saved = (mark: string, again: number) => {
      const sendings = [
        { sentMs: 1, endedMs: 1 },
        { sentMs: again, endedMs: again + 9 },
      ]
      const first = turn(shows('repeat'), 'answered', { sendings })
      const later = { sendings: [{ sentMs: 20_000, endedMs: 20_001 }], answeredMs: 20_001 }
      const second = turn(shows('saved', 'password-set'), 'answered', later)
      const turns = [{ ...first, step: { ...first.step, mark } }, second]
      return dialogue(turns, { numbered: false })
    }
    const record = { ...newSubscriber, passwordGeneration: 1 }
    const at = (atMs: number) => [entry('b', 'password-set', 's1', atMs)]
    expect(await check([saved('a password', 12_000)], at(12_004), record)).toEqual(['saved by duplicate 1'])
    expect(await check([saved('a password', 12_000)], at(13_000), record)).toEqual(['done by a duplicate 1'])
    expect(await check([saved('a password', 2000)], at(2004), record)).toEqual(['done by a duplicate 1'])
    expect(await check([saved('another', 12_000)], at(12_004), record)).toEqual(['done by a duplicate 1'])
    const numbered = { ...saved('a password', 12_000), numbered: true }
    expect(await check([numbered], at(12_004), record)).toEqual(['done by a duplicate 1'])
    const both = [...at(12_004), ...at(20_000)]
    expect(await check([saved('a password', 12_000)], both, record)).toContain('double effect 1')
  })

  it('accepts a pending attempt only for a turn that was never answered', async () => {
    const refused = shows('wrong', 'puk1-refused')
    const pending = { turn: 'turn:2', owner: 'run', untilMs: 1, left: 9 }
    const record = { ...newSubscriber, puk1AttemptsLeft: 9, puk1Pending: [pending] }
    const unanswered = [dialogue([turn(refused, 'unanswered')])]
    expect(await check(unanswered, [], record)).toEqual([])
    expect(await check(unanswered, [], { ...record, puk1Pending: [] })).toEqual(['record differs 1'])
    const answered = [dialogue([turn(refused)])]
    const twice = { ...record, puk1AttemptsLeft: 8 }
    expect(await check(answered, [entry('b', 'puk1-refused')], twice)).toEqual(['attempt left pending 1'])
  })

  it('accepts any screen as the answer to a late duplicate', async () => {
    const moved = (late: boolean) => {
      const one = turn(shows('menu'))
      one.replies.push({ bytes: 'not a PUK1', text: 'not a PUK1', ...(late && { late }) })
      return [dialogue([one], { numbered: false })]
    }
    expect(await check(moved(true), [])).toEqual([])
    expect(await check(moved(false), [])).toEqual(['differing reply 1'])
  })
})

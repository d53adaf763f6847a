import { describe, expect, it } from '@jest/globals'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { handleOf } from '../../../src/gateway/records/records.ts'
import { newSubscriber } from '../../../src/gateway/records/subscriber.ts'
import type { Change, JournalRecord, Subscriber } from '../../../src/gateway/records/subscriber.ts'
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

const shows = (text: string, ...changes: readonly Change[]): Outcome => ({
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

const entry = (turnId: string, change: Change, sessionId = 's1', atMs = 1): JournalRecord => ({
  id: `${handleOf('hubtel', sessionId)}:${turnId}:0`,
  atMs,
  msisdn,
  change,
  by: 'subscriber',
})

async function check(
  dialogues: DialogueHistory[],
  journal: readonly JournalRecord[],
  record: Subscriber | undefined = newSubscriber,
) {
  const history: SubscriberHistory = { msisdn, passwordGeneration: 0, registered: 'open', dialogues }
  const { findings, residues } = await checkSubscriber(history, { record, journal }, settings)
  return [
    ...findings.map(({ violation: { kind, count } }) => `${kind} ${count}`),
    ...(residues > 0 ? [`residue ${residues}`] : []),
  ]
}

const closed: Subscriber = { ...newSubscriber, access: 'closed-by-subscriber' }
const closing = shows('closed', 'access-closed')

describe('checkSubscriber', () => {
  it('accepts acknowledged effects that are stored once', async () => {
    expect(
      await check([dialogue([turn(shows('menu')), turn(closing)])], [entry('b', 'access-closed')], closed),
    ).toEqual([])
  })

  it('accepts an unacknowledged effect once or not at all', async () => {
    const unanswered = () => [dialogue([turn(shows('menu')), turn(closing, 'unanswered')])]
    expect(await check(unanswered(), [])).toEqual([])
    expect(await check(unanswered(), [entry('b', 'access-closed')], closed)).toEqual([])
    expect(
      await check(unanswered(), [entry('b', 'access-closed'), entry('c', 'access-closed')], closed),
    ).toEqual(['double effect 1'])
  })

  it('finds a double effect under one turn id or two', async () => {
    const answered = [dialogue([turn(closing)])]
    expect(await check(answered, [entry('b', 'access-closed'), entry('b', 'access-closed')], closed)).toEqual(
      ['double effect 1'],
    )
    expect(await check(answered, [entry('b', 'access-closed'), entry('c', 'access-closed')], closed)).toEqual(
      ['double effect 1'],
    )
  })

  it('finds a lost effect and a lost subscriber', async () => {
    expect(await check([dialogue([turn(closing)])], [])).toEqual(['lost acknowledged 1'])
    const history: SubscriberHistory = { msisdn, passwordGeneration: 0, registered: 'open', dialogues: [] }
    const { findings: gone } = await checkSubscriber(history, { record: undefined, journal: [] }, settings)
    expect(gone.map(({ violation }) => violation.kind)).toEqual(['lost acknowledged'])
  })

  it('finds effects out of order and effects of no known turn', async () => {
    const opening = shows('opened', 'access-opened')
    const both = [dialogue([turn(closing), turn(opening)])]
    expect(await check(both, [entry('c', 'access-opened'), entry('b', 'access-closed')], closed)).toEqual([
      'record differs 1',
    ])
    expect(await check([], [entry('b', 'access-closed', 'another')], closed)).toEqual(['invented effect 1'])
  })

  it('finds differing replies, except the current screen in an unnumbered dialect', async () => {
    const first = () => {
      const one = turn(shows('menu'))
      one.replies.push({ bytes: 'closed', text: 'closed' })
      return one
    }
    const entries = [entry('b', 'access-closed')]
    expect(await check([dialogue([first(), turn(closing)])], entries, closed)).toEqual(['differing reply 1'])
    expect(await check([dialogue([first(), turn(closing)], { numbered: false })], entries, closed)).toEqual(
      [],
    )
    const last = turn(closing)
    last.replies.push({ bytes: 'menu', text: 'menu' })
    expect(
      await check([dialogue([turn(shows('menu')), last], { numbered: false })], entries, closed),
    ).toEqual(['differing reply 1'])
  })

  it('finds a record that differs from the journal', async () => {
    const done = [dialogue([turn(closing)])]
    expect(await check(done, [entry('b', 'access-closed')])).toEqual(['record differs 1'])
    const refused = [dialogue([turn(shows('wrong', 'puk1-refused'))])]
    const entries = [entry('b', 'puk1-refused')]
    expect(await check(refused, entries, { ...newSubscriber, puk1AttemptsLeft: 9 })).toEqual([])
    expect(await check(refused, entries)).toEqual(['record differs 1'])
  })

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
    expect(await check(guessers(9), entries.slice(0, 1), { ...newSubscriber, puk1AttemptsLeft: 9 })).toEqual([
      'lost acknowledged 1',
      'guess not counted 1',
    ])
  })

  it('finds an effect of a duplicate before or after the turn that requests it', async () => {
    const later = { sendings: [{ sentMs: 5000, endedMs: 5001 }], answeredMs: 5001 }
    const answered = [dialogue([turn(shows('menu')), turn(closing, 'answered', later)], { numbered: false })]
    const at = (atMs: number) => check(answered, [entry('b', 'access-closed', 's1', atMs)], closed)
    expect(await at(5000)).toEqual([])
    expect(await at(4000)).toEqual(['done by a duplicate 1'])
    expect(await at(6000)).toEqual(['done by a duplicate 1'])
  })

  it('accepts only a late duplicate of a first password entry that saves it', async () => {
    const first = (again: number) => ({
      ...turn(shows('repeat'), 'answered', {
        sendings: [
          { sentMs: 1, endedMs: 1 },
          { sentMs: again, endedMs: again + 9 },
        ],
      }),
    })
    const second = { sendings: [{ sentMs: 20_000, endedMs: 20_001 }], answeredMs: 20_001 }
    const saved = (mark: string, again: number) => {
      const turns = [first(again), turn(shows('saved', 'password-set'), 'answered', second)]
      const [one, two] = turns.map((each) => ({ ...each, step: { ...each.step, mark } })) as [
        TurnHistory,
        TurnHistory,
      ]
      return dialogue([one, { ...two, step: { ...two.step, mark: 'the same' } }], { numbered: false })
    }
    const record = { ...newSubscriber, passwordGeneration: 1 }
    const at = (atMs: number) => [entry('b', 'password-set', 's1', atMs)]
    expect(await check([saved('a password', 12_000)], at(12_004), record)).toEqual(['residue 1'])
    expect(await check([saved('a password', 12_000)], at(13_000), record)).toEqual(['done by a duplicate 1'])
    expect(await check([saved('a password', 2000)], at(2004), record)).toEqual(['done by a duplicate 1'])
    expect(await check([saved('another', 12_000)], at(12_004), record)).toEqual(['done by a duplicate 1'])
    const numbered = { ...saved('a password', 12_000), numbered: true }
    expect(await check([numbered], at(12_004), record)).toEqual(['done by a duplicate 1'])
    expect(await check([saved('a password', 12_000)], [...at(12_004), ...at(20_000)], record)).toContain(
      'double effect 1',
    )
  })

  it('accepts a pending attempt only for a turn that was never answered', async () => {
    const refused = shows('wrong', 'puk1-refused')
    const pending = { turn: 'turn:2', owner: 'run', untilMs: 1, left: 9 }
    const record = { ...newSubscriber, puk1AttemptsLeft: 9, puk1Pending: [pending] }
    expect(await check([dialogue([turn(refused, 'unanswered')])], [], record)).toEqual([])
    expect(
      await check([dialogue([turn(refused, 'unanswered')])], [], { ...record, puk1Pending: [] }),
    ).toEqual(['record differs 1'])
    const twice = { ...record, puk1AttemptsLeft: 8 }
    expect(await check([dialogue([turn(refused)])], [entry('b', 'puk1-refused')], twice)).toEqual([
      'attempt left pending 1',
    ])
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

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Callback, ReportedInput } from '../../src/gateway/ports.ts'
import { nextSession } from '../../src/gateway/records/session.ts'
import type { Session } from '../../src/gateway/records/session.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import { createTurnClassifier } from '../../src/gateway/turn-identity.ts'
import { keyring } from '../support/gateway.ts'

const transcripts = createTurnClassifier({ keyring, repeatWithinMs: 3000 })
const idleMs = 900_000

const callback = (heard: ReportedInput): Callback => ({
  dialect: 'test',
  sessionId: 'one',
  msisdn: '+375291234567',
  dialled: '*141#',
  reported: heard,
})

/** The session after a callback was classified and answered. */
function after(
  session: Session | undefined,
  reported: ReportedInput,
  nowMs: number,
  text = `screen at ${nowMs}`,
): Session {
  const recognised = transcripts.classify(callback(reported), session, nowMs)
  if (recognised.kind !== 'begin' && recognised.kind !== 'reply') throw new Error(recognised.kind)
  return nextSession(recognised.kind === 'begin' ? undefined : session, {
    menu: '*141#',
    revision: '1',
    latin: false,
    state: { value: 'somewhere', context: {} },
    id: recognised.id,
    key: recognised.key,
    asksAgain: false,
    confirms: false,
    replaced: undefined,
    heard: recognised.heard,
    answer: { text, waits: true },
    nowMs,
    idleMs,
  }).session
}

const recognise = (reported: ReportedInput, session: Session | undefined, nowMs: number) =>
  transcripts.classify(callback(reported), session, nowMs)

describe('a cumulative dialect', () => {
  const heard = (text: string, code = '*141#'): ReportedInput => ({
    kind: 'cumulative',
    code,
    text,
    begins: 'empty',
  })

  it('extracts every reply, whatever its characters', () => {
    // An empty first reply looks like the begin.
    const first = fc.string({ minLength: 1 }).filter((text) => !text.startsWith('*'))
    const answers = fc.tuple(first, fc.array(fc.string(), { maxLength: 5 }))
    fc.assert(
      fc.property(answers, ([first, others]) => {
        let session = after(undefined, heard(''), 0)
        const all: string[] = []
        for (const typed of [first, ...others]) {
          all.push(typed)
          const recognised = recognise(heard(all.join('*')), session, 0)
          expect(recognised).toMatchObject({ kind: 'reply', typed })
          session = after(session, heard(all.join('*')), 0)
        }
      }),
    )
  })

  it('recognises duplicates of the last sixteen turns for ten minutes', () => {
    let session = after(undefined, heard(''), 0)
    for (let turn = 1; turn <= 18; turn++)
      session = after(session, heard('1*'.repeat(turn).slice(0, -1)), turn)
    const transcript = (turn: number) => heard('1*'.repeat(turn).slice(0, -1))
    for (let turn = 3; turn <= 18; turn++) {
      expect(recognise(transcript(turn), session, 19)).toMatchObject({
        kind: 'repeat',
        receipt: { text: `screen at ${turn}` },
      })
    }
    expect(recognise(transcript(2), session, 19)).toEqual({ kind: 'out-of-step' })
    expect(recognise(transcript(18), session, 18 + 600_000)).toMatchObject({ kind: 'repeat' })
    expect(recognise(transcript(18), session, 18 + 600_001)).toEqual({ kind: 'out-of-step' })
  })

  it('is out of step when a reply is missing or differs', () => {
    let session = after(undefined, heard(''), 0)
    session = after(session, heard('1'), 1)
    session = after(session, heard('1*2'), 2)
    for (const text of ['3', '1*3', '2*2*1', '12', '1*2x', '']) {
      const { kind } = recognise(heard(text), session, 3)
      expect([text, kind]).toEqual([text, text === '' ? 'repeat' : 'out-of-step'])
    }
  })

  it('does not recognise turns of another session, number, code or dialect', () => {
    const session = after(undefined, heard(''), 0)
    for (const other of [
      { sessionId: 'two' },
      { msisdn: '+375291234568' },
      { reported: heard('1', '*142#') },
      { dialect: 'other' },
    ]) {
      const { kind } = transcripts.classify({ ...callback(heard('1')), ...other }, session, 1)
      expect(kind).toBe('out-of-step')
    }
  })

  it('begins a new dialogue with another code under the same id, but not with the same code', () => {
    let session = after(undefined, heard(''), 0)
    for (let turn = 1; turn <= 17; turn++)
      session = after(session, heard('1*'.repeat(turn).slice(0, -1)), turn)
    // A late begin whose receipt is gone gets the current screen.
    expect(recognise(heard(''), session, 18)).toMatchObject({ receipt: { text: 'screen at 17' } })
    const ended = { ...session, state: null }
    for (const before of [session, ended]) {
      const other = callback(heard('', '*100#'))
      expect(transcripts.classify(other, before, 10)).toMatchObject({ kind: 'begin' })
    }
    expect(recognise(heard(''), ended, 10)).toEqual({ kind: 'ended' })
  })

  it('expires without a reply in time, and may begin again', () => {
    const session = after(undefined, heard(''), 0)
    expect(recognise(heard('1'), session, idleMs)).toMatchObject({ kind: 'reply' })
    expect(recognise(heard('1'), session, idleMs + 1)).toEqual({ kind: 'expired' })
    expect(recognise(heard(''), session, idleMs + 1)).toMatchObject({ kind: 'begin' })
    expect(recognise(heard('1'), undefined, 0)).toEqual({ kind: 'expired' })
  })

  it('does not begin again with a duplicate of its begin, even when that receipt is gone', () => {
    let session = after(undefined, heard(''), 0)
    for (let turn = 1; turn <= 17; turn++)
      session = after(session, heard('1*'.repeat(turn).slice(0, -1)), turn)
    const quicklyExpired = { ...session, idleUntilMs: 60_000 }
    expect(recognise(heard(''), quicklyExpired, 600_017)).toEqual({ kind: 'expired' })
    expect(recognise(heard(''), quicklyExpired, 600_018)).toMatchObject({ kind: 'begin' })
  })

  it('accepts an empty first reply and the reply after it', () => {
    const session = after(undefined, heard(''), 0)
    expect(recognise(heard(''), session, 1)).toMatchObject({ kind: 'repeat' })
    expect(recognise(heard('*80291'), session, 2)).toMatchObject({ kind: 'reply', typed: '80291' })
  })

  it('stores no text of a reply', () => {
    let session = after(undefined, heard(''), 0)
    session = after(session, heard('80291'), 1)
    expect(JSON.stringify(session)).not.toContain('80291')
  })
})

describe('a cumulative dialect whose text begins with the dialled string', () => {
  const heard = (text: string): ReportedInput => ({
    kind: 'cumulative',
    code: '*141#',
    text,
    begins: 'unknown',
  })

  it('begins with any text of an unknown session, and extracts every reply', () => {
    const answers = fc.array(fc.string(), { maxLength: 5 })
    fc.assert(
      fc.property(fc.constantFrom('', '0', '3*6', '3*6*1'), answers, (suffix, replies) => {
        expect(recognise(heard(suffix), undefined, 0)).toMatchObject({ kind: 'begin' })
        let session = after(undefined, heard(suffix), 0)
        const all: string[] = suffix === '' ? [] : [suffix]
        for (const typed of replies) {
          all.push(typed)
          const recognised = recognise(heard(all.join('*')), session, 0)
          // After an empty text, an empty reply is invisible and a leading star is a separator.
          if (all.join('*') === '') return expect(recognised.kind).toBe('repeat')
          if (all.length === 1 && typed.startsWith('*')) return
          expect(recognised).toMatchObject({ kind: 'reply', typed })
          session = after(session, heard(all.join('*')), 0)
        }
      }),
    )
  })

  it('replays its begin, and resumes no expired or ended dialogue', () => {
    const session = after(undefined, heard('3*6'), 0)
    expect(recognise(heard('3*6'), session, 1)).toMatchObject({ kind: 'repeat' })
    expect(recognise(heard('3*7'), session, 1)).toEqual({ kind: 'out-of-step' })
    expect(recognise(heard('3*6*1'), session, idleMs + 1)).toEqual({ kind: 'expired' })
    const ended = { ...session, state: null }
    expect(recognise(heard('3*6*1'), ended, 1)).toEqual({ kind: 'ended' })
    // A late, different reply to the last screen looks like a begin.
    expect(recognise(heard('0'), ended, 1)).toEqual({ kind: 'ended' })
    expect(recognise(heard('0'), ended, idleMs + 1)).toMatchObject({ kind: 'begin' })
    const quicklyExpired = { ...session, idleUntilMs: 60_000 }
    expect(recognise(heard('0'), quicklyExpired, 600_000)).toEqual({ kind: 'expired' })
    expect(recognise(heard('0'), quicklyExpired, 600_001)).toMatchObject({ kind: 'begin' })
  })
})

describe('a sequenced dialect', () => {
  const begin: ReportedInput = { kind: 'sequenced', number: 1, typed: undefined }
  const heard = (number: number, typed: string): ReportedInput => ({ kind: 'sequenced', number, typed })

  it('accepts the next number, recognises duplicates, and rejects all others', () => {
    let session = after(undefined, begin, 0)
    expect(recognise(begin, session, 1)).toMatchObject({ kind: 'repeat' })
    session = after(session, heard(2, '1'), 1)
    session = after(session, heard(3, '1'), 2)
    expect(recognise(heard(2, '1'), session, 3)).toMatchObject({ receipt: { text: 'screen at 1' } })
    expect(recognise(heard(3, '1'), session, 3)).toMatchObject({ receipt: { text: 'screen at 2' } })
    expect(recognise(heard(3, '2'), session, 3)).toEqual({ kind: 'out-of-step' })
    expect(recognise(heard(5, '1'), session, 3)).toEqual({ kind: 'out-of-step' })
    expect(recognise(heard(4, '1'), session, 3)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(recognise(heard(4, '1'), undefined, 3)).toEqual({ kind: 'expired' })
  })

  it('does not begin again with a duplicate of its begin, even when that receipt is gone', () => {
    let session = after(undefined, begin, 0)
    for (let number = 2; number <= 18; number++) session = after(session, heard(number, '1'), number)
    expect(recognise(begin, session, 19)).toEqual({ kind: 'out-of-step' })
    const quicklyExpired = { ...session, idleUntilMs: 60_000 }
    expect(recognise(begin, quicklyExpired, 600_018)).toEqual({ kind: 'expired' })
    expect(recognise(begin, quicklyExpired, 600_019)).toMatchObject({ kind: 'begin' })
  })
})

describe('a latest-only dialect', () => {
  const begin: ReportedInput = { kind: 'latest-only', typed: undefined }
  const heard = (typed: string): ReportedInput => ({ kind: 'latest-only', typed })

  it('treats an equal choice as a duplicate only within the repeat time', () => {
    let session = after(undefined, begin, 0)
    expect(recognise(begin, session, 2999)).toMatchObject({ kind: 'repeat' })
    session = after(session, heard('1'), 10_000)
    expect(recognise(heard('1'), session, 12_999)).toMatchObject({ receipt: { text: 'screen at 10000' } })
    expect(recognise(heard('1'), session, 13_000)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(recognise(heard('2'), session, 10_001)).toMatchObject({ kind: 'reply', typed: '2' })
    // A late duplicate of an earlier reply, which might now confirm something, gets the current screen.
    const further = after(session, heard('2'), 11_000)
    expect(recognise(heard('1'), further, 12_999)).toMatchObject({ receipt: { text: 'screen at 11000' } })
    expect(recognise(heard('1'), further, 13_000)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(recognise(heard('1'), undefined, 0)).toEqual({ kind: 'expired' })
  })

  it('does not begin again with a duplicate of its begin while the session exists', () => {
    let session = after(undefined, begin, 0)
    for (let turn = 1; turn <= 20; turn++) session = after(session, heard(`${turn}0`), turn * 5000)
    const shown = { receipt: { text: 'screen at 100000' } }
    expect(recognise(begin, session, 125_000)).toMatchObject(shown)
    expect(recognise(begin, { ...session, state: null }, 125_000)).toMatchObject(shown)
    const another = { ...callback(begin), dialled: '*100#' }
    expect(transcripts.classify(another, session, 125_000)).toMatchObject({ kind: 'begin' })
  })

  it('begins again under an earlier id when the aggregator sends no session id', () => {
    const session = after(undefined, begin, 0)
    const own = { ...callback(begin), reusesSessionId: true } as const
    expect(transcripts.classify(own, session, 2999)).toMatchObject({ kind: 'repeat' })
    expect(transcripts.classify(own, session, 3000)).toMatchObject({ kind: 'begin' })
  })

  it('does not confirm with a reply equal to an earlier one within the retry window', () => {
    const mistaken = after(after(undefined, begin, 0), heard('2'), 5000)
    const confirming = { ...after(mistaken, heard('1'), 10_000), confirms: true as const }
    for (const nowMs of [13_000, 30_000, 34_999]) {
      expect(recognise(heard('2'), confirming, nowMs)).toMatchObject({
        kind: 'repeat',
        receipt: { text: 'screen at 10000' },
      })
    }
    expect(recognise(heard('2'), confirming, 35_000)).toMatchObject({ kind: 'reply' })
    expect(recognise(heard('0'), confirming, 30_000)).toMatchObject({ kind: 'reply' })
    const other = { ...after(after(undefined, begin, 0), heard('1'), 5000), confirms: true as const }
    expect(recognise(heard('2'), other, 30_000)).toMatchObject({ kind: 'reply', typed: '2' })
  })

  describe('a secret', () => {
    const asking = (
      session: Session | undefined,
      input: ReportedInput,
      nowMs: number,
      again = false,
    ): Session => {
      const { asksAgain: _, ...next } = after(session, input, nowMs)
      const receipts = next.receipts.map((receipt, at, all) =>
        at === all.length - 1 ? { ...receipt, asksSecret: true as const } : receipt,
      )
      return { ...next, receipts, ...(again && { asksAgain: true as const }) }
    }

    it('equal to an earlier one is a duplicate at any time and gets the current screen', () => {
      let session = asking(after(undefined, begin, 0), heard('1'), 5000)
      session = asking(session, heard('00000000'), 10_000)
      for (const laterMs of [3000, 10_000, 25_000, 300_000]) {
        expect(recognise(heard('00000000'), session, 10_000 + laterMs)).toMatchObject({
          kind: 'repeat',
          receipt: { text: 'screen at 10000' },
        })
      }
      expect(recognise(heard('00000001'), session, 20_000)).toMatchObject({ kind: 'reply' })
      session = asking(session, heard('00000001'), 20_000)
      expect(recognise(heard('00000000'), session, 30_000)).toMatchObject({
        receipt: { text: 'screen at 20000' },
      })
    })

    it('is a reply when the screen asks to repeat it, after the repeat time', () => {
      const session = asking(asking(undefined, begin, 0), heard('80291'), 5000, true)
      expect(recognise(heard('80291'), session, 7999)).toMatchObject({ kind: 'repeat' })
      expect(recognise(heard('80291'), session, 8000)).toMatchObject({ kind: 'reply', typed: '80291' })
    })
  })

  it('replays the last screen of an ended dialogue for a late duplicate of its last reply', () => {
    const session = { ...after(after(undefined, begin, 0), heard('2'), 5000), state: null }
    expect(recognise(heard('2'), session, 30_000)).toMatchObject({ receipt: { text: 'screen at 5000' } })
    expect(recognise(heard('1'), session, 30_000)).toEqual({ kind: 'ended' })
  })

  it('treats an equal reply as a duplicate only within the repeat time, also after the clock was set back', () => {
    const hour = 3_600_000
    const session = after(after(undefined, begin, hour), heard('1'), hour + 5000)
    expect(recognise(heard('1'), session, 6000)).toMatchObject({ kind: 'reply' })
    // Clocks of a master and its successor differ slightly.
    expect(recognise(heard('1'), session, hour + 4900)).toMatchObject({ kind: 'repeat' })
  })
})

describe('a session begun under another key', () => {
  const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const under = (current: Buffer, retired: Buffer[] = []) =>
    createTurnClassifier({ keyring: createKeyring({ current, retired }), repeatWithinMs: 3000 })
  const heard = (text: string): ReportedInput => ({
    kind: 'cumulative',
    code: '*141#',
    text,
    begins: 'empty',
  })

  it('continues under its own key, and fails when that key is not configured', () => {
    const begun = under(older).classify(callback(heard('')), undefined, 0)
    if (begun.kind !== 'begin') throw new Error(begun.kind)
    const turn = { menu: '*141#', revision: '1', latin: false, state: { value: 's', context: {} }, idleMs }
    const answer = { text: 'screen', waits: true }
    const { session } = nextSession(undefined, {
      ...turn,
      ...begun,
      answer,
      asksAgain: false,
      confirms: false,
      replaced: undefined,
      nowMs: 0,
    })
    const next = callback(heard('1'))
    expect(under(newer, [older]).classify(next, session, 1)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(() => under(newer).classify(next, session, 1)).toThrow(
      expect.objectContaining({ code: 'USSD_KEY_UNKNOWN' }),
    )
  })
})

describe('a dialogue that has ended', () => {
  it('is not resumed in any dialect', () => {
    const begins: ReportedInput[] = [
      { kind: 'cumulative', code: '*141#', text: '', begins: 'empty' },
      { kind: 'sequenced', number: 1, typed: undefined },
      { kind: 'latest-only', typed: undefined },
    ]
    const replies: ReportedInput[] = [
      { kind: 'cumulative', code: '*141#', text: '1', begins: 'empty' },
      { kind: 'sequenced', number: 2, typed: '1' },
      { kind: 'latest-only', typed: '1' },
    ]
    for (const [at, begin] of begins.entries()) {
      const session = { ...after(undefined, begin, 0), state: null }
      expect(recognise(replies[at] as ReportedInput, session, 10_000)).toEqual({ kind: 'ended' })
    }
  })
})

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Callback, ReportedInput } from '../../src/gateway/ports.ts'
import { nextSession } from '../../src/gateway/records/session.ts'
import type { Session } from '../../src/gateway/records/session.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import { createTurnClassifier } from '../../src/gateway/turn-identity.ts'
import { keyring } from '../support/gateway.ts'

const classifier = createTurnClassifier({ keyring, repeatWithinMs: 3000 })
const idleMs = 900_000

const callback = (input: ReportedInput): Callback => ({
  dialect: 'test',
  sessionId: 'one',
  msisdn: '+375291234567',
  dialled: '*141#',
  reported: input,
})

/** The session after a callback was classified and answered. */
function after(
  session: Session | undefined,
  reported: ReportedInput,
  nowMs: number,
  text = `screen at ${nowMs}`,
): Session {
  const classified = classifier.classify(callback(reported), session, nowMs)
  if (classified.kind !== 'begin' && classified.kind !== 'reply') throw new Error(classified.kind)
  return nextSession(classified.kind === 'begin' ? undefined : session, {
    menu: '*141#',
    revision: '1',
    latin: false,
    state: { value: 'somewhere', context: {} },
    id: classified.id,
    begunBy: classified.kind === 'begin' ? classified.begunBy : undefined,
    key: classified.key,
    asksAgain: false,
    confirms: false,
    replaced: undefined,
    format: 'compact',
    position: classified.position,
    answer: { text, waits: true },
    nowMs,
    idleMs,
  }).session
}

const classify = (reported: ReportedInput, session: Session | undefined, nowMs: number) =>
  classifier.classify(callback(reported), session, nowMs)

describe('a cumulative dialect', () => {
  const input = (text: string, code = '*141#'): ReportedInput => ({
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
        let session = after(undefined, input(''), 0)
        const all: string[] = []
        for (const typed of [first, ...others]) {
          all.push(typed)
          const classified = classify(input(all.join('*')), session, 0)
          expect(classified).toMatchObject({ kind: 'reply', typed })
          session = after(session, input(all.join('*')), 0)
        }
      }),
    )
  })

  it('recognises duplicates of the last sixteen turns for ten minutes', () => {
    let session = after(undefined, input(''), 0)
    for (let turn = 1; turn <= 18; turn++)
      session = after(session, input('1*'.repeat(turn).slice(0, -1)), turn)
    const transcript = (turn: number) => input('1*'.repeat(turn).slice(0, -1))
    for (let turn = 3; turn <= 18; turn++) {
      expect(classify(transcript(turn), session, 19)).toMatchObject({
        kind: 'repeat',
        receipt: { text: `screen at ${turn}` },
      })
    }
    expect(classify(transcript(2), session, 19)).toEqual({ kind: 'out-of-step' })
    expect(classify(transcript(18), session, 18 + 600_000)).toMatchObject({ kind: 'repeat' })
    expect(classify(transcript(18), session, 18 + 600_001)).toEqual({ kind: 'out-of-step' })
  })

  it('is out of step when a reply is missing or differs', () => {
    let session = after(undefined, input(''), 0)
    session = after(session, input('1'), 1)
    session = after(session, input('1*2'), 2)
    for (const text of ['3', '1*3', '2*2*1', '12', '1*2x', '']) {
      const { kind } = classify(input(text), session, 3)
      expect([text, kind]).toEqual([text, text === '' ? 'repeat' : 'out-of-step'])
    }
  })

  it('does not classify turns of another session, number, code or dialect', () => {
    const session = after(undefined, input(''), 0)
    for (const other of [
      { sessionId: 'two' },
      { msisdn: '+375291234568' },
      { reported: input('1', '*142#') },
      { dialect: 'other' },
    ]) {
      const { kind } = classifier.classify({ ...callback(input('1')), ...other }, session, 1)
      expect(kind).toBe('out-of-step')
    }
  })

  it('begins a new dialogue with another code under the same id, but not with the same code', () => {
    let session = after(undefined, input(''), 0)
    for (let turn = 1; turn <= 17; turn++)
      session = after(session, input('1*'.repeat(turn).slice(0, -1)), turn)
    // A late begin whose receipt is gone gets the current screen.
    expect(classify(input(''), session, 18)).toMatchObject({ receipt: { text: 'screen at 17' } })
    const ended = { ...session, state: null }
    for (const before of [session, ended]) {
      const other = callback(input('', '*100#'))
      expect(classifier.classify(other, before, 10)).toMatchObject({ kind: 'begin' })
    }
    expect(classify(input(''), ended, 10)).toEqual({ kind: 'ended' })
  })

  it('expires without a reply in time, and may begin again', () => {
    const session = after(undefined, input(''), 0)
    expect(classify(input('1'), session, idleMs)).toMatchObject({ kind: 'reply' })
    expect(classify(input('1'), session, idleMs + 1)).toEqual({ kind: 'expired' })
    expect(classify(input(''), session, idleMs + 1)).toMatchObject({ kind: 'begin' })
  })

  it('begins with the rest of a dialled string, and continues behind it', () => {
    const session = after(undefined, input('3*6'), 0)
    expect(classify(input('3*6'), undefined, 0)).toMatchObject({ kind: 'begin', position: 3 })
    expect(classify(input('3*6'), session, 1)).toMatchObject({ kind: 'repeat' })
    expect(classify(input('3*6*1'), session, 1)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(classify(input('3*6*'), session, 1)).toMatchObject({ kind: 'reply', typed: '' })
    // The text may be a reply that overtook the begin, which shows the current screen then.
    expect(classify(input(''), session, 1)).toMatchObject({
      kind: 'repeat',
      receipt: { text: 'screen at 0' },
    })
    expect(classify(input('', '*100#'), session, 1)).toMatchObject({ kind: 'begin' })
    // As long as the record lasts, a late turn is no begin.
    expect(classify(input('1'), session, idleMs + 600_001)).toEqual({ kind: 'expired' })
    expect(classify(input('1'), { ...session, state: null }, 1)).toEqual({ kind: 'ended' })
  })

  it('does not begin again with a duplicate of its begin, even when that receipt is gone', () => {
    let session = after(undefined, input(''), 0)
    for (let turn = 1; turn <= 17; turn++)
      session = after(session, input('1*'.repeat(turn).slice(0, -1)), turn)
    const quicklyExpired = { ...session, idleUntilMs: 60_000 }
    expect(classify(input(''), quicklyExpired, 600_017)).toEqual({ kind: 'expired' })
    expect(classify(input(''), quicklyExpired, 600_018)).toMatchObject({ kind: 'begin' })
  })

  it('accepts an empty first reply and the reply after it', () => {
    const session = after(undefined, input(''), 0)
    expect(classify(input(''), session, 1)).toMatchObject({ kind: 'repeat' })
    expect(classify(input('*80291'), session, 2)).toMatchObject({ kind: 'reply', typed: '80291' })
  })

  it('stores no text of a reply', () => {
    let session = after(undefined, input(''), 0)
    session = after(session, input('80291'), 1)
    expect(JSON.stringify(session)).not.toContain('80291')
  })
})

describe('a cumulative dialect whose text begins with the dialled string', () => {
  const input = (text: string): ReportedInput => ({
    kind: 'cumulative',
    code: '*141#',
    text,
    begins: 'unknown',
  })

  it('begins with any text of an unknown session, and extracts every reply', () => {
    const answers = fc.array(fc.string(), { maxLength: 5 })
    fc.assert(
      fc.property(fc.constantFrom('', '0', '3*6', '3*6*1'), answers, (suffix, replies) => {
        expect(classify(input(suffix), undefined, 0)).toMatchObject({ kind: 'begin' })
        let session = after(undefined, input(suffix), 0)
        const all: string[] = suffix === '' ? [] : [suffix]
        for (const typed of replies) {
          all.push(typed)
          const classified = classify(input(all.join('*')), session, 0)
          // After an empty text, an empty reply is invisible and a leading star is a separator.
          if (all.join('*') === '') return expect(classified.kind).toBe('repeat')
          if (all.length === 1 && typed.startsWith('*')) return
          expect(classified).toMatchObject({ kind: 'reply', typed })
          session = after(session, input(all.join('*')), 0)
        }
      }),
    )
  })

  it('replays its begin, and resumes no expired or ended dialogue', () => {
    const session = after(undefined, input('3*6'), 0)
    expect(classify(input('3*6'), session, 1)).toMatchObject({ kind: 'repeat' })
    expect(classify(input('3*7'), session, 1)).toEqual({ kind: 'out-of-step' })
    expect(classify(input('3*6*1'), session, idleMs + 1)).toEqual({ kind: 'expired' })
    const ended = { ...session, state: null }
    expect(classify(input('3*6*1'), ended, 1)).toEqual({ kind: 'ended' })
    // A late, different reply to the last screen looks like a begin.
    expect(classify(input('0'), ended, 1)).toEqual({ kind: 'ended' })
    expect(classify(input('0'), ended, idleMs + 1)).toMatchObject({ kind: 'begin' })
    const quicklyExpired = { ...session, idleUntilMs: 60_000 }
    expect(classify(input('0'), quicklyExpired, 600_000)).toEqual({ kind: 'expired' })
    expect(classify(input('0'), quicklyExpired, 600_001)).toMatchObject({ kind: 'begin' })
  })
})

describe('a sequenced dialect', () => {
  const begin: ReportedInput = { kind: 'sequenced', number: 1, typed: undefined }
  const input = (number: number, typed: string): ReportedInput => ({ kind: 'sequenced', number, typed })

  it('accepts the next number, recognises duplicates, and rejects all others', () => {
    let session = after(undefined, begin, 0)
    expect(classify(begin, session, 1)).toMatchObject({ kind: 'repeat' })
    session = after(session, input(2, '1'), 1)
    session = after(session, input(3, '1'), 2)
    expect(classify(input(2, '1'), session, 3)).toMatchObject({ receipt: { text: 'screen at 1' } })
    expect(classify(input(3, '1'), session, 3)).toMatchObject({ receipt: { text: 'screen at 2' } })
    expect(classify(input(3, '2'), session, 3)).toEqual({ kind: 'out-of-step' })
    expect(classify(input(5, '1'), session, 3)).toEqual({ kind: 'out-of-step' })
    expect(classify(input(4, '1'), session, 3)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(classify(input(4, '1'), undefined, 3)).toEqual({ kind: 'expired' })
  })

  it('does not begin again with a duplicate of its begin, even when that receipt is gone', () => {
    let session = after(undefined, begin, 0)
    for (let number = 2; number <= 18; number++) session = after(session, input(number, '1'), number)
    expect(classify(begin, session, 19)).toEqual({ kind: 'out-of-step' })
    const quicklyExpired = { ...session, idleUntilMs: 60_000 }
    expect(classify(begin, quicklyExpired, 600_018)).toEqual({ kind: 'expired' })
    expect(classify(begin, quicklyExpired, 600_019)).toMatchObject({ kind: 'begin' })
  })
})

describe('a latest-only dialect', () => {
  const begin: ReportedInput = { kind: 'latest-only', typed: undefined }
  const input = (typed: string): ReportedInput => ({ kind: 'latest-only', typed })

  it('treats an equal choice as a duplicate only within the repeat time', () => {
    let session = after(undefined, begin, 0)
    expect(classify(begin, session, 2999)).toMatchObject({ kind: 'repeat' })
    session = after(session, input('1'), 10_000)
    expect(classify(input('1'), session, 12_999)).toMatchObject({ receipt: { text: 'screen at 10000' } })
    expect(classify(input('1'), session, 13_000)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(classify(input('2'), session, 10_001)).toMatchObject({ kind: 'reply', typed: '2' })
    // A late duplicate of an earlier reply, which might now confirm something, gets the current screen.
    const further = after(session, input('2'), 11_000)
    expect(classify(input('1'), further, 12_999)).toMatchObject({ receipt: { text: 'screen at 11000' } })
    expect(classify(input('1'), further, 13_000)).toMatchObject({ kind: 'reply', typed: '1' })
    expect(classify(input('1'), undefined, 0)).toEqual({ kind: 'expired' })
  })

  it("takes the project's key for the next page again, however quick", () => {
    const paging = createTurnClassifier({ keyring, repeatWithinMs: 3000, moreKey: '9' })
    const session = after(after(undefined, begin, 0), input('9'), 10_000)
    const kindOf = (typed: string) => paging.classify(callback(input(typed)), session, 10_100).kind
    expect([kindOf('9'), kindOf(' 9')]).toEqual(['reply', 'reply'])
    expect(classify(input('9'), session, 10_100).kind).toBe('repeat')
    expect(paging.classify(callback(begin), session, 10_100).kind).toBe('repeat')
  })

  it('does not begin again with a duplicate of its begin while the session exists', () => {
    let session = after(undefined, begin, 0)
    for (let turn = 1; turn <= 20; turn++) session = after(session, input(`${turn}0`), turn * 5000)
    const shown = { receipt: { text: 'screen at 100000' } }
    expect(classify(begin, session, 125_000)).toMatchObject(shown)
    expect(classify(begin, { ...session, state: null }, 125_000)).toMatchObject(shown)
    const another = { ...callback(begin), dialled: '*100#' }
    expect(classifier.classify(another, session, 125_000)).toMatchObject({ kind: 'begin' })
  })

  it('begins again under an earlier id when the aggregator sends no session id', () => {
    const session = after(undefined, begin, 0)
    const own = { ...callback(begin), reusesSessionId: true } as const
    expect(classifier.classify(own, session, 2999)).toMatchObject({ kind: 'repeat' })
    expect(classifier.classify(own, session, 3000)).toMatchObject({ kind: 'begin' })
  })

  it('does not confirm with a reply equal to an earlier one within the retry window', () => {
    const mistaken = after(after(undefined, begin, 0), input('2'), 5000)
    const confirming = { ...after(mistaken, input('1'), 10_000), confirms: true as const }
    for (const nowMs of [13_000, 30_000, 34_999]) {
      expect(classify(input('2'), confirming, nowMs)).toMatchObject({
        kind: 'repeat',
        receipt: { text: 'screen at 10000' },
      })
    }
    expect(classify(input('2'), confirming, 35_000)).toMatchObject({ kind: 'reply' })
    expect(classify(input('0'), confirming, 30_000)).toMatchObject({ kind: 'reply' })
    const other = { ...after(after(undefined, begin, 0), input('1'), 5000), confirms: true as const }
    expect(classify(input('2'), other, 30_000)).toMatchObject({ kind: 'reply', typed: '2' })
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
      let session = asking(after(undefined, begin, 0), input('1'), 5000)
      session = asking(session, input('00000000'), 10_000)
      for (const laterMs of [3000, 10_000, 25_000, 300_000]) {
        expect(classify(input('00000000'), session, 10_000 + laterMs)).toMatchObject({
          kind: 'repeat',
          receipt: { text: 'screen at 10000' },
        })
      }
      expect(classify(input('00000001'), session, 20_000)).toMatchObject({ kind: 'reply' })
      session = asking(session, input('00000001'), 20_000)
      expect(classify(input('00000000'), session, 30_000)).toMatchObject({
        receipt: { text: 'screen at 20000' },
      })
    })

    it('is a reply when the screen asks to repeat it, after the repeat time', () => {
      const session = asking(asking(undefined, begin, 0), input('80291'), 5000, true)
      expect(classify(input('80291'), session, 7999)).toMatchObject({ kind: 'repeat' })
      expect(classify(input('80291'), session, 8000)).toMatchObject({ kind: 'reply', typed: '80291' })
    })
  })

  it('replays the last screen of an ended dialogue for a late duplicate of its last reply', () => {
    const session = { ...after(after(undefined, begin, 0), input('2'), 5000), state: null }
    expect(classify(input('2'), session, 30_000)).toMatchObject({ receipt: { text: 'screen at 5000' } })
    expect(classify(input('1'), session, 30_000)).toEqual({ kind: 'ended' })
  })

  it('treats an equal reply as a duplicate only within the repeat time, also after the clock was set back', () => {
    const hour = 3_600_000
    const session = after(after(undefined, begin, hour), input('1'), hour + 5000)
    expect(classify(input('1'), session, 6000)).toMatchObject({ kind: 'reply' })
    // Clocks of a master and its successor differ slightly.
    expect(classify(input('1'), session, hour + 4900)).toMatchObject({ kind: 'repeat' })
  })
})

describe('a session begun under another key', () => {
  const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const under = (current: Buffer, retired: Buffer[] = []) =>
    createTurnClassifier({ keyring: createKeyring({ current, retired }), repeatWithinMs: 3000 })
  const input = (text: string): ReportedInput => ({
    kind: 'cumulative',
    code: '*141#',
    text,
    begins: 'empty',
  })

  it('continues under its own key, and fails when that key is not configured', () => {
    const begun = under(older).classify(callback(input('')), undefined, 0)
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
      format: 'compact',
      nowMs: 0,
    })
    const next = callback(input('1'))
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
      expect(classify(replies[at] as ReportedInput, session, 10_000)).toEqual({ kind: 'ended' })
    }
  })
})

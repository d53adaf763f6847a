import { describe, expect, it } from '@jest/globals'
import type { Answer } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { newSubscriber } from '../../support/record.ts'
import type { Subscriber } from '../../../menus/record.ts'
import { put } from '../../../src/gateway/transaction.ts'
import type { TurnClassifier } from '../../../src/gateway/turn-identity.ts'
import { deliveryOf } from './delivery.ts'
import type { Delivery } from './delivery.ts'
import { EPOCH_MS, ONE_KEY } from './plan.ts'
import type { DialoguePlan, Plan } from './plan.ts'
import { run } from './run.ts'
import { SecretChecks } from './secret-checks.ts'
import { createSignatureChecks } from './signature-checks.ts'

const plan: Plan = {
  seed: 1,
  idleMs: 900_000,
  latency: 'fixed',
  replicas: 'none',
  keys: ONE_KEY,
  subscribers: 2,
  attempts: 10,
  dialogues: [],
  faults: [],
}

const dialogue = (name: string, of: Pick<DialoguePlan, 'code'> & Partial<DialoguePlan>): DialoguePlan => ({
  name,
  form: 'latest-only',
  subscriber: 0,
  startMs: 0,
  answers: [],
  retries: false,
  ...of,
})

/** Runs a schedule; returns its violation and its trace as one text. */
async function traced(of: Partial<Plan>) {
  const { violation, trace } = await run({ ...plan, ...of }, {}, 'trace')
  return { violation, trace: trace.join('\n') }
}

describe('the checks allow', () => {
  it('another code soon after the first, under a shared session id', async () => {
    const { violation, trace } = await traced({
      dialogues: [
        dialogue('a', { code: '*141*3*6#', sharedSessionId: 's' }),
        dialogue('b', { code: '*100#', sharedSessionId: 's', startMs: 1000 }),
      ],
    })
    expect(violation).toBeUndefined()
    expect(trace).toContain('answers a begin *141*3*6#: "Access to self-care is open"')
    expect(trace).toContain('answers b begin *100#: "=0 after 0"')
  })
  it('the stored answer to an expired signature, as long as the delivery is kept', async () => {
    const { violation, trace } = await traced({
      dialogues: [
        dialogue('a', {
          code: '*100#',
          form: 'cumulative',
          signed: true,
          answers: [{ typed: 'a1', afterMs: 3500 }],
        }),
      ],
      faults: [
        { kind: 'effect-slow', effect: 1, ms: 1990 },
        { kind: 'duplicate', dialogue: 'a', turn: 1, node: 1, afterMs: 303_000 },
      ],
    })
    expect(violation).toBeUndefined()
    expect(trace).toContain('B reports repeat')
  })

  it('a guess reserved before the operator restores all attempts, and compared after', async () => {
    const { violation, trace } = await traced({
      attempts: 1,
      dialogues: [
        dialogue('a', {
          code: '*141*3*6#',
          form: 'cumulative',
          subscriber: 1,
          answers: ['1', '00000000'].map((typed) => ({ typed, afterMs: 1000 })),
        }),
      ],
      faults: [
        { kind: 'effect-slow', effect: 2, ms: 1990 },
        { kind: 'unlock', subscriber: 1, atMs: 2500 },
      ],
    })
    expect(violation).toBeUndefined()
    expect(trace).toMatch(/commit executed: ok\n[^]*restores all attempts[^]*compares a wrong PUK1/)
  })

  it('a screen whose dialogue another begin replaced before the answer arrived', async () => {
    const { violation, trace } = await traced({
      dialogues: [
        dialogue('a', {
          code: '*100#',
          sharedSessionId: 's',
          answers: [{ typed: '1', afterMs: 5000 }],
        }),
        dialogue('b', { code: '*100#', sharedSessionId: 's', startMs: 5100 }),
      ],
      // The callbacks of a dialogue reach different gateways.
      seed: 2,
      // The reply of a's commit arrives after b has begun, under the same session id.
      faults: [{ kind: 'reply-slow', command: 6, ms: 300 }],
    })
    expect(violation).toBeUndefined()
    expect(trace).toMatch(/answers b begin[^]*answers a '1': "=0 after 1"/)
  })

  /** The subscriber presses 2 on a screen without it, then leaves a confirmation open. */
  const confirming = (afterMs: number): Partial<Plan> => ({
    dialogues: [
      dialogue('a', {
        code: '*141*3*6#',
        answers: ['2', '1'].map((typed) => ({ typed, afterMs: 1000 })),
      }),
    ],
    faults: [{ kind: 'duplicate', dialogue: 'a', turn: 1, node: 1, afterMs }],
  })

  it('a confirmation by a duplicate after the retry window, where nothing identifies a turn', async () => {
    const { violation, trace } = await traced(confirming(31_000))
    expect(violation).toBeUndefined()
    expect(trace).toContain(`answers a '2': "Access is closed`)
  })

  it('no confirmation by an earlier duplicate', async () => {
    expect((await traced(confirming(29_000))).trace).toMatch(/B reports repeat/)
    const classifierOf = (): TurnClassifier => ({
      classify: ({ reported }) =>
        reported.kind === 'latest-only' && reported.typed !== undefined
          ? { kind: 'reply', id: reported.typed, key: '', position: 0, typed: reported.typed }
          : { kind: 'begin', id: 'begin', key: '', position: 0 },
    })
    const { violation } = await run({ ...plan, ...confirming(29_000) }, { classifierOf })
    expect(violation?.rule).toBe('a late duplicate confirms nothing')
  })
})

describe('the checks of attempts', () => {
  const early = 'an attempt is counted before it is compared'
  const tooMany = 'no more guesses are compared than are left'
  const turn = (typed: string) => deliveryOf(dialogue('a', { code: '*141*3*6#' }), [typed], { node: 0 })

  /** Checks the attempts of one subscriber, who has one left. */
  function attempts() {
    const rules: string[] = []
    const checks = new SecretChecks({ keys: ONE_KEY, violated: (rule) => void rules.push(rule) })
    let before: Subscriber = { ...newSubscriber, puk1AttemptsLeft: 1 }
    checks.written('subscriber:1', undefined, before, undefined, [])
    const write = (after: Partial<Subscriber>, by?: Delivery) => {
      const next = { ...before, ...after }
      checks.written('subscriber:1', before, next, by, [])
      before = next
    }
    return {
      rules,
      reserve: (by: Delivery, owner: string) => {
        const left = before.puk1AttemptsLeft - 1
        const mine = { turn: owner, owner, untilMs: 0, left }
        write({ puk1AttemptsLeft: left, puk1Pending: [...before.puk1Pending, mine] }, by)
      },
      settle: (by: Delivery) => write({ puk1Pending: [] }, by),
      restore: () => write({ puk1AttemptsLeft: 10, puk1Pending: [] }),
      compare: (by: Delivery, guess: string) =>
        checks.compared({ record: 'subscriber:1', guess, isRight: false }, by),
    }
  }

  it('reject a comparison without a reservation, and a second one', () => {
    const { rules, compare, reserve } = attempts()
    const by = turn('1')
    compare(by, '1')
    expect(rules).toEqual([early])
    reserve(by, '1')
    compare(by, '1')
    expect(rules).toEqual([early])
    compare(by, '1')
    expect(rules).toEqual([early, early])
  })

  it('reject a comparison after another run has settled the reservation', () => {
    const { rules, compare, reserve, settle } = attempts()
    const by = turn('1')
    reserve(by, '1')
    settle(turn('1'))
    compare(by, '1')
    expect(rules).toEqual([early])
  })

  it('count a guess in the budget of its reservation', () => {
    const { rules, compare, reserve, restore } = attempts()
    const earlier = turn('earlier')
    reserve(earlier, 'earlier')
    restore()
    for (let guess = 0; guess < 10; guess++) {
      const by = turn(String(guess))
      reserve(by, String(guess))
      compare(by, String(guess))
    }
    compare(earlier, 'earlier')
    expect(rules).toEqual([])
    reserve(earlier, 'again')
    compare(earlier, 'again')
    expect(rules).toContain(tooMany)
  })
})

describe('the checks of signatures', () => {
  const [stored, other] = ['Stored', 'Other'].map((text) => ({ text, waits: true })) as [Answer, Answer]
  const expired: Answer = { text: systemMessages.expired.en, waits: false }

  /** Returns the rules broken by an answer `ageMs` after the signature, whose turn was answered with `stored`. */
  function brokenBy(answer: Answer, ageMs: number): readonly string[] {
    const rules: string[] = []
    let nowMs = EPOCH_MS
    const checks = createSignatureChecks({ storeMs: () => nowMs, violated: (rule) => void rules.push(rule) })
    const signed = { id: '1', atMs: EPOCH_MS }
    const delivery = deliveryOf(dialogue('a', { code: '*100#' }), [], { node: 0, signed })
    checks.written(delivery, {
      bucket: 0,
      changes: [{ name: 'delivery:1', expectedVersion: undefined, write: put(stored) }],
      journal: [],
      deadlineMs: EPOCH_MS,
    })
    nowMs += ageMs
    delivery.arrivedStoreMs = nowMs
    checks.answered(delivery, answer)
    return rules
  }

  const old = ['an old signature does nothing']

  it.each([
    [stored, 300_000, []],
    [other, 300_000, ['a signed callback has one answer']],
    [stored, 304_000, []],
    [expired, 300_001, []],
    [other, 300_001, old],
    [stored, 304_001, old],
    [expired, 304_001, []],
  ])('judge %j at an age of %d ms', (answer, ageMs, rules) => {
    expect(brokenBy(answer, ageMs)).toEqual(rules)
  })
})

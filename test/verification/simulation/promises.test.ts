import { describe, expect, it } from '@jest/globals'
import type { Answer } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { put } from '../../../src/gateway/transaction.ts'
import { deliveryOf } from './delivery.ts'
import { EPOCH_MS, ONE_KEY } from './plan.ts'
import type { DialoguePlan, Plan } from './plan.ts'
import { run } from './run.ts'
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

import { describe, expect, it } from '@jest/globals'
import { ONE_KEY } from './plan.ts'
import type { DialoguePlan, Plan } from './plan.ts'
import { run } from './run.ts'

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
})

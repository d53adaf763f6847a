import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../../src/engine/errors.ts'
import { createModelStore } from './model-store.ts'
import { mutantOf, mutants } from './mutants.ts'
import { forms } from './plan.ts'
import type { Form } from './plan.ts'
import { planOf } from './schedule.ts'
import { run } from './run.ts'
import { shrink } from './shrink.ts'
import { runTask } from './task.ts'
import { runCommand } from '../../support/command.ts'
import { conforms } from '../../store/store.conformance.ts'

const command = (...args: readonly string[]) => runCommand('test/verification/simulation', args)

conforms('model', async () => {
  let nowMs = 1_700_000_000_000
  const model = createModelStore({ nowMs: () => nowMs })
  let isClosed = false
  const open = () => {
    if (isClosed) throw new UssdError('USSD_STORE_UNAVAILABLE')
    return model
  }
  return {
    store: {
      load: async (bucket, names) => open().load(bucket, names),
      commit: async (commit) => open().commit(commit),
      ensureReplicated: async (bucket, records) => open().ensureReplicated(bucket, records),
      async readJournal(bucket, after, limit) {
        const entries = open().journal.flatMap(({ bucket: where, entry }, at) =>
          where === bucket ? [{ id: String(at + 1), entry }] : [],
        )
        return entries.filter(({ id }) => Number(id) > Number(after ?? 0)).slice(0, limit)
      },
      ping: async () => void open(),
      close: async () => void (isClosed = true),
    },
    elapse: async (ms) => void (nowMs += ms + 1),
    close: async () => {},
  }
})

describe('a simulated gateway', () => {
  it('keeps its promises in the schedules of the first seeds', async () => {
    const { violations, totals } = await runTask({ from: 0, count: 1000, until: 'end' })
    expect(violations).toEqual([])
    expect(totals.schedules).toBe(1000)
    expect(totals.commits).toBeGreaterThan(5000)
  }, 120_000)

  it('repeats a seed byte for byte', async () => {
    for (const seed of [0, 7, 58, 402, 756]) {
      const first = await run(planOf(seed), {}, 'trace')
      // Neither another run in between nor tracing changes the result.
      await run(planOf(seed + 1))
      const silent = await run(planOf(seed))
      const second = await run(planOf(seed), {}, 'trace')
      expect(second).toEqual(first)
      expect(first.trace.length).toBeGreaterThan(5)
      expect({ ...silent, trace: first.trace }).toEqual(first)
    }
  })

  it('counts one attempt when a rival reply moves the dialogue between the two commits of a guess', async () => {
    const rival = { kind: 'rival', dialogue: 'a', turn: 2, node: 0, typed: '9', afterMs: 3 } as const
    const dialogue = {
      name: 'a',
      form: 'latest-only',
      subscriber: 1,
      code: '*141*3*6#',
      startMs: 0,
      retries: false,
      answers: [
        { typed: '1', afterMs: 12_000 },
        { typed: '00000003', afterMs: 500 },
      ],
    } as const
    const plan = { ...planOf(0), seed: 10608, idleMs: 60_000, subscribers: 2, dialogues: [dialogue] }
    const { violation, trace } = await run({ ...plan, replicas: 'none', faults: [rival] }, {}, 'trace')
    expect(violation).toBeUndefined()
    expect(trace.filter((line) => line.includes('compares a wrong PUK1'))).toHaveLength(1)
    expect(trace.some((line) => line.includes('conflict'))).toBe(true)
  })

  it('injects every kind of fault', () => {
    const plans = Array.from({ length: 500 }, (_, seed) => planOf(seed))
    const kinds = new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)))
    expect([...kinds].toSorted().join(' ')).toBe(
      'ahead answer-lost clock-step command-lost command-slow crash crash-at duplicate effect-failed effect-slow ' +
        'hang-up hash-busy outage pause read-only rejected reply-lost reply-slow reset rival slow stall unlock',
    )
  })

  it('uses every form and every menu', () => {
    const dialogues = Array.from({ length: 200 }, (_, seed) => planOf(seed)).flatMap((plan) => plan.dialogues)
    expect(new Set(dialogues.map(({ form }) => form))).toEqual(new Set(forms))
    expect(new Set(dialogues.map(({ code }) => code))).toEqual(new Set(['*100#', '*141*0#', '*141*3*6#']))
  })
})

/** Every mutant must be detected within this many schedules of its first form. */
const MAX_SEEDS = 2000

describe('a mutant', () => {
  it.each(mutants.map(({ name, description }) => [name, description]))(
    'is detected: %s (%s)',
    async (name) => {
      const [form]: readonly Form[] = mutantOf(name)?.forms ?? ['latest-only']
      const where = form === undefined ? {} : { form }
      const task = { from: 0, count: MAX_SEEDS, mutant: name, until: 'violation', ...where } as const
      const { violations } = await runTask(task)
      expect(violations).toHaveLength(1)
    },
    60_000,
  )

  it('is reported with the shortest schedule that detects it', async () => {
    const mutant = mutantOf('no receipts')
    const { violations } = await runTask({ from: 0, count: 100, mutant: 'no receipts', until: 'violation' })
    const seed = violations[0]?.seed ?? 0
    const plan = planOf(seed)
    const { violation } = await run(plan, mutant)
    const shrunk = await shrink(plan, mutant, violation ?? { rule: '', detail: '' })
    expect(shrunk.ran.violation?.rule).toBe(violation?.rule)
    expect(shrunk.plan.faults.length).toBeLessThanOrEqual(1)
    expect(shrunk.ran.trace.at(-2) ?? shrunk.ran.trace.at(-1)).toContain('VIOLATED')
    // Without the remaining fault, the promise holds.
    expect((await run({ ...shrunk.plan, faults: [] }, mutant)).violation).toBeUndefined()
  })
})

describe('npm run simulate', () => {
  it('prints the number of schedules that passed', async () => {
    const { code, out } = await command('--seeds', '60', '--from', '100', '--workers', '2')
    expect(out).toMatch(/^60 schedules of seeds 100 to 159: .* schedules a second in 2 processes$/m)
    expect(out).toMatch(/\n60 passed, 0 failed\n$/)
    expect(code).toBe(0)
  }, 60_000)

  it('replays one seed with all its events', async () => {
    const { code, out } = await command('--seed', '7', '--trace')
    expect(out).toMatch(/^dialogue a: /m)
    expect(out).toMatch(/^ +\d+ ms {2}[AB] #0 load executed: answered$/m)
    expect(out).toMatch(/\n1 passed, 0 failed\n$/)
    expect(code).toBe(0)
  }, 60_000)

  it('fails with the seed, the shortest schedule and the replay command', async () => {
    const { code, out } = await command('--seeds', '20', '--mutant', 'no receipts', '--workers', '1')
    const [, seed] = /^seed (\d+) breaks a promise: /m.exec(out) ?? []
    expect(seed).toBeDefined()
    expect(out).toContain(`replay: npm run simulate -- --seed ${seed} --mutant 'no receipts' --trace`)
    expect(out).toMatch(/\n\d+ passed, [1-9]\d* failed\n$/)
    expect(code).toBe(1)
  }, 60_000)

  it('rejects wrong usage with exit code 2', async () => {
    expect((await command('--seeds', 'many')).code).toBe(2)
    expect((await command('--workers', '0')).code).toBe(2)
  }, 60_000)
})

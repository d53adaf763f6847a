import { mutantOf } from './mutants.ts'
import { planOf } from './schedule.ts'
import type { Form } from './schedule.ts'
import { run } from './run.ts'

/** Seeds, one behind the other, on one variant. */
export interface Task {
  readonly from: number
  readonly count: number
  readonly form?: Form
  readonly mutant?: string
  /** Where to stop: nowhere, or where a promise is broken. */
  readonly until: 'end' | 'violation'
}

/** What came of them. */
export interface Done {
  readonly schedules: number
  readonly events: number
  readonly callbacks: number
  readonly commits: number
  readonly violations: readonly { readonly seed: number; readonly rule: string }[]
}

export async function carryOut({ from, count, form, mutant, until }: Task): Promise<Done> {
  const variant = mutant === undefined ? {} : mutantOf(mutant)
  const done = { schedules: 0, events: 0, callbacks: 0, commits: 0 }
  const violations: Done['violations'][number][] = []
  for (let seed = from; seed < from + count; seed++) {
    const ran = await run(planOf(seed, form), variant)
    done.schedules += 1
    done.events += ran.events
    done.callbacks += ran.callbacks
    done.commits += ran.commits
    if (!ran.violation) continue
    violations.push({ seed, rule: ran.violation.rule })
    if (until === 'violation') break
  }
  return { ...done, violations }
}

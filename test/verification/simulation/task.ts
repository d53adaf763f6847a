import { mutantOf } from './mutants.ts'
import type { Form } from './plan.ts'
import { planOf } from './schedule.ts'
import { run } from './run.ts'

/** Consecutive seeds to run on one variant. */
export interface Task {
  readonly from: number
  readonly count: number
  readonly form?: Form
  readonly mutant?: string
  /** Stop after the last seed, or at the first broken promise. */
  readonly until: 'end' | 'violation'
}

/** Totals of a task, and the broken promises. */
export interface TaskResult {
  readonly schedules: number
  readonly events: number
  readonly callbacks: number
  readonly commits: number
  readonly violations: readonly { readonly seed: number; readonly rule: string }[]
}

export async function runTask({ from, count, form, mutant, until }: Task): Promise<TaskResult> {
  const variant = mutant === undefined ? {} : mutantOf(mutant)
  const totals = { schedules: 0, events: 0, callbacks: 0, commits: 0 }
  const violations: TaskResult['violations'][number][] = []
  for (let seed = from; seed < from + count; seed++) {
    const result = await run(planOf(seed, form), variant)
    totals.schedules += 1
    totals.events += result.events
    totals.callbacks += result.callbacks
    totals.commits += result.commits
    if (!result.violation) continue
    violations.push({ seed, rule: result.violation.rule })
    if (until === 'violation') break
  }
  return { ...totals, violations }
}

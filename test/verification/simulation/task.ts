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

/** Counts of one or several tasks. */
export class Totals {
  schedules = 0
  events = 0
  callbacks = 0
  commits = 0

  add({
    schedules = 1,
    events,
    callbacks,
    commits,
  }: Pick<Totals, 'events' | 'callbacks' | 'commits'> & { schedules?: number }): void {
    this.schedules += schedules
    this.events += events
    this.callbacks += callbacks
    this.commits += commits
  }
}

/** Totals of a task, and the broken promises. */
export interface TaskResult extends Omit<Totals, 'add'> {
  readonly violations: readonly { readonly seed: number; readonly rule: string }[]
}

export async function runTask({ from, count, form, mutant, until }: Task): Promise<TaskResult> {
  const totals = new Totals()
  const violations: TaskResult['violations'][number][] = []
  for (let seed = from; seed < from + count; seed++) {
    const result = await run(planOf(seed, form), mutantOf(mutant))
    totals.add(result)
    if (!result.violation) continue
    violations.push({ seed, rule: result.violation.rule })
    if (until === 'violation') break
  }
  return { ...totals, violations }
}

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

/** Counts of one or several schedules. */
export const zeroTotals = () => ({ schedules: 0, events: 0, callbacks: 0, commits: 0 })
export type Totals = ReturnType<typeof zeroTotals>

/** Totals of a task, and the broken promises. */
export interface TaskResult {
  readonly totals: Totals
  readonly violations: readonly { readonly seed: number; readonly rule: string }[]
}

/** Adds counts to the totals. */
export function addTo(totals: Totals, counts: Totals): void {
  for (const name of ['schedules', 'events', 'callbacks', 'commits'] as const) totals[name] += counts[name]
}

export async function runTask({ from, count, form, mutant, until }: Task): Promise<TaskResult> {
  const totals = zeroTotals()
  const violations: TaskResult['violations'][number][] = []
  for (let seed = from; seed < from + count; seed++) {
    const result = await run(planOf(seed, form), mutantOf(mutant))
    addTo(totals, { schedules: 1, ...result })
    if (!result.violation) continue
    violations.push({ seed, rule: result.violation.rule })
    if (until === 'violation') break
  }
  return { totals, violations }
}

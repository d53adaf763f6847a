import { ONE_KEY } from './plan.ts'
import type { DialoguePlan, Plan } from './plan.ts'
import type { Violation } from './promises.ts'
import { run } from './run.ts'
import type { RunResult } from './run.ts'
import type { Variant } from './mutants.ts'

const MAX_RUNS = 600

export interface Shrunk {
  readonly plan: Plan
  readonly ran: RunResult
  /** The number of schedules tried. */
  readonly runs: number
}

/**
 * Returns the smallest schedule found that breaks the same promise. Removes faults, dialogues and answers one at a time while
 * the promise stays broken, and traces the events of the result.
 */
export async function shrink(
  plan: Plan,
  variant: Variant | undefined,
  violation: Violation,
): Promise<Shrunk> {
  let best = plan
  let runs = 0
  const isSame = async (one: Plan) => {
    runs += 1
    return (await run(one, variant)).violation?.rule === violation.rule
  }
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    // Indexes shift when a part is removed, so each candidate is built from the best plan so far.
    for (let at = 0; runs < MAX_RUNS; at++) {
      const next = smallerBy(best, at)
      if (!next) break
      if (!(await isSame(next))) continue
      best = next
      isSmaller = true
      at -= 1
    }
  }
  return { plan: best, ran: await run(best, variant, 'trace'), runs }
}

/** Returns the plan without its n-th part; `undefined` when it has no such part. */
function smallerBy(plan: Plan, at: number): Plan | undefined {
  return partsOf(plan)[at]?.()
}

function partsOf(plan: Plan): readonly (() => Plan)[] {
  const { dialogues, faults } = plan
  const without = <T>(list: readonly T[], at: number) => list.filter((_, other) => other !== at)
  const changed = (at: number, dialogue: DialoguePlan): Plan => ({
    ...plan,
    dialogues: dialogues.map((one, other) => (other === at ? dialogue : one)),
  })
  return [
    ...faults.map((_, at) => () => ({ ...plan, faults: without(faults, at) })),
    ...dialogues.map((_, at) => () => ({ ...plan, dialogues: without(dialogues, at) })),
    ...dialogues.flatMap((one, at) =>
      one.answers.map(
        (_, answer) => () =>
          changed(at, { ...one, answers: without(one.answers, one.answers.length - 1 - answer) }),
      ),
    ),
    ...dialogues.flatMap((one, at) => (one.startMs > 0 ? [() => changed(at, { ...one, startMs: 0 })] : [])),
    ...dialogues.flatMap((one, at) => {
      const { signed, ...unsigned } = one
      return signed ? [() => changed(at, unsigned)] : []
    }),
    ...(plan.keys === ONE_KEY ? [] : [() => ({ ...plan, keys: ONE_KEY })]),
    ...(plan.replicas === 'some' ? [() => ({ ...plan, replicas: 'none' as const })] : []),
    ...(plan.latency === 'random' ? [() => ({ ...plan, latency: 'fixed' as const })] : []),
  ]
}

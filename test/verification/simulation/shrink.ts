import { ONE_KEY } from './schedule.ts'
import type { DialoguePlan, Plan } from './schedule.ts'
import type { Violation } from './promises.ts'
import { run } from './run.ts'
import type { Ran } from './run.ts'
import type { Variant } from './variant.ts'

const MOST_RUNS = 600

export interface Shrunk {
  readonly plan: Plan
  readonly ran: Ran
  /** How many schedules were tried on the way. */
  readonly runs: number
}

/**
 * The smallest schedule found that breaks the same promise: faults, dialogues and answers are left out one by one as long as it
 * still does. The events of what is left are traced.
 */
export async function shrink(plan: Plan, variant: Variant, violation: Violation): Promise<Shrunk> {
  let best = plan
  let runs = 0
  const isSame = async (one: Plan) => {
    runs += 1
    return (await run(one, variant)).violation?.rule === violation.rule
  }
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    // Indexes move when something is left out: what is tried next is made of the best so far.
    for (let at = 0; runs < MOST_RUNS; at++) {
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

/** The plan without its n-th part; `undefined` when it has no more. */
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
    ...(plan.ways === 'drawn' ? [() => ({ ...plan, ways: 'steady' as const })] : []),
  ]
}

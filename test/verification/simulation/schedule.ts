import { PUK1_ATTEMPTS } from '../../../menus/record.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { faultsFor } from './faults.ts'
import { ONE_KEY, forms } from './plan.ts'
import type { DialoguePlan, Form, Plan } from './plan.ts'
import { themed } from './themes.ts'
import { CODES, realAnswers, wordsFor } from './typed.ts'

/** Returns the schedule of a seed; with `form`, all its dialogues use that form. */
export function planOf(seed: number, form?: Form): Plan {
  const plan = generalPlan(seed, form)
  const random = createRandom(seed, 'theme')
  return random.oneIn(3) ? themed(plan, random, form) : plan
}

function generalPlan(seed: number, form?: Form): Plan {
  const random = createRandom(seed, 'plan')
  const subscribers = random.oneIn(5) ? 2 : 1
  const idleMs = random.pick([60_000, 900_000])
  const dialogues: DialoguePlan[] = []
  const count = random.pick([1, 1, 1, 1, 2, 2, 2, 3])
  for (let at = 0; at < count; at++) {
    const drawn = random.pick(forms)
    const name = 'abc'[at] ?? 'x'
    dialogues.push(dialogueOf(random, { name, form: form ?? drawn, subscriber: random.below(subscribers) }))
  }
  const replicas = createRandom(seed, 'store').oneIn(4) ? 'some' : 'none'
  return {
    seed,
    replicas,
    idleMs,
    latency: 'random',
    keys: ONE_KEY,
    subscribers,
    attempts: PUK1_ATTEMPTS,
    dialogues,
    faults: faultsFor(random, dialogues, idleMs),
  }
}

function dialogueOf(
  random: Random,
  of: { readonly name: string; readonly form: Form; readonly subscriber: number },
): DialoguePlan {
  const menu = random.oneIn(8) ? random.pick(['access', 'password'] as const) : 'counter'
  const typed = menu === 'counter' ? wordsFor(random, of.name) : realAnswers(random, menu)
  return {
    ...of,
    code: CODES[menu],
    startMs: random.pick([0, 0, 0, 1, 3, 50, 1000]),
    answers: typed.map((one) => ({ typed: one, afterMs: random.pick([0, 1, 10, 500, 3500, 5000]) })),
    retries: random.oneIn(2),
  }
}

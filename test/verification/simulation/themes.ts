import type { Random } from '../../../src/simulator/random.ts'
import { someTurn } from './faults.ts'
import { forms } from './plan.ts'
import type { DialoguePlan, Fault, Form, KeyPlan, Plan } from './plan.ts'
import { CODES, PUK1, wordsFor } from './typed.ts'

/**
 * Replaces a schedule by one about a rare topic: secrets, different keys, clock jumps, late duplicates, replayed signatures. Keeps
 * at most two of the general faults.
 */
export function themed(plan: Plan, random: Random, form?: Form): Plan {
  const theme = random.pick(themes)
  const { faults, ...own } = theme(random, form)
  return { ...plan, subscribers: 2, ...own, faults: [...faults, ...plan.faults.slice(0, random.below(3))] }
}

type Theme = (random: Random, form: Form | undefined) => Pick<Plan, 'dialogues' | 'faults'> & Partial<Plan>

/** Subscriber 0 has open access; subscriber 1 needs PUK1. */
const OPEN = 0
const CLOSED = 1

const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))

/** Prefers the form in which nothing identifies a turn. */
const mostlyLatestOnly = (random: Random): Form => (random.oneIn(2) ? 'latest-only' : random.pick(forms))

function dialogue(
  random: Random,
  of: Pick<DialoguePlan, 'name' | 'form' | 'subscriber' | 'code'> & Partial<DialoguePlan>,
  typed: readonly string[],
  pauses: readonly number[] = [1, 500, 3500, 5000, 12_000, 30_000],
): DialoguePlan {
  const retries = random.oneIn(2)
  const answers = typed.map((one) => ({ typed: one, afterMs: random.pick(pauses) }))
  return { startMs: 0, retries, ...of, answers }
}

const duplicate = (
  random: Random,
  dialogues: readonly DialoguePlan[],
  delaysMs: readonly number[],
): Fault => ({ kind: 'duplicate', ...someTurn(random, dialogues), afterMs: random.pick(delaysMs) })

const guessesFor = (random: Random): readonly string[] => {
  const typed = times(random.below(3) + 1, () => `0000000${random.below(5)}`)
  return ['1', ...typed, ...(random.oneIn(2) ? [PUK1] : [])]
}

/** A dialogue of a shipped menu. */
function shippedMenu(
  random: Random,
  name: string,
  form: Form,
  more: Partial<DialoguePlan> = {},
): DialoguePlan {
  const drawn = random.below(4)
  if (drawn > 1) {
    const of = { name, form, subscriber: CLOSED, code: CODES.access, ...more }
    return dialogue(random, of, guessesFor(random))
  }
  const [code, typed] =
    drawn === 0
      ? [CODES.access, random.pick(['1 2', '2 1 2', '2 1 0', '1 1 2'])]
      : [CODES.password, random.pick(PASSWORD_ENTRIES)]
  return dialogue(random, { name, form, subscriber: OPEN, code, ...more }, typed.split(' '))
}

const PASSWORD_ENTRIES = ['80291 80291', '80291 80292 80291 80291', '12345 80291 80291', '1234 80291 0']

/** PUK1 guesses while the store rejects writes at any point of a turn. */
const guessing: Theme = (random, form) => {
  const dialogues = times(random.below(2) + 1, (at) => {
    const of = { name: 'ab'[at] ?? 'x', form: form ?? random.pick(forms) }
    const startMs = at * random.pick([0, 10, 5000])
    const guesses = guessesFor(random)
    return dialogue(random, { ...of, subscriber: CLOSED, code: CODES.access, startMs }, guesses)
  })
  const fault = (): Fault => {
    const ms = random.pick([1, 10, 100, 1000, 10_000, 10_000_000])
    const drawn = random.below(8)
    if (drawn < 3) return { kind: 'read-only', commit: random.below(10), ms }
    if (drawn === 3) {
      const at = someTurn(random, dialogues)
      const typed = `0000000${random.below(8)}`
      return { kind: 'rival', ...at, typed, afterMs: random.pick([0, 3, 50, 1000, 4000]) }
    }
    if (drawn === 4) return duplicate(random, dialogues, [0, 1, 4, 50, 1000, 20_000])
    if (drawn === 5) return { kind: 'hash-busy', hash: random.below(3) }
    if (drawn > 6) return { kind: 'unlock', subscriber: CLOSED, atMs: random.below(12_000) }
    const [command, when] = [4 + random.below(12), random.pick(['before', 'after'] as const)]
    return { kind: 'crash-at', command, when, downMs: random.pick([0, 100, 1000]) }
  }
  return { dialogues, attempts: random.pick([10, 10, 3, 2, 1]), faults: times(random.below(3) + 1, fault) }
}

const BOTH_KEYS = ['new', 'old'] as const
const KEY_PLANS: readonly KeyPlan[] = [
  { nodes: [BOTH_KEYS, ['old']], puk1: 'old' },
  { nodes: [BOTH_KEYS, ['old']], puk1: 'new' },
  { nodes: [BOTH_KEYS, ['new']], puk1: 'old' },
  { nodes: [BOTH_KEYS, ['new']], puk1: 'new' },
  { nodes: [['new'], ['old']], puk1: 'new' },
  { nodes: [BOTH_KEYS, BOTH_KEYS], puk1: 'old' },
]

/** Gateways with different keys. */
const keys: Theme = (random, form) => {
  const dialogues = times(random.below(2) + 1, (at) => {
    const own = form ?? random.pick(forms)
    return shippedMenu(random, 'ab'[at] ?? 'x', own, { startMs: at * random.pick([0, 5000]) })
  })
  const duplicates = times(random.below(2), () => duplicate(random, dialogues, [0, 1, 50, 4000]))
  return { dialogues, keys: random.pick(KEY_PLANS), faults: duplicates }
}

const STEPS = [3_600_000, -3_600_000, 86_400_000, -86_400_000, 5000, -5000] as const

/** Clock jumps of the store, with commands in flight. */
const clock: Theme = (random, form) => {
  const ownForm = form ?? mostlyLatestOnly(random)
  const shared = random.oneIn(2) ? { sharedSessionId: 's' } : {}
  const moves = times(2 + random.below(3), () => random.pick(['1', '1', '1', '9']))
  const one = { name: 'a', form: ownForm, subscriber: OPEN, code: CODES.counter, ...shared }
  const pauses = [1, 3500, 5000, 12_000]
  const dialogues: DialoguePlan[] = []
  if (random.oneIn(4)) dialogues.push(shippedMenu(random, 'a', ownForm))
  else {
    dialogues.push(dialogue(random, one, moves, pauses))
    if (random.oneIn(2)) {
      const startMs = random.pick([5000, 20_000, 60_000])
      dialogues.push(dialogue(random, { ...one, name: 'b', startMs }, ['1'], pauses))
    }
  }
  const faults: Fault[] = []
  for (let step = random.below(2); step < 2; step++) {
    // A command waiting for a frozen store executes after the clock jump.
    const fromMs = random.pick([0, 0, 3500, 5000]) + random.below(24)
    const isFrozen = random.oneIn(2)
    if (isFrozen) faults.push({ kind: 'outage', fromMs, ms: random.pick([2500, 5000]), how: 'frozen' })
    const atMs = isFrozen
      ? fromMs + random.below(2000)
      : random.pick([random.below(24), random.below(30_000)])
    const byMs = random.pick(isFrozen ? [-3_600_000, -86_400_000, ...STEPS] : STEPS)
    faults.push({ kind: 'clock-step', atMs, byMs })
  }
  return { dialogues, faults }
}

/** Aggregators that retry long after the answer. */
const late: Theme = (random, form) => {
  const dialogues = [shippedMenu(random, 'a', form ?? mostlyLatestOnly(random))]
  const faults = times(1 + random.below(3), (): Fault => {
    const at = someTurn(random, dialogues)
    return { kind: 'duplicate', ...at, afterMs: 10_000 + random.below(15_001) }
  })
  return { dialogues, faults }
}

const REPLAY_DELAYS = [1000, 10_000, 60_000, 100_000, 200_000, 299_000, 301_000, 303_000, 400_000]

/** Replayed callbacks, most of them signed. */
const replays: Theme = (random, form) => {
  const ownForm = form ?? mostlyLatestOnly(random)
  const isLong = random.oneIn(4)
  const shared = random.oneIn(2) ? { sharedSessionId: 's' } : {}
  const signed = random.oneIn(3) ? {} : { signed: true as const }
  const of = (name: string, startMs: number) => {
    const more = { startMs, ...shared, ...signed }
    if (!isLong && !random.oneIn(2)) return shippedMenu(random, name, ownForm, more)
    const words = isLong ? [...times(18, (at) => `${name}${at}`), `z${name}`] : wordsFor(random, name)
    const own = { name, form: ownForm, subscriber: OPEN, code: CODES.counter, ...more }
    return dialogue(random, own, words, [10, 500, 3500])
  }
  const dialogues = [of('a', 0)]
  if (random.oneIn(2) && !isLong) dialogues.push(of('b', random.pick([4000, 40_000])))
  const faults = times(1 + random.below(3), (): Fault => {
    const at = someTurn(random, dialogues)
    return {
      kind: 'duplicate',
      ...at,
      ...(random.oneIn(3) && { turn: 0 }),
      afterMs: random.pick(REPLAY_DELAYS),
    }
  })
  return { dialogues, faults }
}

/** Effects that are shed, and retries of their callbacks. */
const busy: Theme = (random, form) => {
  const dialogues = [{ ...shippedMenu(random, 'a', form ?? random.pick(forms)), retries: true }]
  const faults = times(1 + random.below(2), (): Fault =>
    random.oneIn(3)
      ? { kind: 'hash-busy', hash: random.below(3) }
      : { kind: 'effect-failed', effect: random.below(8) },
  )
  const retry = duplicate(random, dialogues, [0, 5, 1000, 4000])
  return { dialogues, faults: random.oneIn(2) ? [...faults, retry] : faults }
}

const themes: readonly Theme[] = [guessing, keys, clock, late, replays, busy]

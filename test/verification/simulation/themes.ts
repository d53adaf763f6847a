import type { Random } from '../../../src/simulator/random.ts'
import type { DialoguePlan, Fault, Form, KeyPlan, NodeIndex, Plan } from './plan.ts'
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

const FORMS = ['cumulative', 'deep-cumulative', 'sequenced', 'latest-only'] as const
/** Subscriber 0 has open access; subscriber 1 needs PUK1. */
const OPEN = 0
const CLOSED = 1

const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))

const nodeOf = (random: Random): NodeIndex => random.pick([0, 1])

/** Prefers the form in which nothing identifies a turn. */
const mostlyLatestOnly = (random: Random): Form => (random.oneIn(2) ? 'latest-only' : random.pick(FORMS))

function dialogue(
  random: Random,
  of: Pick<DialoguePlan, 'name' | 'form' | 'subscriber' | 'code'> & Partial<DialoguePlan>,
  typed: readonly string[],
  pauses: readonly [number, ...number[]] = [1, 500, 3500, 5000, 12_000, 30_000],
): DialoguePlan {
  return {
    startMs: 0,
    retries: random.oneIn(2),
    ...of,
    answers: typed.map((one) => ({ typed: one, afterMs: random.pick(pauses) })),
  }
}

const guessesFor = (random: Random): readonly string[] => {
  const guess = () => `0000000${random.below(5)}`
  const typed = times(random.below(3) + 1, guess)
  return ['1', ...typed, ...(random.oneIn(2) ? [PUK1] : [])]
}

/** A dialogue of a shipped menu. */
function shippedMenu(
  random: Random,
  name: string,
  form: Form,
  more: Partial<DialoguePlan> = {},
): DialoguePlan {
  switch (random.below(4)) {
    case 0: {
      const typed = random.pick([
        ['1', '2'],
        ['2', '1', '2'],
        ['2', '1', '0'],
        ['1', '1', '2'],
      ])
      return dialogue(random, { name, form, subscriber: OPEN, code: CODES.access, ...more }, typed)
    }
    case 1: {
      const typed = random.pick([
        ['80291', '80291'],
        ['80291', '80292', '80291', '80291'],
        ['12345', '80291', '80291'],
        ['1234', '80291', '0'],
      ])
      return dialogue(random, { name, form, subscriber: OPEN, code: CODES.password, ...more }, typed)
    }
    default:
      return dialogue(
        random,
        { name, form, subscriber: CLOSED, code: CODES.access, ...more },
        guessesFor(random),
      )
  }
}

const someTurn = (random: Random, dialogues: readonly DialoguePlan[]) => {
  const { name, answers } = dialogues[random.below(dialogues.length)] as DialoguePlan
  return { dialogue: name, turn: random.below(answers.length + 1), node: nodeOf(random) }
}

/** PUK1 guesses while the store rejects writes at any point of a turn. */
const guessing: Theme = (random, form) => {
  const dialogues = times(random.below(2) + 1, (at) =>
    dialogue(
      random,
      {
        name: 'ab'[at] ?? 'x',
        form: form ?? random.pick(FORMS),
        subscriber: CLOSED,
        code: CODES.access,
        startMs: at * random.pick([0, 10, 5000]),
      },
      guessesFor(random),
    ),
  )
  const fault = (): Fault => {
    const ms = random.pick([1, 10, 100, 1000, 10_000, 10_000_000])
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        return { kind: 'read-only', commit: random.below(10), ms }
      case 3:
        return {
          kind: 'rival',
          ...someTurn(random, dialogues),
          typed: `0000000${random.below(8)}`,
          afterMs: random.pick([0, 3, 50, 1000, 4000]),
        }
      case 4:
        return {
          kind: 'duplicate',
          ...someTurn(random, dialogues),
          afterMs: random.pick([0, 1, 4, 50, 1000, 20_000]),
        }
      case 5:
        return { kind: 'hash-busy', hash: random.below(3) }
      case 6:
        return {
          kind: 'crash-at',
          command: 4 + random.below(12),
          when: random.pick(['before', 'after']),
          downMs: random.pick([0, 100, 1000]),
        }
      default:
        return { kind: 'unlock', subscriber: CLOSED, atMs: random.below(12_000) }
    }
  }
  return { dialogues, attempts: random.pick([10, 10, 3, 2, 1]), faults: times(random.below(3) + 1, fault) }
}

const KEY_PLANS: readonly [KeyPlan, ...KeyPlan[]] = [
  { nodes: [['new', 'old'], ['old']], puk1: 'old' },
  { nodes: [['new', 'old'], ['old']], puk1: 'new' },
  { nodes: [['new', 'old'], ['new']], puk1: 'old' },
  { nodes: [['new', 'old'], ['new']], puk1: 'new' },
  { nodes: [['new'], ['old']], puk1: 'new' },
  {
    nodes: [
      ['new', 'old'],
      ['new', 'old'],
    ],
    puk1: 'old',
  },
]

/** Gateways with different keys. */
const keys: Theme = (random, form) => {
  const dialogues = times(random.below(2) + 1, (at) =>
    shippedMenu(random, 'ab'[at] ?? 'x', form ?? random.pick(FORMS), {
      startMs: at * random.pick([0, 5000]),
    }),
  )
  const duplicates = times(random.below(2), (): Fault => ({
    kind: 'duplicate',
    ...someTurn(random, dialogues),
    afterMs: random.pick([0, 1, 50, 4000]),
  }))
  return { dialogues, keys: random.pick(KEY_PLANS), faults: duplicates }
}

const STEPS = [3_600_000, -3_600_000, 86_400_000, -86_400_000, 5000, -5000] as const

/** Clock jumps of the store, with commands in flight. */
const clock: Theme = (random, form) => {
  const ownForm = form ?? mostlyLatestOnly(random)
  const shared = random.oneIn(2) ? { sharedSessionId: 's' } : {}
  const moves = times(2 + random.below(3), () => random.pick(['1', '1', '1', '9']))
  const one = { name: 'a', form: ownForm, subscriber: OPEN, code: CODES.tally, ...shared }
  const pauses = [1, 3500, 5000, 12_000] as const
  const dialogues = random.oneIn(4)
    ? [shippedMenu(random, 'a', ownForm)]
    : [
        dialogue(random, one, moves, pauses),
        ...(random.oneIn(2)
          ? [
              dialogue(
                random,
                { ...one, name: 'b', startMs: random.pick([5000, 20_000, 60_000]) },
                ['1'],
                pauses,
              ),
            ]
          : []),
      ]
  const faults: Fault[] = []
  for (let step = random.below(2); step < 2; step++) {
    // A command waiting for a frozen store executes after the clock jump.
    const fromMs = random.pick([0, 0, 3500, 5000]) + random.below(24)
    const isFrozen = random.oneIn(2)
    if (isFrozen) faults.push({ kind: 'outage', fromMs, ms: random.pick([2500, 5000]), how: 'frozen' })
    const atMs = isFrozen
      ? fromMs + random.below(2000)
      : random.pick([random.below(24), random.below(30_000)])
    faults.push({
      kind: 'clock-step',
      atMs,
      byMs: isFrozen ? random.pick([-3_600_000, -86_400_000, ...STEPS]) : random.pick(STEPS),
    })
  }
  return { dialogues, faults }
}

/** Aggregators that retry long after the answer. */
const late: Theme = (random, form) => {
  const dialogues = [shippedMenu(random, 'a', form ?? mostlyLatestOnly(random))]
  const duplicates = times(1 + random.below(3), (): Fault => ({
    kind: 'duplicate',
    ...someTurn(random, dialogues),
    afterMs: 10_000 + random.below(15_001),
  }))
  return { dialogues, faults: duplicates }
}

/** Replayed callbacks, most of them signed. */
const replays: Theme = (random, form) => {
  const ownForm = form ?? mostlyLatestOnly(random)
  const isLong = random.oneIn(4)
  const shared = random.oneIn(2) ? { sharedSessionId: 's' } : {}
  const signed = random.oneIn(3) ? {} : { signed: true as const }
  const more = { ...shared, ...signed }
  const words = (name: string) =>
    isLong ? [...times(18, (at) => `${name}${at}`), `z${name}`] : wordsFor(random, name)
  const of = (name: string, startMs: number) =>
    isLong || random.oneIn(2)
      ? dialogue(
          random,
          { name, form: ownForm, subscriber: OPEN, code: CODES.tally, startMs, ...more },
          words(name),
          [10, 500, 3500],
        )
      : shippedMenu(random, name, ownForm, { startMs, ...more })
  const dialogues = [
    of('a', 0),
    ...(random.oneIn(2) && !isLong ? [of('b', random.pick([4000, 40_000]))] : []),
  ]
  const duplicates = times(1 + random.below(3), (): Fault => ({
    kind: 'duplicate',
    ...someTurn(random, dialogues),
    ...(random.oneIn(3) && { turn: 0 }),
    afterMs: random.pick([1000, 10_000, 60_000, 100_000, 200_000, 299_000, 301_000, 303_000, 400_000]),
  }))
  return { dialogues, faults: duplicates }
}

/** Effects that are shed, and retries of their callbacks. */
const busy: Theme = (random, form) => {
  const dialogues = [{ ...shippedMenu(random, 'a', form ?? random.pick(FORMS)), retries: true }]
  const faults = times(1 + random.below(2), (): Fault =>
    random.oneIn(3)
      ? { kind: 'hash-busy', hash: random.below(3) }
      : { kind: 'effect-failed', effect: random.below(8) },
  )
  const duplicate: Fault = {
    kind: 'duplicate',
    ...someTurn(random, dialogues),
    afterMs: random.pick([0, 5, 1000, 4000]),
  }
  return { dialogues, faults: random.oneIn(2) ? [...faults, duplicate] : faults }
}

const themes: readonly [Theme, ...Theme[]] = [guessing, keys, clock, late, replays, busy]

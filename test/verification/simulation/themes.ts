import type { Draws } from './random.ts'
import type { DialoguePlan, Fault, Form, KeyPlan, Place, Plan } from './schedule.ts'
import { CODES, PUK1, wordsFor } from './typed.ts'

/**
 * Schedules about what is rare among all others: secrets, keys that differ, a clock that jumps, callbacks that come again late
 * or signed. Few of the general faults are left beside it.
 */
export function themed(plan: Plan, draws: Draws, form?: Form): Plan {
  const theme = draws.of(themes)
  const { faults, ...own } = theme(draws, form)
  return { ...plan, subscribers: 2, ...own, faults: [...faults, ...plan.faults.slice(0, draws.below(3))] }
}

type Theme = (draws: Draws, form: Form | undefined) => Pick<Plan, 'dialogues' | 'faults'> & Partial<Plan>

const FORMS = ['cumulative', 'deep-cumulative', 'sequenced', 'latest-only'] as const
/** The subscriber whose access is open, and the one who needs PUK1. */
const OPEN = 0
const CLOSED = 1

const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))

const placeOf = (draws: Draws): Place => draws.of([0, 1])

/** Half of them where nothing says which turn a callback is. */
const mostlyLatestOnly = (draws: Draws): Form => (draws.onceIn(2) ? 'latest-only' : draws.of(FORMS))

function dialogue(
  draws: Draws,
  of: Pick<DialoguePlan, 'name' | 'form' | 'subscriber' | 'code'> & Partial<DialoguePlan>,
  typed: readonly string[],
  pauses: readonly [number, ...number[]] = [1, 500, 3500, 5000, 12_000, 30_000],
): DialoguePlan {
  return {
    startMs: 0,
    insists: draws.onceIn(2),
    ...of,
    answers: typed.map((one) => ({ typed: one, afterMs: draws.of(pauses) })),
  }
}

const guessesFor = (draws: Draws): readonly string[] => {
  const guess = () => `0000000${draws.below(5)}`
  const typed = times(draws.below(3) + 1, guess)
  return ['1', ...typed, ...(draws.onceIn(2) ? [PUK1] : [])]
}

/** A dialogue of a shipped menu. */
function real(draws: Draws, name: string, form: Form, more: Partial<DialoguePlan> = {}): DialoguePlan {
  switch (draws.below(4)) {
    case 0: {
      const typed = draws.of([
        ['1', '2'],
        ['2', '1', '2'],
        ['2', '1', '0'],
        ['1', '1', '2'],
      ])
      return dialogue(draws, { name, form, subscriber: OPEN, code: CODES.access, ...more }, typed)
    }
    case 1: {
      const typed = draws.of([
        ['80291', '80291'],
        ['80291', '80292', '80291', '80291'],
        ['12345', '80291', '80291'],
        ['1234', '80291', '0'],
      ])
      return dialogue(draws, { name, form, subscriber: OPEN, code: CODES.password, ...more }, typed)
    }
    default:
      return dialogue(
        draws,
        { name, form, subscriber: CLOSED, code: CODES.access, ...more },
        guessesFor(draws),
      )
  }
}

const someTurn = (draws: Draws, dialogues: readonly DialoguePlan[]) => {
  const { name, answers } = dialogues[draws.below(dialogues.length)] as DialoguePlan
  return { dialogue: name, turn: draws.below(answers.length + 1), place: placeOf(draws) }
}

/** Some guess while the store refuses to write, begun before the load, between it and a commit, or between two commits. */
const guessing: Theme = (draws, form) => {
  const dialogues = times(draws.below(2) + 1, (at) =>
    dialogue(
      draws,
      {
        name: 'ab'[at] ?? 'x',
        form: form ?? draws.of(FORMS),
        subscriber: CLOSED,
        code: CODES.access,
        startMs: at * draws.of([0, 10, 5000]),
      },
      guessesFor(draws),
    ),
  )
  const fault = (): Fault => {
    const ms = draws.of([1, 10, 100, 1000, 10_000, 10_000_000])
    switch (draws.below(8)) {
      case 0:
      case 1:
      case 2:
        return { kind: 'read-only', commit: draws.below(10), ms }
      case 3:
        return {
          kind: 'rival',
          ...someTurn(draws, dialogues),
          typed: `0000000${draws.below(8)}`,
          afterMs: draws.of([0, 3, 50, 1000, 4000]),
        }
      case 4:
        return { kind: 'copy', ...someTurn(draws, dialogues), afterMs: draws.of([0, 1, 4, 50, 1000, 20_000]) }
      case 5:
        return { kind: 'hash-busy', hash: draws.below(3) }
      case 6:
        return {
          kind: 'crash-at',
          command: 4 + draws.below(12),
          when: draws.of(['before', 'after']),
          downMs: draws.of([0, 100, 1000]),
        }
      default:
        return { kind: 'unlock', subscriber: CLOSED, atMs: draws.below(12_000) }
    }
  }
  return { dialogues, attempts: draws.of([10, 10, 3, 2, 1]), faults: times(draws.below(3) + 1, fault) }
}

const KEY_PLANS: readonly [KeyPlan, ...KeyPlan[]] = [
  { at: [['new', 'old'], ['old']], puk1: 'old' },
  { at: [['new', 'old'], ['old']], puk1: 'new' },
  { at: [['new', 'old'], ['new']], puk1: 'old' },
  { at: [['new', 'old'], ['new']], puk1: 'new' },
  { at: [['new'], ['old']], puk1: 'new' },
  {
    at: [
      ['new', 'old'],
      ['new', 'old'],
    ],
    puk1: 'old',
  },
]

/** The gateways have not the same keys. */
const keys: Theme = (draws, form) => {
  const dialogues = times(draws.below(2) + 1, (at) =>
    real(draws, 'ab'[at] ?? 'x', form ?? draws.of(FORMS), { startMs: at * draws.of([0, 5000]) }),
  )
  const copies = times(draws.below(2), (): Fault => ({
    kind: 'copy',
    ...someTurn(draws, dialogues),
    afterMs: draws.of([0, 1, 50, 4000]),
  }))
  return { dialogues, keys: draws.of(KEY_PLANS), faults: copies }
}

const STEPS = [3_600_000, -3_600_000, 86_400_000, -86_400_000, 5000, -5000] as const

/** The store's clock jumps, and what was under way then comes late. */
const clock: Theme = (draws, form) => {
  const theForm = form ?? mostlyLatestOnly(draws)
  const under = draws.onceIn(2) ? { under: 's' } : {}
  const moves = times(2 + draws.below(3), () => draws.of(['1', '1', '1', '9']))
  const one = { name: 'a', form: theForm, subscriber: OPEN, code: CODES.tally, ...under }
  const pauses = [1, 3500, 5000, 12_000] as const
  const dialogues = draws.onceIn(4)
    ? [real(draws, 'a', theForm)]
    : [
        dialogue(draws, one, moves, pauses),
        ...(draws.onceIn(2)
          ? [dialogue(draws, { ...one, name: 'b', startMs: draws.of([5000, 20_000, 60_000]) }, ['1'], pauses)]
          : []),
      ]
  const faults: Fault[] = []
  for (let step = draws.below(2); step < 2; step++) {
    // A command that waits for a store standing still is carried out when its clock has jumped.
    const fromMs = draws.of([0, 0, 3500, 5000]) + draws.below(24)
    const isFrozen = draws.onceIn(2)
    if (isFrozen) faults.push({ kind: 'outage', fromMs, ms: draws.of([2500, 5000]), how: 'frozen' })
    const atMs = isFrozen ? fromMs + draws.below(2000) : draws.of([draws.below(24), draws.below(30_000)])
    faults.push({
      kind: 'clock-step',
      atMs,
      byMs: isFrozen ? draws.of([-3_600_000, -86_400_000, ...STEPS]) : draws.of(STEPS),
    })
  }
  return { dialogues, faults }
}

/** Aggregators that send again long after the answer. */
const late: Theme = (draws, form) => {
  const dialogues = [real(draws, 'a', form ?? mostlyLatestOnly(draws))]
  const copies = times(1 + draws.below(3), (): Fault => ({
    kind: 'copy',
    ...someTurn(draws, dialogues),
    afterMs: 10_000 + draws.below(15_001),
  }))
  return { dialogues, faults: copies }
}

/** Callbacks, signed as a rule, that somebody has kept and sends once more. */
const replays: Theme = (draws, form) => {
  const theForm = form ?? mostlyLatestOnly(draws)
  const isLong = draws.onceIn(4)
  const under = draws.onceIn(2) ? { under: 's' } : {}
  const signed = draws.onceIn(3) ? {} : { signed: true as const }
  const more = { ...under, ...signed }
  const words = (name: string) =>
    isLong ? [...times(18, (at) => `${name}${at}`), `z${name}`] : wordsFor(draws, name)
  const of = (name: string, startMs: number) =>
    isLong || draws.onceIn(2)
      ? dialogue(
          draws,
          { name, form: theForm, subscriber: OPEN, code: CODES.tally, startMs, ...more },
          words(name),
          [10, 500, 3500],
        )
      : real(draws, name, theForm, { startMs, ...more })
  const dialogues = [of('a', 0), ...(draws.onceIn(2) && !isLong ? [of('b', draws.of([4000, 40_000]))] : [])]
  const copies = times(1 + draws.below(3), (): Fault => ({
    kind: 'copy',
    ...someTurn(draws, dialogues),
    ...(draws.onceIn(3) && { turn: 0 }),
    afterMs: draws.of([1000, 10_000, 60_000, 100_000, 200_000, 299_000, 301_000, 303_000, 400_000]),
  }))
  return { dialogues, faults: copies }
}

/** Effects find no room, and their callbacks come again. */
const busy: Theme = (draws, form) => {
  const dialogues = [{ ...real(draws, 'a', form ?? draws.of(FORMS)), insists: true }]
  const faults = times(1 + draws.below(2), (): Fault =>
    draws.onceIn(3)
      ? { kind: 'hash-busy', hash: draws.below(3) }
      : { kind: 'effect-failed', effect: draws.below(8) },
  )
  const copy: Fault = { kind: 'copy', ...someTurn(draws, dialogues), afterMs: draws.of([0, 5, 1000, 4000]) }
  return { dialogues, faults: draws.onceIn(2) ? [...faults, copy] : faults }
}

const themes: readonly [Theme, ...Theme[]] = [guessing, keys, clock, late, replays, busy]

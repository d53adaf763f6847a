import type { Language } from '../engine/authoring.ts'
import { screenOf } from './dialogue.ts'
import type { Model, Move } from './dialogue.ts'
import type { Origin } from './model-spec.ts'
import type { Alphabet } from './texts.ts'

/** What holds on every screen of every dialogue. */
export const invariants = {
  fits: 'every screen is inside the limit of one message',
  'way-out': 'every screen has a way out',
  choices: 'the digits a screen lists are the digits it takes',
  'no-secret': 'no secret is shown, stored or logged',
  ends: 'every dialogue can come to its end',
  'no-endless-guessing': 'nobody can try secrets without end',
  attempts: 'attempts left go up by success alone',
  works: 'the menu does not fail',
  'as-modelled': 'the gateway does what the model does',
} as const

export type Invariant = keyof typeof invariants

/** Where an invariant does not hold, and the dialogue that shows it. */
export interface Violation<World> {
  readonly invariant: Invariant
  /** The dialled code. */
  readonly code: string
  readonly language: Language
  readonly screen: string
  /** In a few words, behind the screen: `takes 83 UTF-16 units, and a message 80`. */
  readonly what: string
  /** Name of the origin. */
  readonly origin: string
  readonly moves: readonly Move<World>[]
  /** Shown in Latin letters. */
  readonly script?: 'latin' | undefined
}

/** What is wrong on the screen that these moves lead to. */
export function violationOf<World>(
  of: {
    readonly model: Model<World>
    readonly origin: Origin<World>
    readonly script?: Alphabet | undefined
  },
  { invariant, what }: { readonly invariant: Invariant; readonly what: string },
  moves: readonly Move<World>[],
): Violation<World> {
  const { model, origin, script } = of
  const last = model.play(origin.world, moves).at(-1)
  return {
    invariant,
    code: model.subject.menu.code,
    language: model.language,
    screen: last ? screenOf(last.to) : '',
    what,
    origin: origin.name,
    moves,
    script: script === 'latin' ? script : undefined,
  }
}

/** Of those that say the same of the same screen, the one with the shortest dialogue, and how many more there are; the shortest first. */
export function shortest<World>(
  violations: readonly Violation<World>[],
): readonly { readonly violation: Violation<World>; readonly more: number }[] {
  const groups = new Map<string, Violation<World>[]>()
  for (const violation of violations) {
    const { invariant, code, screen } = violation
    const key = `${invariant} ${code} ${screen}`
    groups.set(key, [...(groups.get(key) ?? []), violation])
  }
  const shortFirst = (group: readonly Violation<World>[]) =>
    group.toSorted((a, b) => a.moves.length - b.moves.length)
  return [...groups.values()]
    .flatMap((group) =>
      shortFirst(group)
        .slice(0, 1)
        .map((violation) => ({ violation, more: group.length - 1 })),
    )
    .toSorted((a, b) => a.violation.moves.length - b.violation.moves.length)
}

/** One sentence: the menu, the screen, the language, what is wrong, and which invariant that is. */
export function sentenceOf<World>({
  code,
  screen,
  language,
  what,
  invariant,
  script,
}: Violation<World>): string {
  const letters = script ? ', in Latin letters' : ''
  return `${code}, ${screen === '' ? 'the first screen' : `screen ${screen}`}, ${language}${letters}: ${what} (${invariants[invariant]})`
}

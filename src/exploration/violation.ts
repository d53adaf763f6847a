import type { Language } from '../engine/authoring.ts'
import { screenOf } from './dialogue.ts'
import type { Model, Move } from './dialogue.ts'
import type { Origin } from './model-spec.ts'
import type { Alphabet } from './texts.ts'

/** The properties of every screen of every dialogue. */
export const invariants = {
  fits: 'every screen fits one message',
  'way-out': 'every screen has a way out',
  choices: 'a screen accepts the digits it lists',
  'no-secret': 'no secret is shown, stored or logged',
  ends: 'every dialogue can end',
  'no-endless-guessing': 'secrets cannot be guessed without limit',
  attempts: 'attempts left rise only on success',
  works: 'the menu does not fail',
  'as-modelled': 'the gateway behaves as modelled',
} as const

export type Invariant = keyof typeof invariants

/** A violated invariant, and the dialogue that shows it. */
export interface Violation<World> {
  readonly invariant: Invariant
  /** The dialled code. */
  readonly code: string
  readonly language: Language
  readonly screen: string
  /** Completes a sentence about the screen: `needs 83 UTF-16 units, limit 80`. */
  readonly detail: string
  /** The name of the origin. */
  readonly origin: string
  readonly moves: readonly Move<World>[]
  /** Set if the text is transliterated. */
  readonly alphabet?: 'latin' | undefined
}

/** Creates a violation on the screen that these moves reach. */
export function violationOf<World>(
  of: {
    readonly model: Model<World>
    readonly origin: Origin<World>
    readonly alphabet?: Alphabet | undefined
  },
  { invariant, detail }: { readonly invariant: Invariant; readonly detail: string },
  moves: readonly Move<World>[],
): Violation<World> {
  const { model, origin, alphabet } = of
  const last = model.play(origin.world, moves).at(-1)
  return {
    invariant,
    code: model.subject.menu.code,
    language: model.language,
    screen: last ? screenOf(last.to) : '',
    detail,
    origin: origin.name,
    moves,
    alphabet: alphabet === 'latin' ? alphabet : undefined,
  }
}

/**
 * Groups violations by invariant and screen. Returns the shortest dialogue of each group and the number of others, the shortest
 * first.
 */
export function shortest<World>(
  violations: readonly Violation<World>[],
): readonly { readonly violation: Violation<World>; readonly more: number }[] {
  const groups = new Map<string, Violation<World>[]>()
  for (const violation of violations) {
    const { invariant, code, screen } = violation
    const key = `${invariant} ${code} ${screen}`
    groups.set(key, [...(groups.get(key) ?? []), violation])
  }
  const byLength = (group: readonly Violation<World>[]) =>
    group.toSorted((a, b) => a.moves.length - b.moves.length)
  return [...groups.values()]
    .flatMap((group) =>
      byLength(group)
        .slice(0, 1)
        .map((violation) => ({ violation, more: group.length - 1 })),
    )
    .toSorted((a, b) => a.violation.moves.length - b.violation.moves.length)
}

/** Formats a violation on one line: `*100#, screen more, en: needs 184 septets, limit 182 (every screen fits one message)`. */
export function violationMessage<World>({
  code,
  screen,
  language,
  detail,
  invariant,
  alphabet,
}: Violation<World>): string {
  const letters = alphabet ? ', in Latin letters' : ''
  return `${code}, ${screen === '' ? 'the first screen' : `screen ${screen}`}, ${language}${letters}: ${detail} (${invariants[invariant]})`
}

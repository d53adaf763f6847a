/**
 * The contexts in which `check` renders the texts of a menu: the initial context and the author's samples, and variations of
 * them. No effect runs here, so other contexts are left to walkthroughs.
 */
import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import type { CompiledMenu } from '../engine/menu.ts'

type Fields = Readonly<Record<string, unknown>>

/** The fields that differ from the initial context. */
export type Sample = object

export interface Trial {
  readonly context: unknown
  readonly sample: Sample
  /** `given`: the initial context or a sample. `varied`: differs in one field and may never occur, so it need not render. */
  readonly kind: 'given' | 'varied'
}

/** Returns the initial context first. */
export function trialsOf(menu: CompiledMenu, language: Language, samples: readonly Sample[]): Trial[] {
  const [first] = initialTransition(menu.machine, { language }) as unknown as [AnyMachineSnapshot]
  const initial = (first.context ?? {}) as Fields
  const given = [{}, ...samples] as readonly Fields[]
  const contexts = given.map((sample) => ({ ...initial, ...sample }))
  const varied = given.flatMap((sample, at) =>
    Object.entries(contexts[at] ?? {}).flatMap(([field, value]) =>
      otherValues(
        value,
        contexts.map((context) => context[field]),
      ).map((other) => ({ ...sample, [field]: other })),
    ),
  )
  return [
    ...given.map((sample): Trial => ({ context: { ...initial, ...sample }, sample, kind: 'given' })),
    ...varied.map((sample): Trial => ({ context: { ...initial, ...sample }, sample, kind: 'varied' })),
  ]
}

/** One number of each plural form in Russian and Belarusian. */
const COUNTS = [0, 1, 2, 5]

/** Inverts a flag, and replaces a number by smaller ones of each plural form. Larger ones may never occur. */
function otherValues(value: unknown, known: readonly unknown[]): unknown[] {
  if (typeof value === 'boolean') return [!value]
  if (typeof value !== 'number') return []
  const largest = Math.max(...known.filter((each) => typeof each === 'number'))
  return COUNTS.filter((count) => count < largest && count !== value)
}

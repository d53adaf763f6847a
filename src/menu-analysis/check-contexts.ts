/**
 * The contexts in which `check` makes the texts of a menu. Nothing is performed here, so what effects bring is known from nowhere
 * but the context a dialogue begins with and the samples an author gives; walking the menu meets the rest.
 */
import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import type { CompiledMenu } from '../engine/menu.ts'

type Fields = Readonly<Record<string, unknown>>

/** What differs from the context a dialogue begins with. */
export type Sample = object

export interface Trial {
  readonly context: unknown
  readonly sample: Sample
  /**
   * `given`: a dialogue has such a context. `varied`: it has one field otherwise, and may never come: a text that cannot be
   * made from it is no mistake.
   */
  readonly kind: 'given' | 'varied'
}

/** The first is the context a dialogue begins with. */
export function trialsOf(menu: CompiledMenu, language: Language, samples: readonly Sample[]): Trial[] {
  const [first] = initialTransition(menu.machine, { language }) as unknown as [AnyMachineSnapshot]
  const begun = (first.context ?? {}) as Fields
  const given = [{}, ...samples] as readonly Fields[]
  const contexts = given.map((sample) => ({ ...begun, ...sample }))
  const varied = given.flatMap((sample, at) =>
    Object.entries(contexts[at] ?? {}).flatMap(([field, value]) =>
      otherValues(
        value,
        contexts.map((context) => context[field]),
      ).map((other) => ({ ...sample, [field]: other })),
    ),
  )
  return [
    ...given.map((sample): Trial => ({ context: { ...begun, ...sample }, sample, kind: 'given' })),
    ...varied.map((sample): Trial => ({ context: { ...begun, ...sample }, sample, kind: 'varied' })),
  ]
}

/** None, one, few and many, as plurals go in Russian and Belarusian. */
const COUNTS = [0, 1, 2, 5]

/** A flag is tried the other way, and a number where it is counted in words; never a longer one than is known to come. */
function otherValues(value: unknown, known: readonly unknown[]): unknown[] {
  if (typeof value === 'boolean') return [!value]
  if (typeof value !== 'number') return []
  const most = Math.max(...known.filter((each) => typeof each === 'number'))
  return COUNTS.filter((count) => count < most && count !== value)
}

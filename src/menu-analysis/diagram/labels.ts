/** The texts in a diagram: of screens and of guards. */
import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../../engine/authoring.ts'
import { textOf } from '../../engine/render.ts'
import { guardName } from '../coverage/names.ts'
import type { DiagramMenu } from './diagram.ts'

export interface ScreenText {
  readonly text: string
  /** True if the text depends on the context: it is then the text at the start of a dialogue. */
  readonly isExample: boolean
}

/** Returns the text of a screen; undefined if it has none, or if the initial context cannot render it. */
export function screenText(menu: DiagramMenu, name: string, language: Language): ScreenText | undefined {
  const text = menu.screens[name]?.[language]
  if (text === undefined) return undefined
  if (typeof text === 'string') return { text, isExample: false }
  const [first] = initialTransition(menu.machine, { language }) as unknown as [AnyMachineSnapshot]
  try {
    return { text: textOf(text, first.context), isExample: true }
  } catch {
    return undefined
  }
}

/** Longer texts do not fit beside an edge. */
const MAX_LENGTH = 40

/**
 * Describes a guard: by its name, or, for an inline guard, by its comparison. `({ event }) => event.output.access === 'open'`
 * gives `open`. Undefined without a guard, and for one that is too long or complex.
 */
export function guardText(guard: unknown): string | undefined {
  const name = guardName(guard)
  if (name !== undefined || typeof guard !== 'function') return name
  const [, body] = /^\(\s*\{[\s\w,]*\}\s*\)\s*=>\s*([^]*)$/.exec(String(guard)) ?? []
  if (body === undefined || /[{}]/.test(body)) return undefined
  const text = body
    .trim()
    // The value of an outcome says enough.
    .replace(/\bevent\.output\.\w+\s*===\s*(['"])([^'"]*)\1/g, '$2')
    .replace(/\b(event\.output|event|context)\./g, '')
    .replace(/'([^']*)'|"([^"]*)"/g, '$1$2')
    .replace(/\s*!==?\s*/g, ' ≠ ')
    .replace(/\s*===?\s*/g, ' = ')
    .replace(/!(?=\w)/g, 'not ')
    .replace(/\s*&&\s*/g, ' and ')
    .replace(/\s*\|\|\s*/g, ' or ')
    .replace(/>=/g, '≥')
    .replace(/<=/g, '≤')
  return text.length <= MAX_LENGTH && !/[\n;`]|=>/.test(text) ? text : undefined
}

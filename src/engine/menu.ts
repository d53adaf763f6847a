import { createHash } from 'node:crypto'
import type { AnyStateMachine } from 'xstate'
import type { Language, Text } from './authoring.ts'
import { createSteps } from './steps.ts'
import type { Steps } from './steps.ts'

/** A menu as its module exports it. The compiler checks the types of its context there; they are erased here. */
export interface Menu {
  readonly machine: AnyStateMachine
  // oxlint-disable-next-line typescript/no-explicit-any -- each menu has its own context; `Screens` has checked it
  readonly screens: Readonly<Record<string, Readonly<Record<Language, Text<any>>>>>
}

/** A menu, compiled once at start. */
export interface CompiledMenu extends Menu {
  /** The dialled code, e.g. `*141*0#`. */
  readonly code: string
  /**
   * 8 hex digits that change with the machine. A dialogue begun under another revision is not resumed: its state may have
   * another meaning.
   */
  readonly revision: string
  readonly steps: Steps
}

export function compileMenu(code: string, menu: Menu): CompiledMenu {
  const { machine, screens } = menu
  return { code, machine, screens, revision: revisionOf(machine), steps: createSteps(machine) }
}

/** The languages of a menu, in the order of its first screen. */
export const languagesOf = ({ screens }: Pick<Menu, 'screens'>): readonly Language[] =>
  Object.keys(Object.values(screens)[0] ?? {})

/** Hashes the source of functions too: a changed guard or assign changes the meaning of a stored state. */
function revisionOf(machine: AnyStateMachine): string {
  const { guards, actions } = machine.implementations
  const text = JSON.stringify([machine.config, guards, actions], (_key, value: unknown) => {
    if (typeof value !== 'function') return value
    // All assigns share one function and differ in this property.
    return 'assignment' in value ? { assignment: value.assignment } : normaliseSource(String(value))
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** Quoted text, comments, and the blanks, semicolons and trailing commas outside both. */
const INSIGNIFICANT = /(["'`])((?:\\.|(?!\1)[^\\])*)\1|\/\/[^\n]*|\/\*[^]*?\*\/|[\s;]+|,(?=\s*[)\]}])/g

/**
 * Removes the parts of a function's source that a compiler or a formatter may change. Another build of the same menu then has
 * the same revision, and resumes its dialogues.
 */
const normaliseSource = (text: string): string =>
  text.replace(INSIGNIFICANT, (_found, quote?: string, quoted?: string) =>
    quote ? JSON.stringify(quoted) : '',
  )

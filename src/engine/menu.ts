import { createHash } from 'node:crypto'
import type { AnyActorLogic, AnyStateMachine } from 'xstate'
import type { Language, Text } from './authoring.ts'
import { stepsOf } from './steps.ts'

/** A menu as its module exports it. The types of its context are checked where it is written, and erased here. */
export interface Menu {
  readonly machine: AnyStateMachine
  // oxlint-disable-next-line typescript/no-explicit-any -- each menu has a context of its own; `Screens` has checked it
  readonly screens: Readonly<Record<string, Readonly<Record<Language, Text<any>>>>>
}

/** A menu made ready once, at start. */
export interface CompiledMenu extends Menu {
  /** The dialled code that leads to it, e.g. `*141*0#`. */
  readonly code: string
  /**
   * 8 hex digits that change when the machine changes. A dialogue begun under another revision is not resumed: its state
   * may mean something else by now.
   */
  readonly revision: string
  /** The machine, to be stepped. */
  readonly steps: AnyActorLogic
}

export function compileMenu(code: string, menu: Menu): CompiledMenu {
  const { machine, screens } = menu
  return { code, machine, screens, revision: revisionOf(machine), steps: stepsOf(machine) }
}

/** The text of functions counts too: a guard or an assign that changes its meaning changes what a stored state means. */
function revisionOf(machine: AnyStateMachine): string {
  const { guards, actions } = machine.implementations
  const text = JSON.stringify([machine.config, guards, actions], (_key, value: unknown) => {
    if (typeof value !== 'function') return value
    // All assigns are one function; what tells them apart hangs on it.
    return 'assignment' in value ? { assignment: value.assignment } : normaliseSource(String(value))
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** Quoted text, comments, and the blanks, semicolons and last commas that stand outside of both. */
const INSIGNIFICANT = /(["'`])((?:\\.|(?!\1)[^\\])*)\1|\/\/[^\n]*|\/\*[^]*?\*\/|[\s;]+|,(?=\s*[)\]}])/g

/**
 * A function's text without what a compiler or a formatter is free to choose: another build of the same menu has the same
 * revision, and its dialogues go on.
 */
const normaliseSource = (text: string): string =>
  text.replace(INSIGNIFICANT, (_found, quote?: string, quoted?: string) =>
    quote ? JSON.stringify(quoted) : '',
  )

import { createHash } from 'node:crypto'
import type { AnyActorLogic, AnyActorScope, AnyStateMachine, EventObject, Snapshot } from 'xstate'
import type { Language, Text } from './authoring.ts'

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
  /** The machine as `transition` and `initialTransition` take it. */
  readonly logic: AnyActorLogic
}

export function compileMenu(code: string, menu: Menu): CompiledMenu {
  const { machine, screens } = menu
  return { code, machine, screens, revision: revisionOf(machine), logic: logicOf(machine) }
}

/** The initial snapshot of an actor without input. */
const EMPTY_SNAPSHOT: Snapshot<unknown> = { status: 'active', output: undefined, error: undefined }

/**
 * Wraps a machine for `transition` and `initialTransition` of XState: the same steps in less than half the time. Both create
 * an actor first, and an actor computes the initial state of its logic. This logic computes it only when given an input.
 */
function logicOf(machine: AnyStateMachine): AnyActorLogic {
  return {
    transition: (snapshot: Snapshot<unknown>, event: EventObject, scope: AnyActorScope) =>
      machine.transition(snapshot as never, event, scope as never),
    getInitialSnapshot: (scope: AnyActorScope, input: unknown) =>
      input === undefined ? EMPTY_SNAPSHOT : machine.getInitialSnapshot(scope as never, input as never),
    getPersistedSnapshot: (snapshot: Snapshot<unknown>) => snapshot,
  }
}

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

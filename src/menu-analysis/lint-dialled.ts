/** Follows a shortcut through the statechart like `applyShortcut` of the engine, but over every outcome of every effect. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import {
  entered,
  hasTag,
  isDigit,
  handles,
  reachedBy,
  reachedFrom,
  repliesOf,
  statesOf,
} from './statechart.ts'

export interface DialledResult {
  /** The screens the dialogue can stop at. */
  readonly screens: ReadonlySet<AnyStateNode>
  /** For each part, the transitions that can take it; empty if no screen on the way accepts it. */
  readonly taken: readonly (readonly AnyTransitionDefinition[])[]
}

export function followDialled(machine: AnyStateMachine, shortcut: readonly string[]): DialledResult {
  const screens = new Set<AnyStateNode>()
  const taken: AnyTransitionDefinition[][] = []
  let current: ReadonlySet<AnyStateNode> = reachedFrom([entered(machine.root)]).screens
  for (const typed of shortcut) {
    const next = new Set<AnyStateNode>()
    const takenHere: AnyTransitionDefinition[] = []
    for (const screen of current) {
      const transitions = stopsAt(screen) ? [] : takenBy(screen, typed.trim())
      // If every guard can reject it, the dialogue can stop here.
      if (transitions.every(({ guard }) => guard !== undefined)) screens.add(screen)
      takenHere.push(...transitions)
      for (const transition of transitions)
        for (const reached of reachedBy(transition, screen).screens) next.add(reached)
    }
    taken.push(takenHere)
    current = next
  }
  const inOrder = statesOf(machine.root).filter((node) => screens.has(node) || current.has(node))
  return { screens: new Set(inOrder), taken }
}

/** A shortcut never answers a final screen, a secret or a confirmation. */
const stopsAt = (screen: AnyStateNode): boolean =>
  screen.type === 'final' || handles(screen, 'secret') || hasTag(screen, 'confirmation')

/** A digit that the screen handles is a choice; anything else is text. */
function takenBy(screen: AnyStateNode, typed: string): readonly AnyTransitionDefinition[] {
  const event = isDigit(typed) && handles(screen, typed) ? typed : 'text'
  return repliesOf(screen).filter(({ eventType }) => eventType === event)
}

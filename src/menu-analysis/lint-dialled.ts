/** What was dialled behind a code, held against the statechart: `follow` of turn.ts, with every outcome of every effect at once. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import {
  entered,
  hasTag,
  isDigit,
  isNamed,
  reachedBy,
  reachedFrom,
  repliesOf,
  statesOf,
} from './statechart.ts'

export interface DialledResult {
  /** Where the dialogue may come to rest. */
  readonly rests: ReadonlySet<AnyStateNode>
  /** What may take each part of what was dialled; nothing: no screen on the way does. */
  readonly taken: readonly (readonly AnyTransitionDefinition[])[]
}

export function followDialled(machine: AnyStateMachine, shortcut: readonly string[]): DialledResult {
  const rests = new Set<AnyStateNode>()
  const taken: AnyTransitionDefinition[][] = []
  let current: ReadonlySet<AnyStateNode> = reachedFrom([entered(machine.root)]).screens
  for (const typed of shortcut) {
    const next = new Set<AnyStateNode>()
    const takenHere: AnyTransitionDefinition[] = []
    for (const screen of current) {
      const takes = stopsAt(screen) ? [] : takenBy(screen, typed.trim())
      // Where a guard may refuse it, it is not understood and the dialogue rests.
      if (takes.every(({ guard }) => guard !== undefined)) rests.add(screen)
      takenHere.push(...takes)
      for (const transition of takes)
        for (const reached of reachedBy(transition, screen).screens) next.add(reached)
    }
    taken.push(takenHere)
    current = next
  }
  const inOrder = statesOf(machine.root).filter((node) => rests.has(node) || current.has(node))
  return { rests: new Set(inOrder), taken }
}

/** An end, a secret and a confirmation are not answered by what was dialled. */
const stopsAt = (screen: AnyStateNode): boolean =>
  screen.type === 'final' || isNamed(screen, 'secret') || hasTag(screen, 'confirmation')

/** A digit that the screen names is a choice; anything else is text. */
function takenBy(screen: AnyStateNode, typed: string): readonly AnyTransitionDefinition[] {
  const event = isDigit(typed) && isNamed(screen, typed) ? typed : 'text'
  return repliesOf(screen).filter(({ eventType }) => eventType === event)
}

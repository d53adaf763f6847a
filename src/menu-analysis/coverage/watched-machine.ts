import type {
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
  StateValue,
} from 'xstate'
import { nameOf, statesOf } from '../statechart.ts'
import { screenName } from '../../engine/render.ts'

/** What a watched machine tells. Leaves are told by name, transitions by the definitions of the watched machine. */
export interface Watcher {
  /** A dialogue entered a leaf: at its beginning, or by a transition. */
  entered?(leaf: string): void
  /** A dialogue is at a leaf with this context, because it entered it or was put back there. */
  rested?(leaf: string, context: object): void
  taken?(transition: AnyTransitionDefinition): void
  /** A guard was asked; also where nothing was taken in the end. */
  guarded?(transition: AnyTransitionDefinition, how: 'passed' | 'refused'): void
}

/**
 * The same machine over again, which tells what is done with it. Its config, guards, assigns and effects are the very same
 * objects, so it does what the original does, has the same revision, and is checked alike; what is watched is how XState
 * chooses a transition. Only snapshots that this machine made or restored are seen.
 */
export function watchMachine(machine: AnyStateMachine, watcher: Watcher): AnyStateMachine {
  const watched: AnyStateMachine = machine.provide({})
  const nodes = new Map(statesOf(watched.root).map((node) => [nameOf(node), node]))
  const choose = watched.getTransitionData.bind(watched)
  const restore = watched.resolveState.bind(watched)
  const step = watched.transition.bind(watched)
  const begin = watched.getInitialSnapshot.bind(watched)
  // A snapshot is asked what it `can` do before it does it: only what is chosen in a step is taken.
  let chosen: AnyTransitionDefinition[] | undefined

  const rest = (snapshot: AnyMachineSnapshot): string => {
    const leaf = screenName(snapshot.value as StateValue)
    watcher.rested?.(leaf, snapshot.context as object)
    return leaf
  }

  watched.getTransitionData = (snapshot: AnyMachineSnapshot, event: AnyEventObject) => {
    const [transition] = choose(snapshot, event)
    const leaf = nodes.get(screenName(snapshot.value as StateValue))
    for (const [asked, how] of asking(leaf, event.type, transition)) watcher.guarded?.(asked, how)
    if (transition) chosen?.push(transition)
    return transition ? [transition] : []
  }

  watched.transition = (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: AnyActorScope) => {
    chosen = []
    try {
      const next: AnyMachineSnapshot = step(snapshot, event, scope)
      if (next.status === 'error') return next
      for (const transition of chosen) watcher.taken?.(transition)
      if (chosen.length > 0) watcher.entered?.(rest(next))
      return next
    } finally {
      chosen = undefined
    }
  }

  watched.getInitialSnapshot = (scope: AnyActorScope, input?: unknown) => {
    const first: AnyMachineSnapshot = begin(scope, input)
    if (first.status !== 'error') watcher.entered?.(rest(first))
    return first
  }

  watched.resolveState = (config: Parameters<typeof restore>[0]) => {
    const restored: AnyMachineSnapshot = restore(config)
    rest(restored)
    return restored
  }
  return watched
}

/** The guards that were asked on the way to the transition that was chosen, from the leaf outwards. */
function* asking(
  leaf: AnyStateNode | undefined,
  type: string,
  chosen: AnyTransitionDefinition | undefined,
): Generator<readonly [AnyTransitionDefinition, 'passed' | 'refused']> {
  for (let node = leaf; node; node = node.parent) {
    for (const candidate of node.transitions.get(type) ?? []) {
      if (candidate.guard !== undefined) yield [candidate, candidate === chosen ? 'passed' : 'refused']
      if (candidate === chosen) return
    }
  }
}

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

/** Callbacks of a watched machine. Transitions are definitions of the watched machine, not of the original. */
export interface Watcher {
  /** Called when a dialogue enters a leaf, at its start or by a transition. */
  entered?(leaf: string): void
  /** Called when a dialogue is at a leaf, because it entered the leaf or was restored there. */
  rested?(leaf: string, context: object): void
  taken?(transition: AnyTransitionDefinition): void
  /** Called for every evaluated guard, even if no transition is taken. */
  guarded?(transition: AnyTransitionDefinition, result: 'passed' | 'failed'): void
}

/**
 * Returns a copy of a machine that reports its transitions. It shares config, guards, actions and effects with the original, so
 * its behaviour, revision and `check` results are equal. Only snapshots created or restored by the copy are reported.
 */
export function watchMachine(machine: AnyStateMachine, watcher: Watcher): AnyStateMachine {
  const watched: AnyStateMachine = machine.provide({})
  const nodes = new Map(statesOf(watched.root).map((node) => [nameOf(node), node]))
  const choose = watched.getTransitionData.bind(watched)
  const restore = watched.resolveState.bind(watched)
  const step = watched.transition.bind(watched)
  const begin = watched.getInitialSnapshot.bind(watched)
  // `can` chooses transitions too. Only those chosen during a step are taken.
  let chosen: AnyTransitionDefinition[] | undefined

  const rest = (snapshot: AnyMachineSnapshot): string => {
    const leaf = screenName(snapshot.value as StateValue)
    watcher.rested?.(leaf, snapshot.context as object)
    return leaf
  }

  watched.getTransitionData = (snapshot: AnyMachineSnapshot, event: AnyEventObject) => {
    const [transition] = choose(snapshot, event)
    const leaf = nodes.get(screenName(snapshot.value as StateValue))
    for (const [guarded, result] of evaluated(leaf, event.type, transition))
      watcher.guarded?.(guarded, result)
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

/** Returns the guards evaluated up to the chosen transition, from the leaf outwards. */
function* evaluated(
  leaf: AnyStateNode | undefined,
  type: string,
  chosen: AnyTransitionDefinition | undefined,
): Generator<readonly [AnyTransitionDefinition, 'passed' | 'failed']> {
  for (let node = leaf; node; node = node.parent) {
    for (const candidate of node.transitions.get(type) ?? []) {
      if (candidate.guard !== undefined) yield [candidate, candidate === chosen ? 'passed' : 'failed']
      if (candidate === chosen) return
    }
  }
}

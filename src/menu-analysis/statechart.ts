/** Reads a machine without running it: its states, their replies, and the screens reached over all outcomes of the effects. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** Returns the name of a state, which is the key of its screen: `settings.language` when nested. */
export const nameOf = (node: AnyStateNode): string => node.path.join('.') || 'the machine'

/** Returns a state and all its descendants. */
export const statesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(statesOf),
]

/** Returns the states without nested states: screens and working states. */
export const leavesOf = (machine: AnyStateMachine): AnyStateNode[] =>
  statesOf(machine.root).filter((node) => Object.keys(node.states).length === 0)

/** True for a state named with a gerund, which performs an effect and is never shown. The type `Screens` uses the same rule. */
export function isWorking({ key }: AnyStateNode): boolean {
  const at = key.indexOf('ing')
  if (at < 0) return false
  const [before, next] = [key.slice(0, at), key.charAt(at + 3)]
  return before === before.toLowerCase() && next === next.toUpperCase()
}

/** True if a state or an ancestor has the tag. */
export const hasTag = (node: AnyStateNode, tag: string): boolean =>
  node.tags.includes(tag) || (node.parent !== undefined && hasTag(node.parent, tag))

export const isDigit = (event: string): boolean => /^\d$/.test(event)

export const isReply = (event: string): boolean => isDigit(event) || event === 'text' || event === 'secret'

/** Drops the branches behind the first one without a guard, which are never taken. */
function upToUnguarded(transitions: readonly AnyTransitionDefinition[]): readonly AnyTransitionDefinition[] {
  const at = transitions.findIndex(({ guard }) => guard === undefined)
  return at < 0 ? transitions : transitions.slice(0, at + 1)
}

/** Returns the transitions a reply can take: the state's own, and those of its ancestors that its own do not override. */
export function repliesOf(leaf: AnyStateNode): readonly AnyTransitionDefinition[] {
  const taken = new Map<string, readonly AnyTransitionDefinition[]>()
  for (let node: AnyStateNode | undefined = leaf; node; node = node.parent) {
    for (const [event, transitions] of node.transitions) {
      if (isReply(event)) taken.set(event, upToUnguarded([...(taken.get(event) ?? []), ...transitions]))
    }
  }
  // `1: undefined` takes no reply: it only blocks the parent's transition.
  return [...taken.values()].flat().filter(({ target, actions }) => target || actions.length > 0)
}

/**
 * True if a state or an ancestor handles a reply. The engine then treats the input as this choice or as a secret, even if
 * `1: undefined` or a guard blocks it.
 */
export const handles = (leaf: AnyStateNode, event: string): boolean =>
  (leaf.transitions.get(event)?.length ?? 0) > 0 || (leaf.parent !== undefined && handles(leaf.parent, event))

/** True if a dialogue ends in this state. A nested final state does not end it. */
export const isEnd = (leaf: AnyStateNode): boolean =>
  leaf.type === 'final' && leaf.parent === leaf.machine.root

/** `done`: the effect returned an outcome. `error`: it threw. */
export type Completion = 'done' | 'error'
const bothCompletions: readonly Completion[] = ['done', 'error']

/** Returns the transitions out of a working state when its effect completes. */
export const outcomesOf = (leaf: AnyStateNode, completion: Completion): readonly AnyTransitionDefinition[] =>
  leaf.invoke.flatMap(({ id }) => leaf.transitions.get(`xstate.${completion}.actor.${id}`) ?? [])

/** Returns the leaf that is entered with a state. */
export function entered(node: AnyStateNode): AnyStateNode {
  const [first] = node.type === 'compound' ? (node.initial.target ?? []) : []
  return first ? entered(first) : node
}

const targetsOf = ({ target }: AnyTransitionDefinition, from: AnyStateNode): AnyStateNode[] =>
  target ? target.map(entered) : [from]

/** The screens a dialogue can stop at, and the working states on the way. */
export interface Reached {
  readonly screens: ReadonlySet<AnyStateNode>
  readonly working: ReadonlySet<AnyStateNode>
}

/** Returns what a transition can reach, over these completions of the effects. */
export const reachedBy = (
  transition: AnyTransitionDefinition,
  from: AnyStateNode,
  completions: readonly Completion[] = bothCompletions,
): Reached => reachedFrom(targetsOf(transition, from), completions)

export function reachedFrom(
  start: readonly AnyStateNode[],
  completions: readonly Completion[] = bothCompletions,
): Reached {
  const screens = new Set<AnyStateNode>()
  const working = new Set<AnyStateNode>()
  const ahead = [...start]
  for (let node = ahead.pop(); node; node = ahead.pop()) {
    if (node.invoke.length === 0) screens.add(node)
    else if (!working.has(node)) {
      working.add(node)
      for (const completion of completions) {
        for (const outcome of outcomesOf(node, completion)) ahead.push(...targetsOf(outcome, node))
      }
    }
  }
  return { screens, working }
}

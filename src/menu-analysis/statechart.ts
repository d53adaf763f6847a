/**
 * A machine as `check` reads it: its states, what a subscriber may send in each, and where that leads once every effect on the
 * way has been performed, whatever its outcome.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** The name of a state, as its screen is keyed: `'settings.language'` when nested. */
export const nameOf = (node: AnyStateNode): string => node.path.join('.') || 'the machine'

/** A state and all below it. */
export const statesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(statesOf),
]

/** The states a dialogue can rest in or work in. */
export const leavesOf = (machine: AnyStateMachine): AnyStateNode[] =>
  statesOf(machine.root).filter((node) => Object.keys(node.states).length === 0)

/** A state named with a gerund works and is never seen; the type `Screens` tells them by the same rule. */
export function isWorking({ key }: AnyStateNode): boolean {
  const at = key.indexOf('ing')
  if (at < 0) return false
  const [before, next] = [key.slice(0, at), key.charAt(at + 3)]
  return before === before.toLowerCase() && next === next.toUpperCase()
}

/** A tag of a state, or of one it lies in. */
export const hasTag = (node: AnyStateNode, tag: string): boolean =>
  node.tags.includes(tag) || (node.parent !== undefined && hasTag(node.parent, tag))

export const isDigit = (event: string): boolean => /^\d$/.test(event)

export const isReply = (event: string): boolean => isDigit(event) || event === 'text' || event === 'secret'

/** Nothing behind an unguarded transition is ever taken. */
function upToUnguarded(transitions: readonly AnyTransitionDefinition[]): readonly AnyTransitionDefinition[] {
  const at = transitions.findIndex(({ guard }) => guard === undefined)
  return at < 0 ? transitions : transitions.slice(0, at + 1)
}

/** The transitions a subscriber's reply may take: a state's own, and those of the states it lies in where its own leave it room. */
export function repliesOf(leaf: AnyStateNode): readonly AnyTransitionDefinition[] {
  const taken = new Map<string, readonly AnyTransitionDefinition[]>()
  for (let node: AnyStateNode | undefined = leaf; node; node = node.parent) {
    for (const [event, transitions] of node.transitions) {
      if (isReply(event)) taken.set(event, upToUnguarded([...(taken.get(event) ?? []), ...transitions]))
    }
  }
  // `1: undefined` takes nothing: it only keeps the reply from the parent.
  return [...taken.values()].flat().filter(({ target, actions }) => target || actions.length > 0)
}

/**
 * Whether a state, or one it lies in, names a reply. What is typed is then that choice, or a secret, even where `1: undefined` or
 * a guard keeps it from being taken.
 */
export const isNamed = (leaf: AnyStateNode, event: string): boolean =>
  (leaf.transitions.get(event)?.length ?? 0) > 0 || (leaf.parent !== undefined && isNamed(leaf.parent, event))

/** Whether a dialogue ends there: a final state inside another ends nothing. */
export const isEnd = (leaf: AnyStateNode): boolean =>
  leaf.type === 'final' && leaf.parent === leaf.machine.root

/** How an effect came out: it told its outcome, or could not find out. */
export type How = 'done' | 'error'
const bothWays: readonly How[] = ['done', 'error']

/** The transitions by which an effect's outcome leaves the state that performs it. */
export const outcomesOf = (leaf: AnyStateNode, how: How): readonly AnyTransitionDefinition[] =>
  leaf.invoke.flatMap(({ id }) => leaf.transitions.get(`xstate.${how}.actor.${id}`) ?? [])

/** The state that is entered when this one is. */
export function entered(node: AnyStateNode): AnyStateNode {
  const [first] = node.type === 'compound' ? (node.initial.target ?? []) : []
  return first ? entered(first) : node
}

const landings = ({ target }: AnyTransitionDefinition, from: AnyStateNode): AnyStateNode[] =>
  target ? target.map(entered) : [from]

/** Screens a dialogue may come to rest on, and every state that performs an effect on the way there. */
export interface Reached {
  readonly screens: ReadonlySet<AnyStateNode>
  readonly working: ReadonlySet<AnyStateNode>
}

/** Where a transition may lead, by the outcomes that are looked at. */
export const reachedBy = (
  transition: AnyTransitionDefinition,
  from: AnyStateNode,
  hows: readonly How[] = bothWays,
): Reached => reachedFrom(landings(transition, from), hows)

export function reachedFrom(start: readonly AnyStateNode[], hows: readonly How[] = bothWays): Reached {
  const screens = new Set<AnyStateNode>()
  const working = new Set<AnyStateNode>()
  const ahead = [...start]
  for (let node = ahead.pop(); node; node = ahead.pop()) {
    if (node.invoke.length === 0) screens.add(node)
    else if (!working.has(node)) {
      working.add(node)
      for (const how of hows) {
        for (const outcome of outcomesOf(node, how)) ahead.push(...landings(outcome, node))
      }
    }
  }
  return { screens, working }
}

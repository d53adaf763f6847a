/** The state graph of a menu's dialogues from one origin. */
import type { Model, State, Move, Transition } from './dialogue.ts'

/** A state of a dialogue. */
export interface StateNode<World> {
  readonly state: State<World>
  readonly edges: readonly Edge<World>[]
  /** The shortest path from the start of the dialogue. */
  readonly path: readonly Edge<World>[]
}

export interface Edge<World> {
  /** Unique in the graph, from 0. */
  readonly id: number
  readonly from: StateNode<World>
  readonly to: StateNode<World>
  readonly transition: Transition<World>
  /** `equivalent`: the transition reaches a state that `ModelSpec.normalise` equates with `to`. */
  readonly exactness: 'exact' | 'equivalent'
}

/** The first node is the state before the dialogue. */
export interface Graph<World> {
  readonly nodes: readonly StateNode<World>[]
  readonly edges: readonly Edge<World>[]
}

/** Transitions to try from one origin. A menu that needs more has a state for every value of something unbounded. */
const MAX_TRANSITIONS = 20_000

/** Explores all transitions from a world, breadth first. Throws an Error for a menu with too many states. */
export function graphOf<World>(model: Model<World>, world: World): Graph<World> {
  const nodes = new Map<string, StateNode<World> & { readonly edges: Edge<World>[] }>()
  const nodeOf = (state: State<World>) => {
    const key = keyOf(model, state)
    const node = nodes.get(key) ?? { state, edges: [], path: [] }
    nodes.set(key, node)
    return node
  }
  const edges: Edge<World>[] = []
  const first = nodeOf(model.start(world))
  // A Map iterates in order of insertion, and includes entries added meanwhile.
  for (const from of nodes.values()) {
    for (const transition of transitionsFrom(model, from.state)) {
      if (edges.length === MAX_TRANSITIONS) throw tooManyTransitions()
      const to = nodeOf(transition.to)
      const exactness = exactKey(to.state) === exactKey(transition.to) ? 'exact' : 'equivalent'
      const edge: Edge<World> = { id: edges.length, from, to, transition, exactness }
      edges.push(edge)
      from.edges.push(edge)
    }
  }
  for (const [node, path] of shortestPaths(first)) Object.assign(node, { path })
  return { nodes: [...nodes.values()], edges }
}

const tooManyTransitions = () =>
  new Error(
    `more than ${MAX_TRANSITIONS} transitions: if the menu counts something, limit it or give its model a 'normalise'`,
  )

const exactKey = <World>({ state, world, changesLeft }: State<World>): string =>
  JSON.stringify([state, world, changesLeft])

/** Returns the key that equivalent states share. */
function keyOf<World>({ subject: spec }: Model<World>, dialogue: State<World>): string {
  const { state, world, text, isOver, changesLeft } = dialogue
  if (!state) return 'before'
  // Nothing follows, so only its text distinguishes it.
  if (isOver) return JSON.stringify([state.value, text])
  if (!spec.normalise) return exactKey(dialogue)
  return JSON.stringify([state.value, spec.normalise(state, world), changesLeft])
}

/** Returns the shortest paths along exact edges. Each can be continued from its end. */
function shortestPaths<World>(
  first: StateNode<World>,
): ReadonlyMap<StateNode<World>, readonly Edge<World>[]> {
  const paths = new Map<StateNode<World>, readonly Edge<World>[]>([[first, []]])
  for (const [node, path] of paths) {
    for (const edge of node.edges) {
      if (edge.exactness === 'exact' && !paths.has(edge.to)) paths.set(edge.to, [...path, edge])
    }
  }
  return paths
}

/**
 * Returns the transitions out of a state: one for every input; and, for one input of each distinct result, one for every change
 * that makes a difference and one for every effect that fails.
 */
function transitionsFrom<World>(model: Model<World>, state: State<World>): readonly Transition<World>[] {
  if (state.isOver) return []
  const { inputs, changes } = model.subject
  const moves: readonly Move<World>[] = state.state
    ? inputs.map((input) => ({ input }))
    : [{ input: undefined }]
  const plain = moves.map((move) => model.move(state, move))
  const distinct = new Map<string, Transition<World>>()
  for (const transition of plain) {
    const result = JSON.stringify([transition.to, transition.performed, transition.understood])
    if (!distinct.has(result)) distinct.set(result, transition)
  }
  const others = [...distinct.values()].flatMap((transition) => [
    ...(state.state && state.changesLeft > 0 ? changes : [])
      .map((change) => model.move(state, { ...transition.move, change }))
      .filter((changed) => visible(changed) !== visible(transition)),
    ...[...new Set(transition.performed)].map((fails) => model.move(state, { ...transition.move, fails })),
  ])
  return [...plain, ...others]
}

/** The part of a transition that the subscriber notices. */
const visible = <World>({ to, understood, fault }: Transition<World>): string =>
  JSON.stringify([to.state, understood, fault])

/** Describes a move in a title: `a wrong PUK1`, `2, when the operator opens access`. */
export function titleOf<World>({ input, change, fails }: Move<World>): string {
  const typed = input?.name ?? 'dial'
  const when = change ? `, when the operator ${change.name}` : ''
  return `${typed}${when}${fails === undefined ? '' : `, when ${fails} fails`}`
}

/** True if the subscriber alone causes the transition: no change by the operator, no failing effect. */
export const isPlain = <World>({ transition: { move } }: Edge<World>): boolean =>
  move.change === undefined && move.fails === undefined

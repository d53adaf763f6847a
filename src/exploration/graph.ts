/** The state graph of a menu's dialogues from one origin. */
import { getAdjacencyMap } from 'xstate/graph'
import type { AdjacencyMap } from 'xstate/graph'
import type { ActorLogic, EventObject } from 'xstate'
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

/** The snapshot and the event of XState's graph traversal. */
interface Snapshot<World> {
  readonly status: 'active'
  readonly output: undefined
  readonly error: undefined
  readonly state: State<World>
}
interface TransitionEvent<World> extends EventObject {
  readonly transition: Transition<World>
}
type Taken<World> = { readonly event: TransitionEvent<World>; readonly state: Snapshot<World> }

/** Explores all transitions from a world. Throws an Error for a menu with too many states. */
export function graphOf<World>(model: Model<World>, world: World): Graph<World> {
  const exactKey = ({ state }: Snapshot<World>) =>
    JSON.stringify([state.state, state.world, state.changesLeft])
  const key = (snapshot: Snapshot<World>): string => keyOf(model, snapshot.state) ?? exactKey(snapshot)
  const found = traverse(model, world, key)

  const nodes = new Map(
    Object.entries(found).map(([at, { state: snapshot }]) => [
      at,
      { state: snapshot.state, snapshot, edges: [] as Edge<World>[], path: [] as Edge<World>[] },
    ]),
  )
  const edges: Edge<World>[] = []
  for (const [at, { transitions }] of Object.entries(found)) {
    const from = nodes.get(at)
    for (const { event, state: snapshot } of Object.values<Taken<World>>(transitions)) {
      const to = nodes.get(key(snapshot))
      if (!from || !to) continue
      const exactness = exactKey(to.snapshot) === exactKey(snapshot) ? 'exact' : 'equivalent'
      const edge: Edge<World> = { id: edges.length, from, to, transition: event.transition, exactness }
      edges.push(edge)
      from.edges.push(edge)
    }
  }
  for (const [node, path] of shortestPaths([...nodes.values()][0])) Object.assign(node, { path })
  return { nodes: [...nodes.values()], edges }
}

/** Returns the key that equivalent states share; undefined where only equal states do. */
function keyOf<World>({ subject: spec }: Model<World>, dialogue: State<World>): string | undefined {
  const { state, world, text, isOver, changesLeft } = dialogue
  if (!state) return 'before'
  // Nothing follows, so only its text distinguishes it.
  if (isOver) return JSON.stringify([state.value, text])
  return spec.normalise && JSON.stringify([state.value, spec.normalise(state, world), changesLeft])
}

function traverse<World>(
  model: Model<World>,
  world: World,
  key: (snapshot: Snapshot<World>) => string,
): AdjacencyMap<Snapshot<World>, TransitionEvent<World>> {
  const snapshotOf = (state: State<World>): Snapshot<World> => ({
    status: 'active',
    output: undefined,
    error: undefined,
    state,
  })
  const start = snapshotOf(model.start(world))
  const logic: ActorLogic<Snapshot<World>, TransitionEvent<World>> = {
    transition: (_snapshot, { transition }) => snapshotOf(transition.to),
    getInitialSnapshot: () => start,
    getPersistedSnapshot: (snapshot) => snapshot,
  }
  try {
    return getAdjacencyMap(logic, {
      events: ({ state }) =>
        transitionsFrom(model, state).map((transition) => ({ type: keyOfMove(transition.move), transition })),
      serializeState: key,
      serializeEvent: ({ type }) => type,
      limit: MAX_TRANSITIONS,
    })
  } catch (error) {
    if (error instanceof Error && error.message === 'Traversal limit exceeded')
      throw new Error(
        `more than ${MAX_TRANSITIONS} transitions: if the menu counts something, limit it or give its model a 'normalise'`,
      )
    throw error
  }
}

/** Breadth first, along exact edges only, so that each path can be continued from its end. */
function shortestPaths<World>(
  first: StateNode<World> | undefined,
): ReadonlyMap<StateNode<World>, readonly Edge<World>[]> {
  const paths = new Map<StateNode<World>, readonly Edge<World>[]>()
  if (!first) return paths
  paths.set(first, [])
  // A Map iterates in order of insertion, and includes entries added meanwhile.
  for (const [node, path] of paths) {
    for (const edge of node.edges) {
      if (edge.exactness === 'exact' && !paths.has(edge.to)) paths.set(edge.to, [...path, edge])
    }
  }
  return paths
}

const keyOfMove = <World>({ input, change, fails }: Move<World>): string =>
  JSON.stringify([input?.name ?? null, change?.name ?? null, fails ?? null])

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

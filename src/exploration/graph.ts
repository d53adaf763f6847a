/** All that can happen in the dialogues of one menu from one origin: the places they come to, and what leads from each to which. */
import { getAdjacencyMap } from 'xstate/graph'
import type { AdjacencyMap } from 'xstate/graph'
import type { ActorLogic, EventObject } from 'xstate'
import type { Model, State, Move, Transition } from './dialogue.ts'

/** A place of a dialogue. */
export interface StateNode<World> {
  readonly state: State<World>
  readonly edges: readonly Edge<World>[]
  /** The shortest way here from before the dialogue. */
  readonly path: readonly Edge<World>[]
}

export interface Edge<World> {
  /** Counted from 0 through the graph. */
  readonly id: number
  readonly from: StateNode<World>
  readonly to: StateNode<World>
  readonly transition: Transition<World>
  /** `alike`: it leads to a place that is explored as `to` is. */
  readonly exactness: 'exact' | 'alike'
}

/** The first place is the one before the dialogue. */
export interface Graph<World> {
  readonly nodes: readonly StateNode<World>[]
  readonly edges: readonly Edge<World>[]
}

/** Turns that are tried from one origin. A menu that needs more has a state for each of something without bound. */
const MAX_TURNS = 20_000

/** What XState's graph takes for a snapshot, and for an event of it. */
interface Node<World> {
  readonly status: 'active'
  readonly output: undefined
  readonly error: undefined
  readonly moment: State<World>
}
interface Turn<World> extends EventObject {
  readonly moved: Transition<World>
}
type Taken<World> = { readonly event: Turn<World>; readonly state: Node<World> }

/** Throws an Error where the menu does not come to an end of its places. */
export function graphOf<World>(model: Model<World>, world: World): Graph<World> {
  const { subject } = model
  const everything = ({ moment }: Node<World>) =>
    JSON.stringify([moment.state, moment.world, moment.changesLeft])
  const key = (node: Node<World>): string => {
    const { state, text, isOver, changesLeft } = node.moment
    if (!state) return 'before'
    // Nothing comes after it: what it says is all that tells it from others.
    if (isOver) return JSON.stringify([state.value, text])
    return subject.normalise
      ? JSON.stringify([state.value, subject.normalise(state, node.moment.world), changesLeft])
      : everything(node)
  }
  const nodeOf = (moment: State<World>): Node<World> => ({
    status: 'active',
    output: undefined,
    error: undefined,
    moment,
  })
  const start = nodeOf(model.start(world))
  const logic: ActorLogic<Node<World>, Turn<World>> = {
    transition: (_node, { moved }) => nodeOf(moved.to),
    getInitialSnapshot: () => start,
    getPersistedSnapshot: (node) => node,
  }
  const found: AdjacencyMap<Node<World>, Turn<World>> = traverse(() =>
    getAdjacencyMap(logic, {
      events: ({ moment }) => movesAt(model, moment).map((moved) => ({ type: nameOf(moved.move), moved })),
      serializeState: key,
      serializeEvent: ({ type }) => type,
      limit: MAX_TURNS,
    }),
  )

  const places = new Map(
    Object.entries(found).map(([at, { state }]) => [
      at,
      { state: state.moment, node: state, edges: [] as Edge<World>[], path: [] as Edge<World>[] },
    ]),
  )
  const edges: Edge<World>[] = []
  for (const [at, { transitions }] of Object.entries(found)) {
    const from = places.get(at)
    for (const { event, state } of Object.values<Taken<World>>(transitions)) {
      const to = places.get(key(state))
      if (!from || !to) continue
      const exactness = everything(to.node) === everything(state) ? 'exact' : 'alike'
      const edge: Edge<World> = { id: edges.length, from, to, transition: event.moved, exactness }
      edges.push(edge)
      from.edges.push(edge)
    }
  }
  for (const [node, path] of pathsFrom([...places.values()][0])) Object.assign(node, { path })
  return { nodes: [...places.values()], edges }
}

/** The shortest ways, breadth first; only on what leads to a place itself, so that they can be gone on from. */
function pathsFrom<World>(
  first: StateNode<World> | undefined,
): ReadonlyMap<StateNode<World>, readonly Edge<World>[]> {
  const ways = new Map<StateNode<World>, readonly Edge<World>[]>()
  if (!first) return ways
  ways.set(first, [])
  // A Map is gone through in the order of insertion, also of what is inserted meanwhile.
  for (const [place, way] of ways) {
    for (const edge of place.edges) {
      if (edge.exactness === 'exact' && !ways.has(edge.to)) ways.set(edge.to, [...way, edge])
    }
  }
  return ways
}

function traverse<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof Error && error.message === 'Traversal limit exceeded')
      throw new Error(`its dialogues have more than ${MAX_TURNS} turns: does it count something without end?`)
    throw error
  }
}

const nameOf = <World>({ input, change, fails }: Move<World>): string =>
  JSON.stringify([input?.name ?? null, change?.name ?? null, fails ?? null])

/**
 * What can come next: every input; for one input of each that lead to the same, also with each change before it that makes a
 * difference, and with each of its effects failing.
 */
function movesAt<World>(model: Model<World>, moment: State<World>): readonly Transition<World>[] {
  if (moment.isOver) return []
  const { inputs, changes } = model.subject
  const moves: readonly Move<World>[] = moment.state
    ? inputs.map((input) => ({ input }))
    : [{ input: undefined }]
  const plain = moves.map((move) => model.move(moment, move))
  const different = new Map<string, Transition<World>>()
  for (const moved of plain) {
    const outcome = JSON.stringify([moved.to, moved.performed, moved.understood])
    if (!different.has(outcome)) different.set(outcome, moved)
  }
  const others = [...different.values()].flatMap((moved) => [
    ...(moment.state && moment.changesLeft > 0 ? changes : [])
      .map((change) => model.move(moment, { ...moved.move, change }))
      .filter((changed) => shows(changed) !== shows(moved)),
    ...[...new Set(moved.performed)].map((fails) => model.move(moment, { ...moved.move, fails })),
  ])
  return [...plain, ...others]
}

/** What the subscriber notices. */
const shows = <World>({ to: moment, understood, fault }: Transition<World>): string =>
  JSON.stringify([moment.state, understood, fault])

/** How a move is called in a title: `a wrong PUK1`, `2, when the operator has opened access`. */
export function titleOf<World>({ input, change, fails }: Move<World>): string {
  const typed = input?.name ?? 'dial'
  const when = change ? `, when the operator ${change.name}` : ''
  return `${typed}${when}${fails === undefined ? '' : `, when ${fails} fails`}`
}

/** A change or a failure happens to a subscriber; the rest they can do by themselves. */
export const isPlain = <World>({ transition: moved }: Edge<World>): boolean =>
  moved.move.change === undefined && moved.move.fails === undefined

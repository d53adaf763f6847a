/** The dialogues that are gone through of all that are possible: every simple path, every input on every screen. */
import { screenOf } from './dialogue.ts'
import type { Move } from './dialogue.ts'
import { isPlain } from './graph.ts'
import type { Edge, Graph, StateNode } from './graph.ts'

/** One dialogue. */
export interface TestPath<World> {
  /**
   * `simple`: to an end, nowhere twice. `stays`: all that leaves a screen as it is, one after another. `once`: an input that
   * is on no simple path that was taken. `failing`: an effect fails in the end. `chain`: dialogues one after another.
   */
  readonly kind: 'simple' | 'stays' | 'once' | 'failing' | 'chain'
  readonly moves: readonly Move<World>[]
}

export interface TestPaths<World> {
  readonly runs: readonly TestPath<World>[]
  /** How many there are; more than were looked for where `isMore`. */
  readonly possible: number
  readonly isMore: boolean
}

/** Simple paths that are looked for. */
const MAX_PATHS = 50_000

export interface Sampling {
  /** No more than so many, but for those that show something new. */
  readonly limit: number
  /** Which of the inputs that lead to the same is taken where, and which runs are left out at the limit. */
  readonly seed: number
  /** Where several are to go through the same graph, so that between them they leave out as little as they can. */
  readonly share: { readonly at: number; readonly of: number }
}

/** With the same options, always the same. */
export function pathsThrough<World>(graph: Graph<World>, sampling: Sampling): TestPaths<World> {
  const { seed } = sampling
  const { paths, isMore } = simplePaths(graph)
  const used = graph.edges.map(() => 0)
  const use = (way: readonly Edge<World>[], kind: TestPath<World>['kind']): Chosen<World> => {
    for (const { id } of way) used[id] = (used[id] ?? 0) + 1
    return { kind, way }
  }
  /** The one that was taken least often so far. */
  const least = (parallel: readonly Edge<World>[]): Edge<World>[] => {
    const turned = parallel.map((_, at) => parallel[(at + seed) % parallel.length] as Edge<World>)
    return turned.toSorted((a, b) => (used[a.id] ?? 0) - (used[b.id] ?? 0)).slice(0, 1)
  }

  const simple = paths.map((path) =>
    use(
      path.flatMap((parallel, at) => {
        const exact = parallel.filter(({ exactness }) => exactness === 'exact')
        return least(at < path.length - 1 && exact.length > 0 ? exact : parallel)
      }),
      'simple',
    ),
  )
  const staying = graph.nodes.flatMap((place) => {
    const edges = place.edges.filter((edge) => stays(edge))
    return edges.length > 0 ? [use([...place.path, ...edges], 'stays')] : []
  })
  const once = graph.edges
    .filter((edge) => edge.transition.move.fails === undefined && used[edge.id] === 0)
    .map((edge) => use([...edge.from.path, edge], 'once'))
  const failing = onlyNew(
    graph.edges.filter(({ transition: moved }) => moved.move.fails !== undefined),
    ({ from, transition: moved }) => [`${screenOf(from.state)} ${moved.move.fails ?? ''}`],
  ).map((edge) => use([...edge.from.path, edge], 'failing'))

  const all = [...simple, ...staying, ...once, ...failing]
  const runs = withinLimit(all, sampling).map(({ kind, way }) => ({
    kind,
    moves: way.map(({ transition: moved }) => moved.move),
  }))
  return { runs, possible: all.length, isMore }
}

interface Chosen<World> {
  readonly kind: TestPath<World>['kind']
  readonly way: readonly Edge<World>[]
}

const stays = <World>(edge: Edge<World>): boolean =>
  edge.to === edge.from && edge.exactness === 'exact' && isPlain(edge)

/** From before the dialogue to where it cannot go on without coming somewhere twice; each step as the edges that make it. */
function simplePaths<World>(graph: Graph<World>): {
  readonly paths: readonly (readonly (readonly Edge<World>[])[])[]
  readonly isMore: boolean
} {
  const paths: (readonly Edge<World>[])[][] = []
  const visited = new Set<StateNode<World>>()
  const steps: (readonly Edge<World>[])[] = []
  let isMore = false

  const visit = (place: StateNode<World>) => {
    if (paths.length === MAX_PATHS) return void (isMore = true)
    visited.add(place)
    const onward = [...onwardFrom(place)].filter(([to]) => !visited.has(to))
    if (onward.length === 0) paths.push([...steps])
    for (const [to, parallel] of onward) {
      steps.push(parallel)
      visit(to)
      steps.pop()
    }
    visited.delete(place)
  }
  const [first] = graph.nodes
  if (first) visit(first)
  return { paths, isMore }
}

/** The next places, each with all that leads there. Failures are gone through by themselves. */
function onwardFrom<World>({
  edges,
}: StateNode<World>): ReadonlyMap<StateNode<World>, readonly Edge<World>[]> {
  const onward = new Map<StateNode<World>, Edge<World>[]>()
  for (const edge of edges) {
    if (edge.transition.move.fails !== undefined) continue
    const parallel = onward.get(edge.to)
    if (parallel) parallel.push(edge)
    else onward.set(edge.to, [edge])
  }
  return onward
}

/**
 * Those that show something new, and of the others as many as the limit leaves room for: first those that are this share's,
 * then the rest, spread evenly.
 */
function withinLimit<World>(
  all: readonly Chosen<World>[],
  { limit, seed, share }: Sampling,
): readonly Chosen<World>[] {
  if (all.length <= limit) return all
  // A long one shows much at once.
  const longFirst = all.toSorted((a, b) => b.way.length - a.way.length)
  const taken = new Set(onlyNew(longFirst, ({ way }) => way.map(noveltyOf)))
  const others = all.filter((one) => !taken.has(one))
  const isOurs = (at: number) => (at + seed) % share.of === share.at
  const inOrder = [
    ...spread(others.filter((_, at) => isOurs(at))),
    ...spread(others.filter((_, at) => !isOurs(at))),
  ]
  for (const other of inOrder.slice(0, Math.max(0, limit - taken.size))) taken.add(other)
  return all.filter((one) => taken.has(one))

  /** All of them, in an order in which the first few already come from everywhere. */
  function spread<T>(ones: readonly T[]): readonly T[] {
    const step = Math.max(1, Math.floor(ones.length / Math.max(1, limit - taken.size)))
    return Array.from({ length: step }, (_, offset) =>
      ones.filter((_one, at) => at % step === (offset + seed) % step),
    ).flat()
  }
}

const noveltyOf = <World>({ from, to, transition: moved }: Edge<World>): string =>
  JSON.stringify([
    screenOf(from.state),
    screenOf(to.state),
    moved.as,
    moved.understood,
    moved.performed,
    moved.move.change !== undefined,
    moved.move.fails,
  ])

/** Those that bring something none before has brought. */
function onlyNew<T>(all: readonly T[], bring: (one: T) => readonly string[]): readonly T[] {
  const brought = new Set<string>()
  return all.filter((one) => {
    const news = bring(one).filter((each) => !brought.has(each))
    for (const each of news) brought.add(each)
    return news.length > 0
  })
}

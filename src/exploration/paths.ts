/** Selects the dialogues to replay: every simple path, and every input on every screen. */
import { screenOf } from './dialogue.ts'
import type { Move } from './dialogue.ts'
import { isPlain } from './graph.ts'
import type { Edge, Graph, StateNode } from './graph.ts'

/** One dialogue. */
export interface TestPath<World> {
  /**
   * `simple`: visits no state twice. `stays`: types every input that leaves a screen unchanged. `once`: ends with an input
   * that no simple path uses. `failing`: ends with a failing effect.
   */
  readonly kind: 'simple' | 'stays' | 'once' | 'failing'
  readonly moves: readonly Move<World>[]
}

export interface TestPaths<World> {
  readonly paths: readonly TestPath<World>[]
  /** The number of paths found without the limit. With `isMore`, there are more. */
  readonly possible: number
  readonly isMore: boolean
}

const MAX_SIMPLE_PATHS = 50_000

export interface Sampling {
  /** Maximum paths. Paths that show something new are selected beyond it. */
  readonly limit: number
  /** Determines the choice among equivalent inputs, and the paths to omit. */
  readonly seed: number
  /** The position among several samplings of one graph, which then omit different paths. */
  readonly share: { readonly at: number; readonly of: number }
}

/** Returns the same paths for the same options. */
export function testPathsIn<World>(graph: Graph<World>, sampling: Sampling): TestPaths<World> {
  const { seed } = sampling
  const { paths, isMore } = simplePaths(graph)
  const used = graph.edges.map(() => 0)
  const use = (edges: readonly Edge<World>[], kind: TestPath<World>['kind']): Candidate<World> => {
    for (const { id } of edges) used[id] = (used[id] ?? 0) + 1
    return { kind, edges }
  }
  const leastUsed = (parallel: readonly Edge<World>[]): Edge<World>[] => {
    const rotated = parallel.map((_, at) => parallel[(at + seed) % parallel.length] as Edge<World>)
    return rotated.toSorted((a, b) => (used[a.id] ?? 0) - (used[b.id] ?? 0)).slice(0, 1)
  }

  const simple = paths.map((path) =>
    use(
      path.flatMap((parallel, at) => {
        const exact = parallel.filter(({ exactness }) => exactness === 'exact')
        return leastUsed(at < path.length - 1 && exact.length > 0 ? exact : parallel)
      }),
      'simple',
    ),
  )
  const staying = graph.nodes.flatMap((node) => {
    const edges = node.edges.filter((edge) => stays(edge))
    return edges.length > 0 ? [use([...node.path, ...edges], 'stays')] : []
  })
  const once = graph.edges
    .filter((edge) => edge.transition.move.fails === undefined && used[edge.id] === 0)
    .map((edge) => use([...edge.from.path, edge], 'once'))
  const failing = withNews(
    graph.edges.filter(({ transition }) => transition.move.fails !== undefined),
    ({ from, transition }) => [`${screenOf(from.state)} ${transition.move.fails ?? ''}`],
  ).map((edge) => use([...edge.from.path, edge], 'failing'))

  const all = [...simple, ...staying, ...once, ...failing]
  const selected = withinLimit(all, sampling).map(({ kind, edges }) => ({
    kind,
    moves: edges.map(({ transition }) => transition.move),
  }))
  return { paths: selected, possible: all.length, isMore }
}

interface Candidate<World> {
  readonly kind: TestPath<World>['kind']
  readonly edges: readonly Edge<World>[]
}

const stays = <World>(edge: Edge<World>): boolean =>
  edge.to === edge.from && edge.exactness === 'exact' && isPlain(edge)

/** Finds the longest paths that visit no node twice. Each step is the list of its parallel edges. */
function simplePaths<World>(graph: Graph<World>): {
  readonly paths: readonly (readonly (readonly Edge<World>[])[])[]
  readonly isMore: boolean
} {
  const paths: (readonly Edge<World>[])[][] = []
  const visited = new Set<StateNode<World>>()
  const steps: (readonly Edge<World>[])[] = []
  let isMore = false

  const visit = (node: StateNode<World>) => {
    if (paths.length === MAX_SIMPLE_PATHS) return void (isMore = true)
    visited.add(node)
    const onward = [...edgesByTarget(node)].filter(([to]) => !visited.has(to))
    if (onward.length === 0) paths.push([...steps])
    for (const [to, parallel] of onward) {
      steps.push(parallel)
      visit(to)
      steps.pop()
    }
    visited.delete(node)
  }
  const [first] = graph.nodes
  if (first) visit(first)
  return { paths, isMore }
}

/** Returns the edges by target node. Failing effects are omitted: they have paths of their own. */
function edgesByTarget<World>({
  edges,
}: StateNode<World>): ReadonlyMap<StateNode<World>, readonly Edge<World>[]> {
  const byTarget = new Map<StateNode<World>, Edge<World>[]>()
  for (const edge of edges) {
    if (edge.transition.move.fails !== undefined) continue
    const parallel = byTarget.get(edge.to)
    if (parallel) parallel.push(edge)
    else byTarget.set(edge.to, [edge])
  }
  return byTarget
}

/** Selects the paths that show something new, and fills up to the limit: first from this share, then from the others. */
function withinLimit<World>(
  all: readonly Candidate<World>[],
  { limit, seed, share }: Sampling,
): readonly Candidate<World>[] {
  if (all.length <= limit) return all
  // A long path shows much at once.
  const longestFirst = all.toSorted((a, b) => b.edges.length - a.edges.length)
  const selected = new Set(withNews(longestFirst, ({ edges }) => edges.map(noveltyOf)))
  const others = all.filter((candidate) => !selected.has(candidate))
  const isInShare = (at: number) => (at + seed) % share.of === share.at
  const inOrder = [
    ...spread(others.filter((_, at) => isInShare(at))),
    ...spread(others.filter((_, at) => !isInShare(at))),
  ]
  for (const other of inOrder.slice(0, Math.max(0, limit - selected.size))) selected.add(other)
  return all.filter((candidate) => selected.has(candidate))

  /** Reorders items so that the first few are spread over the whole list. */
  function spread<T>(items: readonly T[]): readonly T[] {
    const step = Math.max(1, Math.floor(items.length / Math.max(1, limit - selected.size)))
    return Array.from({ length: step }, (_, offset) =>
      items.filter((_item, at) => at % step === (offset + seed) % step),
    ).flat()
  }
}

const noveltyOf = <World>({ from, to, transition }: Edge<World>): string =>
  JSON.stringify([
    screenOf(from.state),
    screenOf(to.state),
    transition.as,
    transition.understood,
    transition.performed,
    transition.move.change !== undefined,
    transition.move.fails,
  ])

/** Keeps the items that add something new to the items before them. */
function withNews<T>(items: readonly T[], newsOf: (item: T) => readonly string[]): readonly T[] {
  const known = new Set<string>()
  return items.filter((item) => {
    const news = newsOf(item).filter((each) => !known.has(each))
    for (const each of news) known.add(each)
    return news.length > 0
  })
}

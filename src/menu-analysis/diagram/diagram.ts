/** The diagram of a menu: its states, and one edge per pair of states with all transitions between them. */
import type { AnyStateNode } from 'xstate'
import type { CompiledMenu } from '../../engine/menu.ts'
import {
  entered,
  isWorking,
  leavesOf,
  nameOf,
  outcomesOf,
  repliesOf,
  statesOf,
  isReply,
} from '../statechart.ts'
import type { Kind, MenuCoverage } from '../coverage/coverage.ts'
import { transitionsOf } from '../coverage/names.ts'
import type { NamedTransition } from '../coverage/names.ts'
import { guardText } from './labels.ts'

/** The parts of a menu that a diagram shows. */
export type DiagramMenu = Pick<CompiledMenu, 'code' | 'machine' | 'screens'>

/** `working`: performs an effect and shows no screen. `final`: ends the dialogue. `group`: has nested states. */
export interface DiagramState {
  readonly kind: 'screen' | 'working' | 'final' | 'group'
  /** The path of the state: `settings.language`; `the machine` for the root. */
  readonly name: string
  /** The last part of the path, shown inside the group. */
  readonly key: string
  /** The effect of a working state. */
  readonly effect: string | undefined
  /** True without coverage. */
  readonly isCovered: boolean
  readonly children: readonly DiagramState[]
}

export interface DiagramEdge {
  /** Names of states. An edge from a group holds for every state in it. */
  readonly from: string
  readonly to: string
  /** `1`, `secret [isPuk1]`, `done: access = open`. */
  readonly labels: readonly string[]
  readonly isCovered: boolean
}

export interface Diagram {
  /** The machine's id. */
  readonly title: string
  readonly code: string
  /** The machine, as a group. */
  readonly root: DiagramState
  /** The initial state. */
  readonly initial: string
  readonly edges: readonly DiagramEdge[]
  /** The edges from each leaf: its own transitions, then those inherited from its ancestors. */
  readonly leafEdges: readonly DiagramEdge[]
}

/**
 * Creates the diagram of a menu. Covered and uncovered transitions do not share an edge. Throws `USSD_MENU_FAULTY` like
 * `transitionsOf`.
 */
export function diagramOf({ code, machine }: DiagramMenu, coverage?: MenuCoverage): Diagram {
  const untouchedIn = (kind: Kind) =>
    new Set(coverage?.[kind].filter(({ touched }) => !touched).map(({ name }) => name))
  const [untouchedStates, untouchedTransitions] = [untouchedIn('states'), untouchedIn('transitions')]
  const transitions = transitionsOf(machine)
  const byDefinition = new Map(transitions.map((transition) => [transition.definition, transition]))
  const edgesOf = (from: AnyStateNode, outgoing: readonly NamedTransition[]) =>
    merged(
      outgoing
        // A transition without target and actions only hides the reply from the parent.
        .filter(({ target, definition }) => target !== undefined || definition.actions.length > 0)
        .map((transition) => ({
          from: nameOf(from),
          to: nameOf(transition.target ?? from),
          labels: [labelOf(transition)],
          isCovered: !untouchedTransitions.has(transition.name),
        })),
    )
  return {
    title: machine.id,
    code,
    root: stateOf(machine.root, untouchedStates),
    initial: nameOf(entered(machine.root)),
    edges: statesOf(machine.root).flatMap((state) =>
      edgesOf(
        state,
        transitions.filter(({ source }) => source === state),
      ),
    ),
    leafEdges: leavesOf(machine)
      // A dialogue that has ended takes no transition of the parent either.
      .filter(({ type }) => type !== 'final')
      .flatMap((leaf) =>
        edgesOf(
          leaf,
          [...repliesOf(leaf), ...outcomesOf(leaf, 'done'), ...outcomesOf(leaf, 'error')].flatMap(
            (definition) => byDefinition.get(definition) ?? [],
          ),
        ),
      ),
  }
}

/** Merges the edges between two states; covered and uncovered ones stay apart. */
function merged(edges: readonly DiagramEdge[]): readonly DiagramEdge[] {
  const between = new Map<string, DiagramEdge>()
  for (const edge of edges) {
    const key = JSON.stringify([edge.from, edge.to, edge.isCovered])
    between.set(key, { ...edge, labels: [...(between.get(key)?.labels ?? []), ...edge.labels] })
  }
  return [...between.values()]
}

function stateOf(node: AnyStateNode, untouched: ReadonlySet<string>): DiagramState {
  const [name, children] = [nameOf(node), Object.values(node.states)]
  const kind =
    children.length > 0 ? 'group' : isWorking(node) ? 'working' : node.type === 'final' ? 'final' : 'screen'
  return {
    kind,
    name,
    key: node.key,
    effect: effectOf(node),
    isCovered: !untouched.has(name),
    children: children.map((child) => stateOf(child, untouched)),
  }
}

/** Undefined for logic written inline in `invoke`, which has no name. */
function effectOf({ invoke: [first] }: AnyStateNode): string | undefined {
  return typeof first?.src === 'string' ? first.src : undefined
}

/** A reply in UML notation, `secret [isPuk1]`; an outcome as `done: closed`, `done: else` or `error`. */
function labelOf({ event, branch, branches, definition }: NamedTransition): string {
  const guard =
    definition.guard === undefined
      ? branch > 1
        ? 'else'
        : undefined
      : (guardText(definition.guard) ?? (branches > 1 ? `#${branch}` : 'if …'))
  if (guard === undefined) return event
  return isReply(event) ? `${event} [${guard}]` : `${event}: ${guard}`
}

/** A state and all its descendants. */
export const withDescendants = (state: DiagramState): readonly DiagramState[] => [
  state,
  ...state.children.flatMap(withDescendants),
]

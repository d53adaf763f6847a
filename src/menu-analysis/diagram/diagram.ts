/** A menu as it is drawn: its states, and between each two of them one edge with all that leads along it. */
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
import { guardText } from './guard-text.ts'

/** What is drawn of a menu. */
export type DrawnMenu = Pick<CompiledMenu, 'code' | 'machine' | 'screens'>

/** `group`: has states inside; `final`: a screen that releases. */
export interface DrawnState {
  readonly kind: 'screen' | 'working' | 'final' | 'group'
  /** `settings.language`; `the machine` for what holds all. */
  readonly name: string
  /** The key alone, which stands inside its group. */
  readonly key: string
  /** The effect that a working state performs. */
  readonly effect: string | undefined
  /** True without coverage. */
  readonly isTouched: boolean
  readonly inside: readonly DrawnState[]
}

export interface DrawnEdge {
  /** Names of states; a group's edge leads out of each state in it. */
  readonly from: string
  readonly to: string
  /** `1`, `secret [isPuk1]`, `done: access = open`. */
  readonly labels: readonly string[]
  readonly isTouched: boolean
}

export interface Diagram {
  /** The machine's id. */
  readonly title: string
  readonly code: string
  /** The machine itself, a group. */
  readonly root: DrawnState
  /** The first state of a dialogue. */
  readonly first: string
  readonly edges: readonly DrawnEdge[]
  /** The same as it is at each leaf, where its own transitions come before those of the states it lies in. */
  readonly leafEdges: readonly DrawnEdge[]
}

/**
 * Throws `USSD_MENU_FAULTY` for a machine no dialogue can follow (`transitionsOf`). What was touched and what was not do not
 * share an edge.
 */
export function diagramOf({ code, machine }: DrawnMenu, coverage?: MenuCoverage): Diagram {
  const missed = (kind: Kind) =>
    new Set(coverage?.[kind].filter(({ touched }) => !touched).map(({ name }) => name))
  const [missedStates, missedTransitions] = [missed('states'), missed('transitions')]
  const transitions = transitionsOf(machine)
  const byDefinition = new Map(transitions.map((transition) => [transition.definition, transition]))
  const edgesOf = (from: AnyStateNode, leading: readonly NamedTransition[]) =>
    merged(
      leading
        // What is left out only keeps a reply from the parent.
        .filter(({ target, definition }) => target !== undefined || definition.actions.length > 0)
        .map((transition) => ({
          from: nameOf(from),
          to: nameOf(transition.target ?? from),
          labels: [labelOf(transition)],
          isTouched: !missedTransitions.has(transition.name),
        })),
    )
  return {
    title: machine.id,
    code,
    root: drawn(machine.root, missedStates),
    first: nameOf(entered(machine.root)),
    edges: statesOf(machine.root).flatMap((state) =>
      edgesOf(
        state,
        transitions.filter(({ source }) => source === state),
      ),
    ),
    leafEdges: leavesOf(machine)
      // When the dialogue is over, nothing is taken from the parent either.
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

/** One edge for all that leads from one state to another, but what was touched apart from what was not. */
function merged(edges: readonly DrawnEdge[]): readonly DrawnEdge[] {
  const between = new Map<string, DrawnEdge>()
  for (const edge of edges) {
    const key = JSON.stringify([edge.from, edge.to, edge.isTouched])
    between.set(key, { ...edge, labels: [...(between.get(key)?.labels ?? []), ...edge.labels] })
  }
  return [...between.values()]
}

function drawn(node: AnyStateNode, missed: ReadonlySet<string>): DrawnState {
  const [name, inside] = [nameOf(node), Object.values(node.states)]
  const kind =
    inside.length > 0 ? 'group' : isWorking(node) ? 'working' : node.type === 'final' ? 'final' : 'screen'
  return {
    kind,
    name,
    key: node.key,
    effect: effectOf(node),
    isTouched: !missed.has(name),
    inside: inside.map((child) => drawn(child, missed)),
  }
}

/** What is written into `invoke` itself has no name. */
function effectOf({ invoke: [first] }: AnyStateNode): string | undefined {
  return typeof first?.src === 'string' ? first.src : undefined
}

/** A reply as UML writes it; an outcome as a sentence is read: `done: closed`, `done: else`, `error`. */
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

/** A state and all inside it. */
export const drawnIn = (state: DrawnState): readonly DrawnState[] => [state, ...state.inside.flatMap(drawnIn)]

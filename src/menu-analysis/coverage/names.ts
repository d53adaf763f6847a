/**
 * The transitions of a machine by names a reader of the menu knows: `puk1 secret [isPuk1] → openingAccess`,
 * `readingAccess done #4 → closed`, `settings 0 → goodbye` for one of a state that has states inside.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { UssdError } from '../../engine/errors.ts'
import { entered, isReply, nameOf, statesOf } from '../statechart.ts'

export interface NamedTransition {
  /** `puk1 secret [isPuk1] → openingAccess`; no other transition of the machine has it. */
  readonly name: string
  /** The state that declares it: a leaf, or one that has states inside. */
  readonly source: AnyStateNode
  /** A digit, `text`, `secret`; `done` or `error` for an effect's outcome. */
  readonly event: string
  /** Its place among the branches of this event, from 1. */
  readonly branch: number
  readonly branches: number
  /** The leaf a dialogue lands on; undefined where it stays. */
  readonly target: AnyStateNode | undefined
  readonly definition: AnyTransitionDefinition
}

/**
 * Every transition, in the order of the file, also one that only keeps a reply from the parent, and one behind an unguarded
 * branch. Throws `USSD_MENU_FAULTY` for what no dialogue can do, all of which `check` refuses too: parallel and history
 * states, `always`, `after`, events no subscriber sends.
 */
export const transitionsOf = (machine: AnyStateMachine): readonly NamedTransition[] =>
  statesOf(machine.root).flatMap((source) => {
    refuseShape(source)
    return [...source.transitions].flatMap(([type, definitions]) => namedOf(source, type, definitions))
  })

function namedOf(
  source: AnyStateNode,
  type: string,
  definitions: readonly AnyTransitionDefinition[],
): NamedTransition[] {
  const event = eventName(source, type)
  const unnumbered = definitions.map(({ guard }) => {
    const name = guardName(guard)
    return name === undefined ? event : `${event} [${name}]`
  })
  return definitions.map((definition, at) => {
    const label = unnumbered[at] ?? event
    // A guard that is written in place has no name, and a guard may stand twice: then the place tells them apart.
    const isAlone = guardName(definition.guard) !== undefined || definitions.length === 1
    const isOnly = unnumbered.filter((other) => other === label).length === 1
    const [first] = definition.target ?? []
    const target = first && entered(first)
    const numbered = isAlone && isOnly ? label : `${label} #${at + 1}`
    return {
      name: `${nameOf(source)} ${numbered} → ${target ? nameOf(target) : '(stays)'}`,
      source,
      event,
      branch: at + 1,
      branches: definitions.length,
      target,
      definition,
    }
  })
}

/** A digit, `text`, `secret`, `done`, `error`; with the effect's id where a state has several effects. */
function eventName(source: AnyStateNode, type: string): string {
  if (isReply(type)) return type
  for (const { id } of source.invoke) {
    const suffix = source.invoke.length > 1 ? ` ${id}` : ''
    if (type === `xstate.done.actor.${id}`) return `done${suffix}`
    if (type === `xstate.error.actor.${id}`) return `error${suffix}`
  }
  throw faultIn(source, `takes '${type}', which no dialogue brings`)
}

function refuseShape(node: AnyStateNode): void {
  const fault =
    node.type === 'parallel' || node.type === 'history'
      ? `is ${node.type}`
      : (node.always ?? []).length > 0
        ? "has 'always'"
        : undefined
  if (fault !== undefined) throw faultIn(node, `${fault}, which no dialogue follows`)
}

const faultIn = (node: AnyStateNode, fault: string): UssdError =>
  new UssdError('USSD_MENU_FAULTY', { detail: `the menu '${node.machine.id}': ${nameOf(node)} ${fault}` })

/**
 * `isPuk1`, `isAtLeast({"length":8})`, `and(isPuk1, not(isLocked))`, `stateIn(open)`; undefined for none, and for a function
 * written in place.
 */
export function guardName(guard: unknown): string | undefined {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'object' && guard !== null && 'type' in guard && typeof guard.type === 'string')
    return 'params' in guard && typeof guard.params === 'object'
      ? `${guard.type}(${JSON.stringify(guard.params)})`
      : guard.type
  if (typeof guard !== 'function') return undefined
  if ('stateValue' in guard) {
    const { stateValue } = guard
    return `stateIn(${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)})`
  }
  if ('guards' in guard && Array.isArray(guard.guards))
    return `${guard.name}(${guard.guards.map((inner) => guardName(inner) ?? '…').join(', ')})`
  return undefined
}

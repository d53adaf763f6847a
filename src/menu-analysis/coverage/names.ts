/** Names the transitions of a machine: `puk1 secret [isPuk1] → openingAccess`, `readingAccess done #4 → closed`. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { UssdError } from '../../engine/errors.ts'
import { entered, isReply, nameOf, statesOf } from '../statechart.ts'

export interface NamedTransition {
  /** Unique in the machine: `puk1 secret [isPuk1] → openingAccess`. */
  readonly name: string
  /** The state that declares the transition: a leaf or a parent. */
  readonly source: AnyStateNode
  /** A digit, `text` or `secret`; `done` or `error` when an effect completes. */
  readonly event: string
  /** The position among the branches of the event, from 1. */
  readonly branch: number
  readonly branches: number
  /** The leaf that is entered; undefined if the dialogue stays. */
  readonly target: AnyStateNode | undefined
  readonly definition: AnyTransitionDefinition
}

/**
 * Returns every transition in source order, including those that only block a reply and those behind an unguarded branch.
 * Throws `USSD_MENU_FAULTY` for constructs that `check` reports too: parallel and history states, `always`, `after`, and
 * events that no subscriber sends.
 */
export const transitionsOf = (machine: AnyStateMachine): readonly NamedTransition[] =>
  statesOf(machine.root).flatMap((source) => {
    assertSupported(source)
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
    // Inline guards have no name, and a guard may occur twice. The position then makes the name unique.
    const isNamed = guardName(definition.guard) !== undefined || definitions.length === 1
    const isUnique = unnumbered.filter((other) => other === label).length === 1
    const [first] = definition.target ?? []
    const target = first && entered(first)
    const numbered = isNamed && isUnique ? label : `${label} #${at + 1}`
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

/** A digit, `text`, `secret`, `done` or `error`, with the effect's id in a state with several effects. */
function eventName(source: AnyStateNode, type: string): string {
  if (isReply(type)) return type
  for (const { id } of source.invoke) {
    const suffix = source.invoke.length > 1 ? ` ${id}` : ''
    if (type === `xstate.done.actor.${id}`) return `done${suffix}`
    if (type === `xstate.error.actor.${id}`) return `error${suffix}`
  }
  throw faultIn(source, `handles '${type}', which no dialogue sends`)
}

function assertSupported(node: AnyStateNode): void {
  const fault =
    node.type === 'parallel' || node.type === 'history'
      ? `is ${node.type}`
      : (node.always ?? []).length > 0
        ? "has 'always'"
        : undefined
  if (fault !== undefined) throw faultIn(node, `${fault}, which dialogues do not support`)
}

const faultIn = (node: AnyStateNode, fault: string): UssdError =>
  new UssdError('USSD_MENU_FAULTY', { detail: `the menu '${node.machine.id}': ${nameOf(node)} ${fault}` })

/**
 * Returns the name of a guard: `isPuk1`, `isAtLeast({"length":8})`, `and(isPuk1, not(isLocked))`, `stateIn(open)`. Undefined
 * without a guard, and for an inline function.
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

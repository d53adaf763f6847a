/**
 * What `check` has to say of changes: nothing is changed by what was dialled, nor by a reply delivered twice.
 */
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { isLookup } from '../engine/authoring.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { entered, hasTag, isDigit, nameOf, reachedBy, reachedFrom, repliesOf } from './statechart.ts'

/** Of the states on the way, those that perform an effect which is no lookup. */
export const changesOnTheWay = (working: ReadonlySet<AnyStateNode>, menu: CompiledMenu): AnyStateNode[] =>
  [...working].filter((node) =>
    node.invoke.some(
      ({ src }) => typeof src !== 'string' || !isLookup(menu.machine.implementations.actors[src]),
    ),
  )

/** Dialling a code changes nothing yet: a link can dial it unseen. */
export const dialProblems = (menu: CompiledMenu): string[] =>
  changesOnTheWay(reachedFrom([entered(menu.machine.root)]).working, menu).map(
    (node) => `${nameOf(node)}: is performed by dialling the code alone; ask for a confirmation first`,
  )

/**
 * A reply that makes something happen is a secret, or is given to a confirmation that is tagged as one and takes another digit
 * than any that led to it: a dialled string, or a callback delivered twice, then cannot confirm.
 */
export function confirmationProblems(
  leaf: AnyStateNode,
  screens: readonly AnyStateNode[],
  menu: CompiledMenu,
): string[] {
  const name = nameOf(leaf)
  const isChange = (transition: AnyTransitionDefinition) =>
    transition.eventType !== 'secret' && changesOnTheWay(reachedBy(transition, leaf).working, menu).length > 0
  const changing = new Set(
    repliesOf(leaf)
      .filter(isChange)
      .map(({ eventType }) => eventType),
  )
  if (changing.size === 0) return []
  if (!hasTag(leaf, 'confirmation')) {
    return [...changing].map(
      (event) => `${name}: ${event} performs an effect, so the state must be tagged 'confirmation'`,
    )
  }
  return [...changing].flatMap((event) =>
    screens
      .filter((from) => leadsTo(leaf, from, event))
      .map(
        (from) =>
          `${name}: takes the ${isDigit(event) ? 'digit ' : ''}${event} that led to it from '${nameOf(from)}'`,
      ),
  )
}

/** Whether typing this on a screen may bring one to the confirmation. */
function leadsTo(confirmation: AnyStateNode, from: AnyStateNode, typed: string): boolean {
  const replies = repliesOf(from)
  const isChoice = replies.some(({ eventType }) => eventType === typed)
  return replies.some(
    (transition) =>
      reachedBy(transition, from).screens.has(confirmation) &&
      // A digit that is no choice here is text or a secret; whether a guard refuses it cannot be seen.
      (transition.eventType === typed ||
        (!isDigit(transition.eventType) && !isChoice && transition.guard === undefined)),
  )
}

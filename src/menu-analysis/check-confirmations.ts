/** Checks that neither a dialled string nor a duplicate callback can change anything. */
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { isLookup } from '../engine/authoring.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { entered, hasTag, isDigit, nameOf, reachedBy, reachedFrom, repliesOf } from './statechart.ts'

/** Returns the states whose effect is not a lookup. */
export const changesIn = (working: ReadonlySet<AnyStateNode>, menu: CompiledMenu): AnyStateNode[] =>
  [...working].filter((node) =>
    node.invoke.some(
      ({ src }) => typeof src !== 'string' || !isLookup(menu.machine.implementations.actors[src]),
    ),
  )

/** Dialling a code must not change anything: a link can dial it unnoticed. */
export const dialProblems = (menu: CompiledMenu): string[] =>
  changesIn(reachedFrom([entered(menu.machine.root)]).working, menu).map(
    (node) => `${nameOf(node)}: runs as soon as the code is dialled; ask for a confirmation first`,
  )

/**
 * A reply that changes something must be a secret, or be given on a screen tagged `confirmation` with a digit that does not
 * lead to this screen. Dialled strings and duplicate callbacks then cannot confirm.
 */
export function confirmationProblems(
  leaf: AnyStateNode,
  screens: readonly AnyStateNode[],
  menu: CompiledMenu,
): string[] {
  const name = nameOf(leaf)
  const isChange = (transition: AnyTransitionDefinition) =>
    transition.eventType !== 'secret' && changesIn(reachedBy(transition, leaf).working, menu).length > 0
  const changing = new Set(
    repliesOf(leaf)
      .filter(isChange)
      .map(({ eventType }) => eventType),
  )
  if (changing.size === 0) return []
  if (!hasTag(leaf, 'confirmation')) {
    return [...changing].map(
      (event) => `${name}: ${event} runs an effect, so the state must be tagged 'confirmation'`,
    )
  }
  return [...changing].flatMap((event) =>
    screens
      .filter((from) => leadsTo(leaf, from, event))
      .map(
        (from) =>
          `${name}: accepts ${isDigit(event) ? 'digit ' : ''}${event}, which also leads to it from '${nameOf(from)}'; use another digit`,
      ),
  )
}

/** True if this input on a screen can lead to the confirmation. */
function leadsTo(confirmation: AnyStateNode, from: AnyStateNode, typed: string): boolean {
  const replies = repliesOf(from)
  const isChoice = replies.some(({ eventType }) => eventType === typed)
  return replies.some(
    (transition) =>
      reachedBy(transition, from).screens.has(confirmation) &&
      // A digit that is no choice counts as text or a secret. A guard is assumed to reject it.
      (transition.eventType === typed ||
        (!isDigit(transition.eventType) && !isChoice && transition.guard === undefined)),
  )
}

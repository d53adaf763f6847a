/** Finds branches that are never taken. */
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { isDigit, isReply, isWorking, nameOf, repliesOf, statesOf } from './statechart.ts'

export function branchProblems(node: AnyStateNode): string[] {
  const name = nameOf(node)
  return [...node.transitions].flatMap(([event, transitions]) => {
    const label = labelOf(event)
    if (label === undefined) return []
    const hidden = transitions.flatMap((branch, at) => {
      const why = whyNeverTaken(branch, transitions.slice(0, at))
      return why === undefined ? [] : [`${name}: branch ${at + 1} of ${label} is never taken: branch ${why}`]
    })
    return isAlwaysOverridden(node, transitions)
      ? [...hidden, `${name}: ${label} is never taken: every nested state handles or blocks it`]
      : hidden
  })
}

/** Returns the name of a reply or a completion; undefined for other events. */
function labelOf(event: string): string | undefined {
  if (isDigit(event)) return `digit ${event}`
  if (event === 'text' || event === 'secret') return event
  if (event.startsWith('xstate.done.')) return 'onDone'
  return event.startsWith('xstate.error.') ? 'onError' : undefined
}

function whyNeverTaken(
  branch: AnyTransitionDefinition,
  before: readonly AnyTransitionDefinition[],
): string | undefined {
  const unguarded = before.findIndex(({ guard }) => guard === undefined)
  if (unguarded >= 0) return `${unguarded + 1} has no guard`
  // Guards are pure: the same one returns the same result.
  const same = before.findIndex(({ guard }) => guard === branch.guard)
  return same >= 0 ? `${same + 1} has the same guard` : undefined
}

/** True if every nested state overrides a reply of its parent. Some of them may. */
function isAlwaysOverridden(node: AnyStateNode, transitions: readonly AnyTransitionDefinition[]): boolean {
  if (!transitions.some(({ target, actions, eventType }) => isReply(eventType) && (target || actions.length)))
    return false
  const waiting = statesOf(node).filter((leaf) => leaf !== node && leaf.type === 'atomic' && !isWorking(leaf))
  return (
    waiting.length > 0 &&
    !waiting.some((leaf) => repliesOf(leaf).some((transition) => transitions.includes(transition)))
  )
}

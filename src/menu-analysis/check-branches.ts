/** What `check` has to say of branches that are never taken, because another stands before them. */
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { isDigit, isReply, isWorking, nameOf, repliesOf, statesOf } from './statechart.ts'

export function branchProblems(node: AnyStateNode): string[] {
  const name = nameOf(node)
  return [...node.transitions].flatMap(([event, transitions]) => {
    const word = wordOf(event)
    if (word === undefined) return []
    const behind = transitions.flatMap((branch, at) => {
      const why = whyNeverTaken(branch, transitions.slice(0, at))
      return why === undefined ? [] : [`${name}: branch ${at + 1} of ${word} is never taken: branch ${why}`]
    })
    return hiddenByAllInside(node, transitions)
      ? [...behind, `${name}: ${word} is never taken: every state inside takes it first or keeps it away`]
      : behind
  })
}

/** A reply or an outcome as it stands in the machine; undefined for what is no business of branches. */
function wordOf(event: string): string | undefined {
  if (isDigit(event)) return `digit ${event}`
  if (event === 'text' || event === 'secret') return event
  if (event.startsWith('xstate.done.')) return 'onDone'
  return event.startsWith('xstate.error.') ? 'onError' : undefined
}

function whyNeverTaken(
  branch: AnyTransitionDefinition,
  before: readonly AnyTransitionDefinition[],
): string | undefined {
  const open = before.findIndex(({ guard }) => guard === undefined)
  if (open >= 0) return `${open + 1} has no guard`
  // Guards are pure: the same one says the same again.
  const same = before.findIndex(({ guard }) => guard === branch.guard)
  return same >= 0 ? `${same + 1} has the same guard` : undefined
}

/** A state inside may well take a reply otherwise; where all of them do, the one outside is a leftover. */
function hiddenByAllInside(node: AnyStateNode, transitions: readonly AnyTransitionDefinition[]): boolean {
  if (!transitions.some(({ target, actions, eventType }) => isReply(eventType) && (target || actions.length)))
    return false
  const waiting = statesOf(node).filter((leaf) => leaf !== node && leaf.type === 'atomic' && !isWorking(leaf))
  return (
    waiting.length > 0 &&
    !waiting.some((leaf) => repliesOf(leaf).some((transition) => transitions.includes(transition)))
  )
}

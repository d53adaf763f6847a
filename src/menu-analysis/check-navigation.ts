/** Checks that every dialogue can end, and that every screen has a digit that leads out. */
import type { AnyStateNode } from 'xstate'
import { changesIn } from './check-confirmations.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import {
  entered,
  isDigit,
  isEnd,
  isWorking,
  nameOf,
  outcomesOf,
  reachedBy,
  reachedFrom,
  repliesOf,
} from './statechart.ts'
import type { Completion } from './statechart.ts'

/** A failing service ends most dialogues, but does not count as a way to end one. */
const ifDone: readonly Completion[] = ['done']

/** @param back the key that goes back */
export function navigationProblems(
  menu: CompiledMenu,
  leaves: readonly AnyStateNode[],
  back = '0',
): string[] {
  const waiting = leaves.filter(
    (leaf) => !isWorking(leaf) && leaf.type !== 'final' && repliesOf(leaf).length > 0,
  )
  const canEnd = endableFrom(leaves)
  const depths = depthsOf(menu)
  return [
    ...leaves
      .filter(loops)
      .map((leaf) => `${nameOf(leaf)}: runs effects in a loop: no onDone leads to a screen`),
    ...waiting.flatMap((leaf) => {
      const name = nameOf(leaf)
      if (!canEnd.has(leaf)) return [`${name}: is a dead end: no reply leads to an end of the dialogue`]
      return hasWayOut(leaf, { menu, depths, back })
        ? []
        : [`${name}: has no way out; let ${back} end the dialogue or go back`]
    }),
  ]
}

const loops = (leaf: AnyStateNode): boolean =>
  isWorking(leaf) && outcomesOf(leaf, 'done').length > 0 && reachedFrom([leaf], ifDone).screens.size === 0

/** Returns the screens from which replies can lead to an end. */
function endableFrom(leaves: readonly AnyStateNode[]): ReadonlySet<AnyStateNode> {
  const canEnd = new Set(leaves.filter(isEnd))
  const leadsToEnd = (leaf: AnyStateNode) =>
    repliesOf(leaf).some((transition) =>
      [...reachedBy(transition, leaf, ifDone).screens].some((screen) => canEnd.has(screen)),
    )
  for (let before = -1; before !== canEnd.size;) {
    before = canEnd.size
    for (const leaf of leaves) if (leadsToEnd(leaf)) canEnd.add(leaf)
  }
  return canEnd
}

/** Returns the least number of replies that reach each screen. */
function depthsOf({ machine }: CompiledMenu): ReadonlyMap<AnyStateNode, number> {
  const depths = new Map<AnyStateNode, number>()
  let level: Iterable<AnyStateNode> = reachedFrom([entered(machine.root)]).screens
  for (let depth = 0; ; depth++) {
    const next = new Set<AnyStateNode>()
    for (const screen of level) {
      if (depths.has(screen)) continue
      depths.set(screen, depth)
      for (const transition of repliesOf(screen))
        for (const reached of reachedBy(transition, screen).screens) next.add(reached)
    }
    if (next.size === 0) return depths
    level = next
  }
}

/**
 * True if a digit changes nothing and, on every branch, ends the dialogue or leads closer to its start. The key that goes back
 * need only leave the screen, because a notice may precede the main menu.
 */
function hasWayOut(
  leaf: AnyStateNode,
  of: {
    readonly menu: CompiledMenu
    readonly depths: ReadonlyMap<AnyStateNode, number>
    readonly back: string
  },
): boolean {
  const { menu, depths, back } = of
  const replies = repliesOf(leaf)
  const depth = depths.get(leaf) ?? 0
  return [...new Set(replies.map(({ eventType }) => eventType))].filter(isDigit).some((digit) => {
    const reached = replies
      .filter(({ eventType }) => eventType === digit)
      .map((transition) => reachedBy(transition, leaf, ifDone))
    if (reached.some(({ working }) => changesIn(working, menu).length > 0)) return false
    const screens = reached.flatMap((each) => [...each.screens])
    return digit === back
      ? screens.some((screen) => screen !== leaf)
      : screens.length > 0 && screens.every((screen) => isEnd(screen) || (depths.get(screen) ?? 0) < depth)
  })
}

/** What `check` has to say of the ways through a menu: from everywhere a dialogue can end, and every screen says how to leave it. */
import type { AnyStateNode } from 'xstate'
import { changesOnTheWay } from './check-confirmations.ts'
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
import type { How } from './statechart.ts'

/** A service that fails ends most dialogues, and is no way to end one. */
const asTold: readonly How[] = ['done']

export function navigationProblems(menu: CompiledMenu, leaves: readonly AnyStateNode[]): string[] {
  const waiting = leaves.filter(
    (leaf) => !isWorking(leaf) && leaf.type !== 'final' && repliesOf(leaf).length > 0,
  )
  const ending = endingOf(leaves)
  const depths = depthsOf(menu)
  return [
    ...leaves
      .filter(worksForEver)
      .map((leaf) => `${nameOf(leaf)}: performs effects without end: no onDone leads to a screen`),
    ...waiting.flatMap((leaf) => {
      const name = nameOf(leaf)
      if (!ending.has(leaf)) return [`${name}: is a dead end: no reply leads from here to the end`]
      return hasWayOut(leaf, menu, depths)
        ? []
        : [`${name}: has no way out; let 0 end the dialogue or go back`]
    }),
  ]
}

const worksForEver = (leaf: AnyStateNode): boolean =>
  isWorking(leaf) && outcomesOf(leaf, 'done').length > 0 && reachedFrom([leaf], asTold).screens.size === 0

/** The screens from which some replies lead to the end. */
function endingOf(leaves: readonly AnyStateNode[]): ReadonlySet<AnyStateNode> {
  const ending = new Set(leaves.filter(isEnd))
  const leadsToOne = (leaf: AnyStateNode) =>
    repliesOf(leaf).some((transition) =>
      [...reachedBy(transition, leaf, asTold).screens].some((screen) => ending.has(screen)),
    )
  for (let before = -1; before !== ending.size;) {
    before = ending.size
    for (const leaf of leaves) if (leadsToOne(leaf)) ending.add(leaf)
  }
  return ending
}

/** How many replies it takes at least to come to each screen. */
function depthsOf({ machine }: CompiledMenu): ReadonlyMap<AnyStateNode, number> {
  const depths = new Map<AnyStateNode, number>()
  let ahead: Iterable<AnyStateNode> = reachedFrom([entered(machine.root)]).screens
  for (let depth = 0; ; depth++) {
    const next = new Set<AnyStateNode>()
    for (const screen of ahead) {
      if (depths.has(screen)) continue
      depths.set(screen, depth)
      for (const transition of repliesOf(screen))
        for (const reached of reachedBy(transition, screen).screens) next.add(reached)
    }
    if (next.size === 0) return depths
    ahead = next
  }
}

/**
 * A digit that changes nothing and, whatever the branch, ends the dialogue or leads nearer to its beginning. 0 is what every
 * subscriber tries: it need only leave the screen, since the main menu may lie behind a notice that comes first.
 */
function hasWayOut(
  leaf: AnyStateNode,
  menu: CompiledMenu,
  depths: ReadonlyMap<AnyStateNode, number>,
): boolean {
  const replies = repliesOf(leaf)
  const depth = depths.get(leaf) ?? 0
  return [...new Set(replies.map(({ eventType }) => eventType))].filter(isDigit).some((digit) => {
    const reached = replies
      .filter(({ eventType }) => eventType === digit)
      .map((transition) => reachedBy(transition, leaf, asTold))
    if (reached.some(({ working }) => changesOnTheWay(working, menu).length > 0)) return false
    const screens = reached.flatMap((each) => [...each.screens])
    return digit === '0'
      ? screens.some((screen) => screen !== leaf)
      : screens.length > 0 && screens.every((screen) => isEnd(screen) || (depths.get(screen) ?? 0) < depth)
  })
}

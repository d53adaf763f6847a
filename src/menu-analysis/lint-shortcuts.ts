/** What `lintMenus` has to say of published shortcuts: what subscribers were told to dial still leads where they were told. */
import { matchShortCode } from '../engine/short-code.ts'
import { whyNotSent } from './lint-codes.ts'
import { followDialled } from './lint-dialled.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { nameOf } from './statechart.ts'

/** A dialled string that subscribers know. */
export interface Shortcut {
  /** Whole, e.g. `*141*3*6*1#`; also a code alone, or `#…#`. */
  readonly dialled: string
  /** What subscribers were told it does. */
  readonly says: string
  /** Names of all screens on which the dialogue may come to rest. */
  readonly leadsTo: readonly string[]
}

export function shortcutProblems(
  { dialled, says, leadsTo }: Shortcut,
  byCode: ReadonlyMap<string, CompiledMenu>,
): string[] {
  const place = `shortcut ${dialled} (${says})`
  const unsent = whyNotSent(dialled)
  if (unsent !== undefined) return [`${place}: ${unsent}`]
  const lead = matchShortCode(dialled, byCode)
  const menu = lead && byCode.get(lead.code)
  if (!menu) return [`${place}: leads to no menu`]
  const { rests, taken } = followDialled(menu.machine, lead.shortcut)
  const untaken = lead.shortcut.flatMap((part, at) =>
    taken[at]?.length === 0 ? [`${place}: no screen of ${menu.code} on the way takes '${part}'`] : [],
  )
  const found = listOf([...rests].map(nameOf))
  const told = listOf(leadsTo)
  return found === told
    ? untaken
    : [...untaken, `${place}: leads to [${found}] of ${menu.code}, but is said to lead to [${told}]`]
}

const listOf = (names: readonly string[]): string =>
  [...new Set(names)].toSorted((a, b) => a.localeCompare(b)).join(', ')

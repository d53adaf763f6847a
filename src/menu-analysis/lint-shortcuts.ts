/** Checks that published shortcuts still lead to the screens that their entries list. */
import { matchShortCode } from '../engine/short-code.ts'
import { whyNotSent } from './lint-codes.ts'
import { followDialled } from './lint-dialled.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { nameOf } from './statechart.ts'

/** A dialled string that subscribers know. */
export interface Shortcut {
  /** The whole string: `*141*3*6*1#`, a code alone, or `#…#`. */
  readonly dialled: string
  /** The published description. */
  readonly says: string
  /** All screens the dialogue can stop at. */
  readonly leadsTo: readonly string[]
}

export function shortcutProblems(
  { dialled, says, leadsTo }: Shortcut,
  byCode: ReadonlyMap<string, CompiledMenu>,
  latin: boolean,
): string[] {
  const location = `shortcut ${dialled} (${says})`
  const unsent = whyNotSent(dialled)
  if (unsent !== undefined) return [`${location}: ${unsent}`]
  const match = matchShortCode(dialled, byCode, latin)
  const menu = match && byCode.get(match.code)
  if (!menu) return [`${location}: matches no menu`]
  const { screens, taken } = followDialled(menu.machine, match.shortcut)
  const notAccepted = match.shortcut.flatMap((part, at) =>
    taken[at]?.length === 0 ? [`${location}: no screen of ${menu.code} on the way accepts '${part}'`] : [],
  )
  const found = listOf([...screens].map(nameOf))
  const expected = listOf(leadsTo)
  return found === expected
    ? notAccepted
    : [...notAccepted, `${location}: leads to [${found}] of ${menu.code}, but its entry says [${expected}]`]
}

const listOf = (names: readonly string[]): string =>
  [...new Set(names)].toSorted((a, b) => a.localeCompare(b)).join(', ')

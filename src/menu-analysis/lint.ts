/**
 * All menus of a routing table held against each other, against what phones send, and against what subscribers were told to
 * dial; and each by itself, with `check`. An empty list is a sound table.
 */
import type { Language } from '../engine/authoring.ts'
import type { Sample } from './check-contexts.ts'
import { check } from './check.ts'
import { codeProblem, shadowProblems } from './lint-codes.ts'
import { shortcutProblems } from './lint-shortcuts.ts'
import type { Shortcut } from './lint-shortcuts.ts'
import { compileMenu } from '../engine/menu.ts'
import type { Menu } from '../engine/menu.ts'

export interface LintedMenu extends Menu {
  /** Fields of the context as they come later in a dialogue: texts that depend on them are measured with each. */
  readonly samples?: readonly Sample[]
}

/** Each problem begins with the menu's code, or with the shortcut: `*141*3*6# open/ru: lists [12] but takes [01]`. */
export function lintMenus(
  menus: Readonly<Record<string, LintedMenu>>,
  {
    notUnderstood,
    shortcuts,
  }: {
    /** The line that stands over a screen shown again. */
    readonly notUnderstood: Readonly<Record<Language, string>>
    readonly shortcuts: readonly Shortcut[]
  },
): readonly string[] {
  const all = Object.entries(menus).map(([code, menu]) => ({
    menu: compileMenu(code, menu),
    samples: menu.samples ?? [],
  }))
  const dialled = all.map(({ menu }) => menu).filter(({ code }) => codeProblem(code) === undefined)
  const byCode = new Map(dialled.map((menu) => [menu.code, menu]))
  return [
    ...Object.keys(menus).flatMap((code) => codeProblem(code) ?? []),
    ...all.flatMap(({ menu, samples }) =>
      check(menu, notUnderstood, samples).map((problem) => `${menu.code} ${problem}`),
    ),
    ...shadowProblems(dialled),
    ...shortcuts.flatMap((shortcut) => shortcutProblems(shortcut, byCode)),
  ]
}

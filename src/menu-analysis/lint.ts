/** Checks the menus of a project: each menu with `check`, the codes against phones and each other, and the published shortcuts. */
import type { Sample } from './check-contexts.ts'
import { check } from './check.ts'
import type { CheckedProject } from './check.ts'
import { codeProblem, shadowProblems, unreachedPrefixProblems } from './lint-codes.ts'
import { shortcutProblems } from './lint-shortcuts.ts'
import type { Shortcut } from './lint-shortcuts.ts'
import { compileMenu } from '../engine/menu.ts'
import type { Menu } from '../engine/menu.ts'

export interface LintedMenu extends Menu {
  /** Fields of the context later in a dialogue. Texts that depend on them are measured with each sample. */
  readonly samples?: readonly Sample[]
}

export type LintedProject = CheckedProject & { readonly codes: Readonly<Record<string, LintedMenu>> }

/** Returns the problems, each behind the menu's code or the shortcut: `*141*3*6# open/ru: lists [12] but accepts [01]`. */
export function lintMenus(project: LintedProject, shortcuts: readonly Shortcut[]): readonly string[] {
  const all = Object.entries(project.codes).map(([code, menu]) => ({
    menu: compileMenu(code, menu),
    samples: menu.samples ?? [],
  }))
  const dialled = all.map(({ menu }) => menu).filter(({ code }) => codeProblem(code) === undefined)
  const byCode = new Map(dialled.map((menu) => [menu.code, menu]))
  return [
    ...Object.keys(project.codes).flatMap((code) => codeProblem(code) ?? []),
    ...all.flatMap(({ menu, samples }) =>
      check(menu, project, samples).map((problem) => `${menu.code} ${problem}`),
    ),
    ...shadowProblems(dialled),
    ...unreachedPrefixProblems([...byCode.keys()]),
    ...shortcuts.flatMap((shortcut) => shortcutProblems(shortcut, byCode, project.latin)),
  ]
}

/** Returns the problems of published shortcuts alone. */
export function lintShortcuts(
  { codes, latin }: Pick<LintedProject, 'codes' | 'latin'>,
  shortcuts: readonly Shortcut[],
): readonly string[] {
  const byCode = new Map(Object.entries(codes).map(([code, menu]) => [code, compileMenu(code, menu)]))
  return shortcuts.flatMap((shortcut) => shortcutProblems(shortcut, byCode, latin))
}

import { existsSync, readFileSync } from 'node:fs'
import { lintMenus } from '../menu-analysis/lint.ts'
import { isWorking, leavesOf } from '../menu-analysis/statechart.ts'
import type { ServedProject } from '../project.ts'
import { defineCommand } from './command.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { CommandError } from './command-error.ts'
import { SHORTCUTS, readShortcuts } from './shortcuts.ts'

interface LintOptions {
  readonly shortcuts?: string
}

async function main(
  { shortcuts: named }: LintOptions,
  _args: readonly string[],
  { stdout }: CommandIo,
  loadProject: () => Promise<ServedProject>,
): Promise<ExitCode> {
  const project = await loadProject()
  const { codes, languages } = project
  const file = named ?? SHORTCUTS
  // Only the default file may be missing.
  const text = named === undefined && !existsSync(file) ? '{}' : contentOf(file)
  const result = readShortcuts(text, file)
  const shortcuts = result.kind === 'read' ? result.shortcuts : []
  const screens = Object.values(codes).flatMap(({ machine }) =>
    leavesOf(machine).filter((leaf) => !isWorking(leaf)),
  )
  stdout.write(
    `${Object.keys(codes).length} menus, ${screens.length} screens, ${languages.length} languages, ${shortcuts.length} shortcuts\n`,
  )
  const problems = [...lintMenus(project, shortcuts), ...(result.kind === 'malformed' ? result.problems : [])]
  stdout.write(problems.length === 0 ? 'no problems\n' : problems.map((problem) => `${problem}\n`).join(''))
  return problems.length === 0 ? 0 : 1
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new CommandError(`cannot read ${file}; name another file with --shortcuts`, 2)
  }
}

export const command = defineCommand<LintOptions>({
  name: 'lint',
  summary: 'Check the menus and the published shortcuts for mistakes, without running them.',
  configure: (command) =>
    command.option('--shortcuts <file>', `published shortcuts (default: ${SHORTCUTS}, if it exists)`),
  details: `Finds dead ends, digits listed but not accepted, texts that are too long, codes that phones do not send, and
published shortcuts that lead elsewhere. docs/guides/write-a-menu.md explains each problem.`,
  usesProject: true,
  exitCodes: { 0: 'no problems', 1: 'problems' },
  run: main,
})

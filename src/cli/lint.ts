/** npm run lint: checks the menus and the published shortcuts against the rules of docs/guides/write-a-menu.md. */
import { readFileSync } from 'node:fs'
import { stdout } from 'node:process'
import { Command } from 'commander'
import { menus } from '../../menus/index.ts'
import { languages } from '../engine/authoring.ts'
import { lintMenus } from '../menu-analysis/lint.ts'
import { isWorking, leavesOf } from '../menu-analysis/statechart.ts'
import { systemMessages } from '../gateway/system-messages.ts'
import { runCommand } from './command.ts'
import { CommandError } from './command-error.ts'
import { readShortcuts } from './shortcuts.ts'

const command = new Command('npm run lint --')
  .usage('[options]')
  .description(
    'Finds mistakes in the menus without running them: dead ends, digits listed but not accepted, texts too long, codes that phones do not send, published shortcuts that lead elsewhere. docs/guides/write-a-menu.md explains each.',
  )
  .option('--shortcuts <file>', 'published shortcuts', 'menus/shortcuts.yaml')
  .addHelpText('after', '\nExit code: 0 no problems, 1 problems, 2 usage error.')
  .allowExcessArguments(false)
  .showHelpAfterError('(--help shows the options)')
  .exitOverride()

function main(): boolean {
  command.parse()
  const { shortcuts: file } = command.opts<{ readonly shortcuts: string }>()
  const result = readShortcuts(contentOf(file), file)
  const shortcuts = result.kind === 'read' ? result.shortcuts : []
  const screens = Object.values(menus).flatMap(({ machine }) =>
    leavesOf(machine).filter((leaf) => !isWorking(leaf)),
  )
  stdout.write(
    `${Object.keys(menus).length} menus, ${screens.length} screens, ${languages.length} languages, ${shortcuts.length} shortcuts\n`,
  )
  const problems = [
    ...lintMenus(menus, { notUnderstood: systemMessages.notUnderstood, shortcuts }),
    ...(result.kind === 'malformed' ? result.problems : []),
  ]
  stdout.write(problems.length === 0 ? 'no problems\n' : problems.map((problem) => `${problem}\n`).join(''))
  return problems.length === 0
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new CommandError(`cannot read ${file}; name another file with --shortcuts`, 2)
  }
}

await runCommand('lint-menus', () => (main() ? 0 : 1))

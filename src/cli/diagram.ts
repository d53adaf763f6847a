/**
 * npm run diagram: draws every menu into docs/menus, a picture and a page each and an index. With `--check` it writes
 * nothing, and says what is not current.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { stdout } from 'node:process'
import { Command } from 'commander'
import { menus } from '../../menus/index.ts'
import { compileMenu } from '../engine/menu.ts'
import type { Menu } from '../engine/menu.ts'
import { dotOf } from '../menu-analysis/diagram/dot.ts'
import { MARK, indexPage, menuPage } from '../menu-analysis/diagram/page.ts'
import { svgOf } from '../menu-analysis/diagram/svg.ts'
import { runCommand } from './command.ts'
import { CommandError } from './command-error.ts'

const command = new Command('npm run diagram --')
  .usage('[options]')
  .description('Draws every menu of the routing table: a picture and a page each, and an index.')
  .option('--check', 'writes nothing; says which files are not current')
  .option('--into <folder>', 'where the files are', 'docs/menus')
  .addHelpText('after', '\nExit code: 0 all is current, 1 something is not, 2 called wrongly.')
  .showHelpAfterError('(--help shows how it is used)')
  .allowExcessArguments(false)
  .exitOverride()

/** What belongs into the folder, by file name. */
async function drawAll(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const pages: { menu: ReturnType<typeof compileMenu>; page: string }[] = []
  for (const [code, menu] of Object.entries<Menu>(menus)) {
    const compiled = compileMenu(code, menu)
    const name = menu.machine.id
    if (!/^[A-Za-z0-9-]+$/.test(name) || files.has(`${name}.md`))
      throw new CommandError(`${code}: the id '${name}' cannot name its files`, 1)
    files.set(`${name}.svg`, `${MARK}\n${await svgOf(dotOf(compiled), `The menu ${name} as a statechart`)}`)
    files.set(`${name}.md`, menuPage(compiled, `${name}.svg`))
    pages.push({ menu: compiled, page: `${name}.md` })
  }
  return files.set('README.md', indexPage(pages))
}

/** Files of ours that belong to no menu any more. Whatever else is in the folder is somebody's. */
const goneFrom = (folder: string, files: ReadonlyMap<string, string>): readonly string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder)
        .filter((name) => /\.(md|svg)$/.test(name) && !files.has(name))
        .filter((name) => readFileSync(`${folder}/${name}`, 'utf8').startsWith(MARK))
        .toSorted()

/** True when something is not current and is not to be written. */
async function main(): Promise<boolean> {
  command.parse()
  const { check = false, into } = command.opts<{ check?: boolean; into: string }>()
  const files = await drawAll()
  const stale = [...files].filter(([name, text]) => {
    const path = `${into}/${name}`
    return !existsSync(path) || readFileSync(path, 'utf8') !== text
  })
  const gone = goneFrom(into, files)

  if (check) {
    for (const [name] of stale) stdout.write(`${into}/${name} is not current\n`)
    for (const name of gone) stdout.write(`${into}/${name} is of a menu that is gone\n`)
    stdout.write(
      stale.length + gone.length > 0 ? 'npm run diagram writes them anew\n' : `${into} is current\n`,
    )
    return stale.length + gone.length > 0
  }

  mkdirSync(into, { recursive: true })
  for (const [name, text] of stale) {
    writeFileSync(`${into}/${name}`, text)
    stdout.write(`wrote ${into}/${name}\n`)
  }
  for (const name of gone) {
    rmSync(`${into}/${name}`)
    stdout.write(`removed ${into}/${name}\n`)
  }
  if (stale.length + gone.length === 0) stdout.write(`${into} is current\n`)
  return false
}

await runCommand('diagram', async () => ((await main()) ? 1 : 0))

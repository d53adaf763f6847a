import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { compileMenu } from '../engine/menu.ts'
import { dotOf } from '../menu-analysis/diagram/dot.ts'
import { MARK, indexPage, menuPage } from '../menu-analysis/diagram/page.ts'
import { svgOf } from '../menu-analysis/diagram/svg.ts'
import type { ServedProject } from '../project.ts'
import { defineCommand } from './command.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { CommandError } from './command-error.ts'

interface DiagramOptions {
  readonly check?: true
  readonly into: string
}

/** Returns the contents of the generated files, by file name. */
async function generate({ codes }: ServedProject): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const pages: { menu: ReturnType<typeof compileMenu>; page: string }[] = []
  for (const [code, menu] of Object.entries(codes)) {
    const compiled = compileMenu(code, menu)
    const name = menu.machine.id
    if (!/^[A-Za-z0-9-]+$/.test(name) || files.has(`${name}.md`))
      throw new CommandError(
        `${code}: the machine's id '${name}' cannot name its files. Use a unique id of letters, digits and hyphens.`,
        1,
      )
    files.set(`${name}.svg`, `${MARK}\n${await svgOf(dotOf(compiled), `Statechart of the menu ${name}`)}`)
    files.set(`${name}.md`, menuPage(compiled, `${name}.svg`))
    pages.push({ menu: compiled, page: `${name}.md` })
  }
  return files.set('README.md', indexPage(pages))
}

/** Lists generated files of menus that no longer exist. Other files in the folder are not touched. */
const obsoleteIn = (folder: string, files: ReadonlyMap<string, string>): readonly string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder)
        .filter((name) => /\.(md|svg)$/.test(name) && !files.has(name))
        .filter((name) => readFileSync(`${folder}/${name}`, 'utf8').startsWith(MARK))
        .toSorted()

async function main(
  { check, into }: DiagramOptions,
  _args: readonly string[],
  { stdout }: CommandIo,
  loadProject: () => Promise<ServedProject>,
): Promise<ExitCode> {
  const files = await generate(await loadProject())
  const stale = [...files].filter(([name, text]) => {
    const path = `${into}/${name}`
    return !existsSync(path) || readFileSync(path, 'utf8') !== text
  })
  const obsolete = obsoleteIn(into, files)
  const isUpToDate = stale.length + obsolete.length === 0

  if (check) {
    for (const [name] of stale) stdout.write(`${into}/${name} is outdated\n`)
    for (const name of obsolete) stdout.write(`${into}/${name} belongs to no menu\n`)
    stdout.write(isUpToDate ? `${into} is up to date\n` : 'Run npm run diagram to update them.\n')
    return isUpToDate ? 0 : 1
  }

  mkdirSync(into, { recursive: true })
  for (const [name, text] of stale) {
    writeFileSync(`${into}/${name}`, text)
    stdout.write(`wrote ${into}/${name}\n`)
  }
  for (const name of obsolete) {
    rmSync(`${into}/${name}`)
    stdout.write(`removed ${into}/${name}\n`)
  }
  if (isUpToDate) stdout.write(`${into} is up to date\n`)
  return 0
}

export const command = defineCommand<DiagramOptions>({
  name: 'diagram',
  summary: 'Draw every menu as a statechart, with a page of its screens, and an index.',
  configure: (command) =>
    command
      .option('--check', 'report outdated files and write nothing')
      .option('--into <folder>', 'folder of the files', 'docs/menus'),
  usesProject: true,
  exitCodes: { 0: 'up to date', 1: 'outdated files' },
  run: main,
})

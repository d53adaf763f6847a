/** Finds and loads the project of a command. */
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { UssdError } from '../engine/errors.ts'
import type { ServedProject } from '../project.ts'
import { CommandError } from './command-error.ts'

/** The files in which a command looks for the project, in this order. */
export const projectFiles = [
  'ussd.config.ts',
  'ussd.config.js',
  'ussd.config.mjs',
  'menus/index.ts',
  'menus/index.js',
] as const

/**
 * Loads a project from a file, by default from the first of `projectFiles` that exists in the current folder.
 *
 * @throws CommandError when there is no such file, it cannot be loaded, or it exports no project
 */
export async function loadProject(file?: string): Promise<ServedProject> {
  const path = file === undefined ? findProject() : resolve(file)
  const name = relative(process.cwd(), path) || path
  if (!existsSync(path))
    throw new CommandError(`${name} does not exist. --project names the file of a project.`, 2)
  const exported = await importProject(path, name)
  if (!isProject(exported)) {
    throw new CommandError(`${name} exports no project. It must have: export default defineProject({ … })`, 2)
  }
  return exported
}

/** Thrown when no file was named and the current folder has no project. */
export class NoProjectError extends CommandError {
  constructor() {
    const files = projectFiles.join(', ')
    super(
      `there is no project in this folder (${files}). Create one with 'ussd init shop', or name its file with --project.`,
      2,
    )
  }
}

function findProject(): string {
  const found = projectFiles.map((name) => join(process.cwd(), name)).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new NoProjectError()
}

/** A source file of this package means that a loader of TypeScript is already active. */
const loadsTypeScript = import.meta.url.endsWith('.ts')

async function importProject(path: string, name: string): Promise<unknown> {
  try {
    if (!path.endsWith('.ts') || loadsTypeScript) {
      return ((await import(pathToFileURL(path).href)) as { default?: unknown }).default
    }
    const compiled = compiledOf(path)
    if (compiled !== undefined) {
      return ((await import(pathToFileURL(compiled).href)) as { default?: unknown }).default
    }
    const { loadTypeScript } = await import('./typescript.ts')
    return await loadTypeScript(path)
  } catch (error) {
    if (error instanceof UssdError) throw new CommandError(`${name}: ${error.message}`, 2)
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new CommandError(`${name} cannot be loaded: ${stack}`, 2)
  }
}

/**
 * The compiled file of a project in a clone of this package. Its source would import the sources of the package, a second copy
 * with another `Secret`.
 */
function compiledOf(path: string): string | undefined {
  const built = fileURLToPath(new URL('../../', import.meta.url))
  const clone = [dirname(built), dirname(dirname(built))].find((folder) =>
    existsSync(join(folder, 'package.json')),
  )
  if (clone === undefined || !path.startsWith(join(clone, 'menus', sep))) return undefined
  const compiled = join(built, relative(clone, path)).replace(/\.ts$/, '.js')
  return existsSync(compiled) ? compiled : undefined
}

const isProject = (exported: unknown): exported is ServedProject =>
  typeof exported === 'object' &&
  exported !== null &&
  ['languages', 'codes', 'messages', 'services'].every((field) => field in exported)

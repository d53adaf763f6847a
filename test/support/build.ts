import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The folder of the build from which tests start processes. */
export const BUILD = join(root, '.cache/build')
/** The `ussd` command. */
export const USSD = join(BUILD, 'src/cli/ussd.js')
/** The shipped project. */
export const PROJECT = join(BUILD, 'menus/index.js')

/** Builds the product like `npm run build`, incrementally, into `BUILD`. */
export const buildProduct = (): Promise<void> => compileProject('tsconfig.build.json', BUILD)

/** Compiles the files that a tsconfig names, incrementally, into a folder, with the files that `scripts/copy-assets.mjs` copies. */
export async function compileProject(project: string, into: string): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const options = ['-p', project, '--outDir', into, '--incremental']
  const buildInfo = ['--tsBuildInfoFile', join(into, 'tsconfig.tsbuildinfo')]
  await promisify(execFile)(process.execPath, [tsc, ...options, ...buildInfo], { cwd: root }).catch(
    // The compiler emits despite type errors: they are reported, and the tests still run.
    (error: { readonly stdout?: string }) => console.error(`The build has errors:\n${error.stdout}`),
  )
  for (const folder of ['src/store/redis/commands', 'src/cli/init/templates']) {
    await cp(join(root, folder), join(into, folder), { recursive: true })
  }
}

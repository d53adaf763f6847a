import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The folder of the build that tests start processes from. */
export const BUILD = join(root, '.cache/build')
/** The program that `npm start` runs. */
export const MAIN = join(BUILD, 'src/main.js')
/** The `ussd` command. */
export const USSD = join(BUILD, 'src/cli/ussd.js')

/** Builds the product as `npm run build` does, into a folder of the tests. Unchanged sources take about a second. */
export async function buildProduct(): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const options = ['-p', 'tsconfig.build.json', '--outDir', BUILD, '--incremental']
  const buildInfo = ['--tsBuildInfoFile', join(BUILD, 'tsconfig.tsbuildinfo')]
  await promisify(execFile)(process.execPath, [tsc, ...options, ...buildInfo], { cwd: root }).catch(
    // Emits all the same: a type error is reported, and the tests still run.
    (error: { readonly stdout?: string }) => console.error(`The build has errors:\n${error.stdout}`),
  )
  const lua = 'src/store/redis/commands'
  await cp(join(root, lua), join(BUILD, lua), { recursive: true })
}

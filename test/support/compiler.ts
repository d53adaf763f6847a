import { spawn, spawnSync } from 'node:child_process'

/** A C compiler on PATH as `cc`, installed first where that asks nobody a question; throws with what to do otherwise. */
export async function findCompiler(): Promise<void> {
  if (canRun('cc')) return
  if (process.getuid?.() === 0 && canRun('apt-get')) {
    await run('apt-get', ['update'])
    // Another test may be installing something at this moment.
    const patience = ['-o', 'DPkg::Lock::Timeout=300']
    await run('apt-get', [...patience, 'install', '-y', '--no-install-recommends', 'gcc', 'libc6-dev'])
  }
  if (canRun('cc')) return
  throw new Error(
    'These tests need a C compiler: install one so that cc is on PATH (apt-get install gcc libc6-dev, dnf install gcc).',
  )
}

const canRun = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0

/** Its output goes to stderr, as progress. A failure is not the end of it: what is missing is said afterwards. */
function run(program: string, given: readonly string[]): Promise<void> {
  console.error(`The tests need a C compiler and found none; running: ${program} ${given.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = spawn(program, given, { stdio: ['ignore', 2, 2], env })
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

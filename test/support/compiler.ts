import { spawn, spawnSync } from 'node:child_process'

/** Ensures that a C compiler is on PATH as `cc`, and installs one where that needs no prompt. Throws with instructions otherwise. */
export async function findCompiler(): Promise<void> {
  if (canRun('cc')) return
  if (process.getuid?.() === 0 && canRun('apt-get')) {
    await run('apt-get', ['update'])
    // Another test may hold the lock of apt.
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

/** Runs an installer with its output on stderr. A failure is reported by the caller's check afterwards. */
function run(program: string, args: readonly string[]): Promise<void> {
  console.error(`The tests need a C compiler and found none; running: ${program} ${args.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], env })
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

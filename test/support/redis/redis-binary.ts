import { spawn, spawnSync } from 'node:child_process'

/** Returns the Redis or Valkey server program, and installs one if allowed and no prompt is needed. Throws with instructions otherwise. */
export async function findRedisBinary(options: { readonly install: 'allowed' | 'no' }): Promise<string> {
  const found = onPath()
  if (found !== undefined) return found
  // The package may start a service on port 6379; tests never use or stop it.
  if (options.install === 'allowed') await install({ apt: ['redis-server'], brew: ['redis'] })
  const installed = onPath()
  if (installed !== undefined) return installed
  throw new Error(
    'A Redis server is needed: install redis-server (apt-get install redis-server, dnf install redis, ' +
      'brew install redis) or valkey-server so that it is on PATH, or name one that runs: TEST_REDIS_URL for the tests, ' +
      '--redis for npm run explore.',
  )
}

const onPath = (): string | undefined => ['redis-server', 'valkey-server'].find(canRun)

/** Returns true when a program is on PATH. */
export const canRun = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0

/** Installs packages with apt-get as root, or with Homebrew. Does nothing where neither is possible without a prompt. */
export async function install(packages: {
  readonly apt: readonly string[]
  readonly brew?: readonly string[]
}) {
  if (process.getuid?.() === 0 && canRun('apt-get')) {
    // Another test may hold the lock of apt.
    const lock = ['-o', 'DPkg::Lock::Timeout=300']
    await run('apt-get', [...lock, 'update'])
    await run('apt-get', [...lock, 'install', '-y', '--no-install-recommends', ...packages.apt])
  } else if (packages.brew && canRun('brew')) {
    await run('brew', ['install', ...packages.brew])
  }
}

/** Runs an installer with its output on stderr. The caller checks the result. */
function run(program: string, args: readonly string[]): Promise<void> {
  console.error(`A program for the tests is missing; running: ${program} ${args.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NONINTERACTIVE: '1' }
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], env })
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

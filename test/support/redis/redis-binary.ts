import { spawn, spawnSync } from 'node:child_process'

/** Returns the Redis or Valkey server program, and installs one if allowed and no prompt is needed. Throws with instructions otherwise. */
export const findRedisBinary = (options: { readonly install: 'allowed' | 'no' }): Promise<string> =>
  findProgram(
    () => ['redis-server', 'valkey-server'].find(canRun),
    // The package may start a service on port 6379; tests never use or stop it.
    options.install === 'allowed' ? { apt: ['redis-server'], brew: ['redis'] } : {},
    'A Redis server is needed: install redis-server (apt-get install redis-server, dnf install redis, ' +
      'brew install redis) or valkey-server so that it is on PATH, or name one that runs: TEST_REDIS_URL for the tests, ' +
      '--redis for npm run explore.',
  )

interface Packages {
  readonly apt?: readonly string[]
  readonly brew?: readonly string[]
}

/** Finds a program, and installs it if that needs no prompt. Throws with the instructions otherwise. */
export async function findProgram(
  find: () => string | undefined,
  packages: Packages,
  instructions: string,
): Promise<string> {
  const found = find()
  if (found !== undefined) return found
  await install(packages)
  const installed = find()
  if (installed === undefined) throw new Error(instructions)
  return installed
}

/** Returns true when a program is on PATH. */
export const canRun = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0

/** Installs packages with apt-get as root, or with Homebrew. Does nothing where neither is possible without a prompt. */
async function install({ apt, brew }: Packages): Promise<void> {
  if (apt && process.getuid?.() === 0 && canRun('apt-get')) {
    // Another test may hold the lock of apt.
    const lock = ['-o', 'DPkg::Lock::Timeout=300']
    await run('apt-get', [...lock, 'update'])
    await run('apt-get', [...lock, 'install', '-y', '--no-install-recommends', ...apt])
  } else if (brew && canRun('brew')) await run('brew', ['install', ...brew])
}

/** Runs an installer with its output on stderr. The caller checks the result. */
function run(program: string, args: readonly string[]): Promise<void> {
  console.error(`A program for the tests is missing; running: ${program} ${args.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NONINTERACTIVE: '1' }
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], env })
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

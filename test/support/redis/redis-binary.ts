import { spawn, spawnSync } from 'node:child_process'

/** Returns the Redis or Valkey server program, and installs one if allowed and no prompt is needed. Throws with instructions otherwise. */
export async function findRedisBinary({ install }: { install: 'allowed' | 'no' }): Promise<string> {
  const found = onPath()
  if (found !== undefined) return found
  if (install === 'allowed') await installRedis()
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

// The package may start a service on port 6379; tests never use or stop it.
async function installRedis(): Promise<void> {
  if (process.getuid?.() === 0 && canRun('apt-get')) {
    await install('apt-get', ['update'])
    await install('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'])
  } else if (canRun('brew')) {
    await install('brew', ['install', 'redis'])
  }
}

/** Runs an installer with its output on stderr. A failure is reported by the caller's check afterwards. */
export function install(program: string, args: readonly string[]): Promise<void> {
  console.error(`A program for the tests is missing; running: ${program} ${args.join(' ')}`)
  const quietly = ['DEBIAN_FRONTEND=noninteractive', 'NONINTERACTIVE=1', program, ...args]
  const child = spawn('env', quietly, { stdio: ['ignore', 2, 2] })
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

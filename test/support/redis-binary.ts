import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The server program of Redis or Valkey, installed first where that asks nobody a question and `install` allows it. */
export async function findRedisBinary({ install }: { install: 'allowed' | 'no' }): Promise<string> {
  const found = onPath('redis-server') ?? onPath('valkey-server')
  if (found) return found
  if (install === 'allowed') await installRedis()
  const installed = onPath('redis-server') ?? onPath('valkey-server')
  if (installed) return installed
  throw new Error(
    'These tests need a Redis server: install redis-server (apt-get install redis-server, dnf install redis, ' +
      'brew install redis) or valkey-server so that it is on PATH, or set TEST_REDIS_URL.',
  )
}

function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// The service that a package may start for itself on port 6379 is never used and never stopped.
async function installRedis(): Promise<void> {
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    await run('apt-get', ['update'])
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'])
  } else if (onPath('brew')) {
    await run('brew', ['install', 'redis'])
  }
}

/** Its output goes to stderr, as progress. A failure is not the end of it: what is missing is said afterwards. */
function run(program: string, args: readonly string[]): Promise<void> {
  console.error(`The tests need a Redis server and found none; running: ${program} ${args.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NONINTERACTIVE: '1' }
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], env })
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

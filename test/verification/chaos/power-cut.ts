import { spawnSync } from 'node:child_process'
import { readFile, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../../../src/cli/command-error.ts'

const source = fileURLToPath(new URL('./synced.c', import.meta.url))

/**
 * Compiles a shim into the folder and returns the environment in which redis-server records its synced bytes. Throws a
 * `CommandError` where that is not possible.
 */
export function shimIn(folder: string): Readonly<Record<string, string>> {
  if (process.platform !== 'linux')
    throw new CommandError('A power cut needs Linux: redis-server must load a preloaded library.', 2)
  const shim = join(folder, 'synced.so')
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', shim, source, '-ldl'], {
    encoding: 'utf8',
  })
  if (compiled.error) {
    const how = 'Install one so that cc is on PATH: apt-get install gcc libc6-dev, dnf install gcc.'
    throw new CommandError(`A power cut needs a C compiler. ${how}`, 2)
  }
  if (compiled.status !== 0)
    throw new CommandError(`cc cannot compile the shim: ${compiled.stderr.trim()}`, 2)
  return { LD_PRELOAD: shim }
}

/**
 * Truncates each append-only file of a killed Redis to its synced bytes and returns the number of lost bytes. A file without a
 * record of a sync is emptied. Base files are kept: Redis syncs them before it renames them.
 */
export async function cutPower(dir: string): Promise<number> {
  let lost = 0
  for (const { file, synced, unsynced } of await unsyncedFiles(dir)) {
    await truncate(file, synced)
    lost += unsynced
  }
  return lost
}

/** Waits until a power cut would lose something, for at most a second. With `appendfsync always` it rarely would. */
export async function waitForUnsynced(dir: string): Promise<void> {
  const untilMs = performance.now() + 1000
  while (performance.now() < untilMs && (await unsyncedFiles(dir)).length === 0) await sleep(5)
}

async function unsyncedFiles(dir: string) {
  const folder = join(dir, 'appendonlydir')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.incr.aof'))
  const files = names.map(async (name) => {
    const file = join(folder, name)
    const { size } = await stat(file)
    const synced = Number(await readFile(`${file}.synced`, 'utf8').catch(() => '0'))
    return { file, synced, unsynced: size - synced }
  })
  return (await Promise.all(files)).filter(({ unsynced }) => unsynced > 0)
}

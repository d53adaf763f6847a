import { spawnSync } from 'node:child_process'
import { readFile, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../../../src/cli/command-error.ts'

const source = fileURLToPath(new URL('./synced.c', import.meta.url))

/** Thrown where this machine cannot simulate a power cut. */
export class NoPowerCut extends CommandError {
  constructor(message: string) {
    super(message, 2)
  }
}

/**
 * Compiles a shim into the folder and returns the environment in which redis-server records its synced bytes. Throws `NoPowerCut`
 * where that is not possible.
 */
export function shimIn(folder: string): Readonly<Record<string, string>> {
  if (process.platform !== 'linux')
    throw new NoPowerCut('A power cut needs Linux: redis-server must load a preloaded library.')
  const shim = join(folder, 'synced.so')
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', shim, source, '-ldl'], {
    encoding: 'utf8',
  })
  if (compiled.error) {
    throw new NoPowerCut(
      'A power cut needs a C compiler. Install one so that cc is on PATH: apt-get install gcc libc6-dev, dnf install gcc.',
    )
  }
  if (compiled.status !== 0) throw new NoPowerCut(`cc cannot compile the shim: ${compiled.stderr.trim()}`)
  return { LD_PRELOAD: shim }
}

/**
 * Truncates each append-only file of a killed Redis to its synced bytes and returns the number of lost bytes. A file without a
 * record of a sync is emptied. Base files are kept: Redis syncs them before it renames them.
 */
export async function cutPower(dir: string): Promise<number> {
  const folder = join(dir, 'appendonlydir')
  let lost = 0
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.incr.aof')) continue
    const file = join(folder, name)
    const { size } = await stat(file)
    const synced = Number(await readFile(`${file}.synced`, 'utf8').catch(() => '0'))
    if (size > synced) {
      await truncate(file, synced)
      lost += size - synced
    }
  }
  return lost
}

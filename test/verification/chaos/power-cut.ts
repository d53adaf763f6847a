/** A power cut, played: whatever was not synced is gone. */
import { spawnSync } from 'node:child_process'
import { readFile, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../../../src/cli/command-error.ts'

const source = fileURLToPath(new URL('./synced.c', import.meta.url))

/** What a power cut needs of a machine, and this one has not. */
export class NoPowerCut extends CommandError {
  constructor(sentence: string) {
    super(sentence, 2)
  }
}

/**
 * The environment in which redis-server notes what it has synced. The shim is compiled into the folder. Throws `NoPowerCut`
 * where that cannot be done.
 */
export function shimIn(folder: string): Readonly<Record<string, string>> {
  if (process.platform !== 'linux')
    throw new NoPowerCut('a power cut is played on Linux alone: redis-server must take a preloaded library')
  const shim = join(folder, 'synced.so')
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', shim, source, '-ldl'], {
    encoding: 'utf8',
  })
  if (compiled.error) {
    throw new NoPowerCut(
      'a power cut needs a C compiler: install one so that cc is on PATH (apt-get install gcc libc6-dev, dnf install gcc)',
    )
  }
  if (compiled.status !== 0) throw new NoPowerCut(`cc could not compile the shim: ${compiled.stderr.trim()}`)
  return { LD_PRELOAD: shim }
}

/**
 * Cuts each append-only file of a killed Redis to what it had synced, and returns how many bytes are gone. A file whose
 * syncing was never noted goes whole, but for the base file, which is renamed into its place only when it is synced.
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

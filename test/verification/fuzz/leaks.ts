import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { canaries } from './corpus.ts'

/** Digits inside a longer number are a time or a version, not a leak. */
const patterns = canaries.map((canary) =>
  /^\d+$/.test(canary) ? new RegExp(`(?<!\\d)${canary}(?!\\d)`) : new RegExp(canary),
)

/** Returns the canary secrets in a text. */
export const canariesIn = (text: string): readonly string[] =>
  canaries.filter((_canary, at) => patterns[at]?.test(text))

/** Searches files for canary secrets; returns the findings and the number of bytes searched. */
export async function searchFiles(
  paths: readonly string[],
): Promise<{ readonly found: readonly string[]; readonly bytes: number }> {
  const found = new Set<string>()
  let bytes = 0
  for (const path of paths) {
    let tail = ''
    for await (const chunk of createReadStream(path, 'latin1') as AsyncIterable<string>) {
      bytes += chunk.length
      for (const canary of canariesIn(tail + chunk)) found.add(`${canary} in ${path}`)
      tail = chunk.slice(-64)
    }
  }
  return { found: [...found], bytes }
}

/** Lists all files below a folder. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Secrets, wherever something was written. */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { marks } from './corpus.ts'

/** Digits that stand in a longer number are a time or a version. */
const patterns = marks.map((mark) =>
  /^\d+$/.test(mark) ? new RegExp(`(?<!\\d)${mark}(?!\\d)`) : new RegExp(mark),
)

export const marksIn = (text: string): readonly string[] =>
  marks.filter((_mark, at) => patterns[at]?.test(text))

/** Where secrets stand among these files, and how many bytes were looked through. */
export async function searchFiles(
  paths: readonly string[],
): Promise<{ readonly found: readonly string[]; readonly bytes: number }> {
  const found = new Set<string>()
  let bytes = 0
  for (const path of paths) {
    let before = ''
    for await (const chunk of createReadStream(path, 'latin1') as AsyncIterable<string>) {
      bytes += chunk.length
      for (const mark of marksIn(before + chunk)) found.add(`${mark} in ${path}`)
      before = chunk.slice(-64)
    }
  }
  return { found: [...found], bytes }
}

export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

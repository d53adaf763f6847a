/** What a gateway leaves behind: names of keys, their lifetimes, and secrets wherever something was written. */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { marks } from './corpus.ts'

/** Every form a key may have; `true` where it must not stay for ever. */
const forms: readonly (readonly [form: RegExp, expires: boolean])[] = [
  [/^ussd:\{b\d{1,3}\}:subscriber:375\d{9}$/, false],
  [/^ussd:\{b\d{1,3}\}:journal$/, false],
  [/^ussd:\{b0\}:database:naming$/, false],
  [/^ussd:\{b\d{1,3}\}:session:375\d{9}:[\w-]{22}$/, true],
  // After a hundred wrong passwords nothing is forgotten.
  [/^ussd:\{b\d{1,3}\}:login:375\d{9}$/, false],
  [/^ussd:\{b\d{1,3}\}:self-care:[\w-]+$/, true],
]

export interface Census {
  readonly keys: number
  /** Keys of no known form, and sessions that would stay; at most ten of each. */
  readonly oddNames: readonly string[]
  readonly immortal: readonly string[]
}

export async function countKeys(redis: Redis): Promise<Census> {
  let keys = 0
  const oddNames: string[] = []
  const immortal: string[] = []
  for await (const found of redis.scanStream({ count: 1000 }) as AsyncIterable<string[]>) {
    keys += found.length
    for (const key of found) {
      const form = forms.find(([pattern]) => pattern.test(key))
      if (!form && oddNames.length < 10) oddNames.push(JSON.stringify(key))
      if (form?.[1] && (await redis.pttl(key)) === -1 && immortal.length < 10) immortal.push(key)
    }
  }
  return { keys, oddNames, immortal }
}

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

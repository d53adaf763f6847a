/** Secrets in what a gateway leaves behind: in its store, and in its log. */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RedisClient } from '../../store/redis/client.ts'
import type { Input } from '../../exploration/model-spec.ts'

/** A secret that was found, and whose. */
export interface Leak {
  /** Name of the input that was typed. */
  readonly input: string
  /** `a session record in the store`, `the log`. */
  readonly where: string
  /** Digits of the MSISDN, where it is told. */
  readonly msisdn: string | undefined
  /** The menu and the screen, where they are told. */
  readonly menu: string | undefined
  readonly screen: string | undefined
}

/** Shorter ones stand in a time or a number by chance. */
const SHORTEST_MARK = 7

/** Finds what was typed. Digits that are part of longer ones are a time or a version, unless there are very many of them. */
export function createSearch(inputs: readonly Input[]): (text: string) => readonly string[] {
  const marks = inputs
    .filter(({ text }) => Array.from(text).length >= SHORTEST_MARK)
    .map(({ name, text }) => ({
      name,
      text,
      whole: /^\d{1,9}$/.test(text) ? new RegExp(`(?<!\\d)${text}(?!\\d)`) : undefined,
    }))
  return (text) =>
    marks
      .filter((mark) => text.includes(mark.text) && (mark.whole?.test(text) ?? true))
      .map(({ name }) => name)
}

type Search = ReturnType<typeof createSearch>

export interface Redis {
  readonly client: RedisClient
  readonly prefix: string
}

const AT_ONCE = 500

/** Every key that was written under the prefix, and all it holds. */
export async function leaksInRedis(
  { client, prefix }: Redis,
  search: Search,
): Promise<{ readonly leaks: readonly Leak[]; readonly keys: number }> {
  const leaks: Leak[] = []
  let keys = 0
  for await (const found of keysOf({ client, prefix })) {
    keys += found.length
    for (const key of found) {
      const text = `${key}\n${await textOf(client, key)}`
      for (const input of search(text))
        leaks.push({ input, ...placeOf(key), menu: undefined, screen: undefined })
    }
  }
  return { leaks, keys }
}

export async function removeFrom(redis: Redis): Promise<void> {
  for await (const keys of keysOf(redis)) if (keys.length > 0) await redis.client.redis.unlink(...keys)
}

async function* keysOf({ client, prefix }: Redis): AsyncGenerator<readonly string[]> {
  let cursor = '0'
  do {
    const [next, keys] = (await client.redis.call(
      'SCAN',
      cursor,
      'MATCH',
      `${prefix}:*`,
      'COUNT',
      AT_ONCE,
    )) as [string, string[]]
    yield keys
    cursor = next
  } while (cursor !== '0')
}

/** A gateway writes strings and streams. */
async function textOf({ redis }: RedisClient, key: string): Promise<string> {
  const type = await redis.type(key)
  if (type === 'stream') return JSON.stringify(await redis.xrange(key, '-', '+'))
  if (type === 'none') return ''
  return (await redis.get(key)) ?? ''
}

/** `…:{b17}:session:375291234567:…` */
function placeOf(key: string): Pick<Leak, 'where' | 'msisdn'> {
  const [kind = 'some', msisdn] = key.replace(/^.*\}:/, '').split(':')
  return { where: `a record '${kind}' in the store`, msisdn }
}

/** All that a private Redis ever wrote: also what is gone since. */
export async function leaksInFiles(folder: string, search: Search): Promise<readonly Leak[]> {
  const found = new Set<string>()
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const file of files.filter((entry) => entry.isFile())) {
    let before = ''
    for await (const chunk of createReadStream(join(file.parentPath, file.name), 'utf8')) {
      const text = before + String(chunk)
      for (const input of search(text)) found.add(input)
      before = text.slice(-64)
    }
  }
  const where = "the store's file"
  return [...found].map((input) => ({ input, where, msisdn: undefined, menu: undefined, screen: undefined }))
}

export function leaksInLog(lines: readonly string[], search: Search): readonly Leak[] {
  return lines.flatMap((line) =>
    search(line).map((input) => {
      const { menu, screen } = fieldsOf(line)
      return { input, where: 'the log', msisdn: undefined, menu, screen }
    }),
  )
}

function fieldsOf(line: string): { readonly menu?: string; readonly screen?: string } {
  try {
    return JSON.parse(line) as { menu?: string; screen?: string }
  } catch {
    return {}
  }
}

import type { NetworkTurn } from './dialect.ts'

/**
 * Names and values of what was set, without the rest of it (RFC 6265 5.2). Headers of the same name are lines here: a comma may
 * be part of one.
 */
export const cookiesIn = (setCookie: string): readonly string[] =>
  setCookie
    .split('\n')
    .map((line) => (line.split(';')[0] ?? '').trim())
    .filter((pair) => pair.indexOf('=') > 0)

/** Every cookie that the application set, as it last did. */
export function cookieOf({ answers }: NetworkTurn): string | undefined {
  const pairs = answers.flatMap(({ echo }) => echo['cookie']?.split('; ') ?? [])
  const byName = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair]))
  return byName.size === 0 ? undefined : [...byName.values()].join('; ')
}

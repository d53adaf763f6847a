/** Finds typed secrets in the records and the log of a gateway. */
import type { Input } from '../../exploration/model-spec.ts'
import type { StoredText } from './stores.ts'

/** A secret that was found, and whose it is. */
export interface Leak {
  /** The name of the input that was typed. */
  readonly input: string
  /** `a record 'session' in the store`, `the log`. */
  readonly where: string
  /** Digits of the MSISDN, where they are known. */
  readonly msisdn: string | undefined
  /** The menu and the screen, where they are known. */
  readonly menu: string | undefined
  readonly screen: string | undefined
}

/** Shorter inputs occur in times and numbers by chance. */
const MIN_LENGTH = 7

/** Returns a function that finds inputs in a text, by name. Up to nine digits inside a longer number are a time or a version. */
export function createSearch(inputs: readonly Input[]): (text: string) => readonly string[] {
  const marks = inputs
    .filter(({ text, isPublic }) => !isPublic && Array.from(text).length >= MIN_LENGTH)
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

/** Searches stored texts. `texts`: how many were searched. */
export async function leaksInStore(
  stored: AsyncIterable<StoredText>,
  search: Search,
): Promise<{ readonly leaks: readonly Leak[]; readonly texts: number }> {
  const leaks: Leak[] = []
  let texts = 0
  for await (const { name, text } of stored) {
    texts += 1
    const [kind = '', msisdn] = name.split(':')
    for (const input of search(text))
      leaks.push({
        input,
        where: `a record '${kind}' in the store`,
        msisdn,
        menu: undefined,
        screen: undefined,
      })
  }
  return { leaks, texts }
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

import { guardName } from '../coverage/names.ts'

/** What still reads at a glance beside an edge. */
const LONGEST = 40

/**
 * A guard in words: its name, or, of one written in place, what it compares: `({ event }) => event.output.access === 'open'`
 * is `open`. Undefined for none, and for one that would not read.
 */
export function guardText(guard: unknown): string | undefined {
  const name = guardName(guard)
  if (name !== undefined || typeof guard !== 'function') return name
  const [, body] = /^\(\s*\{[\s\w,]*\}\s*\)\s*=>\s*([^]*)$/.exec(String(guard)) ?? []
  if (body === undefined || /[{}]/.test(body)) return undefined
  const text = body
    .trim()
    // What an outcome is called says enough.
    .replace(/\bevent\.output\.\w+\s*===\s*(['"])([^'"]*)\1/g, '$2')
    .replace(/\b(event\.output|event|context)\./g, '')
    .replace(/'([^']*)'|"([^"]*)"/g, '$1$2')
    .replace(/\s*!==?\s*/g, ' ≠ ')
    .replace(/\s*===?\s*/g, ' = ')
    .replace(/!(?=\w)/g, 'not ')
    .replace(/\s*&&\s*/g, ' and ')
    .replace(/\s*\|\|\s*/g, ' or ')
    .replace(/>=/g, '≥')
    .replace(/<=/g, '≤')
  return text.length <= LONGEST && !/[\n;`]|=>/.test(text) ? text : undefined
}

/** Converts zod errors into messages with line and column. */
import type { z } from 'zod'
import type { ScriptIssue, Path, SourceDocument } from './yaml-source.ts'

type Issue = z.core.$ZodIssue

/** Limits the unknown keys reported for one map. */
const MAX_UNKNOWN_KEYS = 20

/** Lists all issues of a document. */
export const issuesOf = (error: z.ZodError, document: SourceDocument): readonly ScriptIssue[] =>
  relevant(error.issues).flatMap((issue) => convert(issue, [], document))

/** Drops issues of a map that has a misspelt key: they usually follow from it. */
function relevant(issues: readonly Issue[]): readonly Issue[] {
  const misspelt = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(pathOf))
  return issues.filter((issue) => issue.code !== 'custom' || !misspelt.has(pathOf(issue)))
}

const pathOf = ({ path }: Issue): string => path.join('\n')

function convert(issue: Issue, above: Path, document: SourceDocument): readonly ScriptIssue[] {
  const path = [...above, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, MAX_UNKNOWN_KEYS).map((key) => ({
        ...document.keyAt(path, key),
        message: unknownNameMessage('key', key, issue.message.split(', ')),
      }))
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({
        ...document.keyAt(path.slice(0, -1), String(path.at(-1))),
        message: `a name ${message}`,
      }))
    case 'invalid_union': {
      const [closest] = issue.errors.filter((issues) => issues.length > 0 && !issues.some(isOtherType))
      if (closest) return relevant(closest).flatMap((one) => convert(one, path, document))
    }
  }
  return [{ ...document.at(path), message: `${nameOf(path)} ${messageOf(issue, path, document)}` }]
}

/** Returns true if the value has not even the type of this member of a union. */
const isOtherType = ({ code, path }: Issue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')

const messageOf = (issue: Issue, path: Path, document: SourceDocument): string =>
  issue.code !== 'custom' && valueAt(document.value, path) === undefined ? 'is required' : issue.message

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<PropertyKey, unknown>)[key]
  }
  return at
}

/** The key of a value, or the list that holds it. */
function nameOf(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'the document'
  if (typeof last !== 'number') return safeName(String(last), 'it')
  const list = path.at(-2)
  return list === 'turns' ? 'the turn' : `${safeName(String(list), 'the list')}[${last}]`
}

/** `unknown key contians: expected contains, matches; did you mean contains?` */
export function unknownNameMessage(kind: 'key' | 'phone', name: string, known: readonly string[]): string {
  const printable = known.filter((one) => safeName(one, '') !== '')
  const near = nearest(name, printable)
  const unknown = `unknown ${kind} ${safeName(name, '')}`.trimEnd()
  const expected = printable.length === 0 ? '' : `: expected ${printable.join(', ')}`
  return `${unknown}${expected}${near === undefined ? '' : `; did you mean ${near}?`}`
}

/** Returns the name if it may be printed, or `otherwise`: a misplaced key may be a secret. */
const safeName = (name: string, otherwise: string): string =>
  /^\p{L}[\p{L}\p{N} _-]{0,40}$/u.test(name) && !/\d{4}/.test(name) ? name : otherwise

/** The known name with the smallest edit distance, at most a third of its length. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((one) => ({ one, distance: distanceOf(name.toLowerCase().slice(0, 64), one.toLowerCase()) }))
    .filter(({ one, distance }) => distance <= Math.max(1, Math.floor(one.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return best?.one
}

/** The Damerau-Levenshtein distance. */
function distanceOf(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)]
  const cell = (row: number, column: number) => rows[row]?.[column] ?? Infinity
  for (let i = 1; i <= a.length; i++) {
    rows.push([i])
    for (let j = 1; j <= b.length; j++) {
      const change = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = isSwapped ? cell(i - 2, j - 2) + 1 : Infinity
      rows[i]?.push(Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, change, swap))
    }
  }
  return cell(a.length, b.length)
}

/** What a schema finds wrong with a document, as sentences with their places. */
import type { z } from 'zod'
import type { ScriptIssue, Path, SourceDocument } from './yaml-source.ts'

type Issue = z.core.$ZodIssue

/** Unknown keys of one map that are told of: a file with more of them is no script. */
const MOST_KEYS = 20

/** Every flaw of a document that does not have its form. */
export const flawsOf = (error: z.ZodError, document: SourceDocument): readonly ScriptIssue[] =>
  toldOf(error.issues).flatMap((issue) => flawsIn(issue, [], document))

/** What a map as a whole lacks is not told where one of its keys is misspelt: it mostly follows from that. */
function toldOf(issues: readonly Issue[]): readonly Issue[] {
  const misspelt = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(pathOf))
  return issues.filter((issue) => issue.code !== 'custom' || !misspelt.has(pathOf(issue)))
}

const pathOf = ({ path }: Issue): string => path.join('\n')

function flawsIn(issue: Issue, above: Path, document: SourceDocument): readonly ScriptIssue[] {
  const path = [...above, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, MOST_KEYS).map((key) => ({
        ...document.keyAt(path, key),
        message: unknownSentence('key', key, issue.message.split(', ')),
      }))
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({
        ...document.keyAt(path.slice(0, -1), String(path.at(-1))),
        message: `a name ${message}`,
      }))
    case 'invalid_union': {
      const [meant] = issue.errors.filter((issues) => issues.length > 0 && !issues.some(isOfOtherKind))
      if (meant) return toldOf(meant).flatMap((one) => flawsIn(one, path, document))
    }
  }
  return [{ ...document.at(path), message: `${nameOf(path)} ${messageOf(issue, path, document)}` }]
}

/** The value is not what this member of a union takes at all. */
const isOfOtherKind = ({ code, path }: Issue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')

const messageOf = (issue: Issue, path: Path, document: SourceDocument): string =>
  issue.code !== 'custom' && valueAt(document.value, path) === undefined ? 'is missing' : issue.message

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<PropertyKey, unknown>)[key]
  }
  return at
}

/** The key it stands at, or what it is part of. */
function nameOf(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'the document'
  if (typeof last !== 'number') return quoted(String(last), 'it')
  const list = path.at(-2)
  return list === 'turns' ? 'the turn' : `${quoted(String(list), 'the list')}[${last}]`
}

/** `there is no key contians here: there are …`, with the nearest of them. */
export function unknownSentence(what: 'key' | 'phone', given: string, known: readonly string[]): string {
  const shown = known.filter((one) => quoted(one, '') !== '')
  const near = nearest(given, shown)
  const name = quoted(given, '')
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  const list = shown.length === 0 ? '' : `: there ${shown.length === 1 ? 'is' : 'are'} ${shown.join(', ')}`
  return `there is no ${what}${name && ` ${name}`} here${list}${hint}`
}

/** A name that may be shown: where a key is misplaced, it may be a secret. */
const quoted = (name: string, otherwise: string): string =>
  /^\p{L}[\p{L}\p{N} _-]{0,40}$/u.test(name) && !/\d{4}/.test(name) ? name : otherwise

/** The name that this was likely to be: at most a third of it is to be changed. */
function nearest(given: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, distance: distanceOf(given.toLowerCase().slice(0, 64), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return best?.name
}

/** Of Damerau and Levenshtein: letters to add, take away, change, or swap with their neighbour. */
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

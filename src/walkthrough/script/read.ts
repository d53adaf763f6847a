/** Reads scripts: walkthroughs as YAML, one a document. */
import type { RecordDefinition } from '../../gateway/records/record.ts'
import { toWalkthrough } from './from-script.ts'
import { issuesOf } from './zod-issues.ts'
import { phoneIssues } from './phone-issues.ts'
import { scriptForm } from './schema.ts'
import { readYaml } from './yaml-source.ts'
import type { ScriptIssue, SourceDocument } from './yaml-source.ts'
import type { Walkthrough } from './walkthrough.ts'

/** An issue with its file. */
export interface ScriptProblem extends ScriptIssue {
  readonly file: string
}

export type ParsedScripts =
  | { readonly kind: 'ok'; readonly walkthroughs: readonly Walkthrough[] }
  /** The problems of all documents, by line and column. */
  | { readonly kind: 'malformed'; readonly problems: readonly ScriptProblem[] }

/** Formats a problem as `file:line:column: message`, which editors and terminals link. */
export const formatProblem = ({ file, line, column, message }: ScriptProblem): string =>
  `${file}:${line}:${column}: ${message}`

/**
 * Reads the walkthroughs of a YAML file of at most 1 MB. Every scalar is text, so `01`, `+375…` and `no` need no quotes; `*…` and
 * `#…` do. Placeholders are not filled in.
 *
 * @param file the path to print in messages
 * @param record the record of the project's subscribers
 */
export function readScripts(text: string, file: string, record: RecordDefinition): ParsedScripts {
  const { documents, issues } = readYaml(text)
  const results = documents.map((document) => readDocument(document, file, record))
  return combineResults(
    results.flatMap(({ walkthroughs }) => walkthroughs),
    { yaml: issues, content: results.flatMap((result) => result.issues) },
    file,
  )
}

function readDocument(
  document: SourceDocument,
  file: string,
  record: RecordDefinition,
): { readonly walkthroughs: readonly Walkthrough[]; readonly issues: readonly ScriptIssue[] } {
  const parsed = scriptForm(record).safeParse(document.value)
  const issues = [...(parsed.success ? [] : issuesOf(parsed.error, document)), ...phoneIssues(document)]
  const isValid = parsed.success && issues.length === 0
  return {
    walkthroughs: isValid ? [toWalkthrough(parsed.data, { document, file, secrets: record.secrets })] : [],
    issues,
  }
}

/**
 * Combines the results of all documents. One issue makes the whole file malformed.
 *
 * @param issues `yaml`: of the syntax; `content`: of the parsed values, ignored where the syntax is wrong at the same place
 */
export function combineResults(
  walkthroughs: readonly Walkthrough[],
  issues: { readonly yaml: readonly ScriptIssue[]; readonly content: readonly ScriptIssue[] },
  file: string,
): ParsedScripts {
  const positionOf = ({ line, column }: ScriptIssue) => `${line}:${column}`
  const reported = new Set(issues.yaml.map(positionOf))
  const all = [...issues.yaml, ...issues.content.filter((issue) => !reported.has(positionOf(issue)))]
  if (all.length === 0) return { kind: 'ok', walkthroughs }
  const problems = all
    .map((issue) => ({ file, ...issue }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
  return { kind: 'malformed', problems }
}

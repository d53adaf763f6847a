/** Scripts: walkthroughs as YAML, one to a document. */
import { toWalkthrough } from './from-script.ts'
import { flawsOf } from './zod-issues.ts'
import { phoneIssues } from './phone-issues.ts'
import { ScriptForm } from './schema.ts'
import { readYaml } from './yaml-source.ts'
import type { ScriptIssue, SourceDocument } from './yaml-source.ts'
import type { Walkthrough } from './walkthrough.ts'

/** A flaw of a script, and in which file. */
export interface Problem extends ScriptIssue {
  readonly file: string
}

export type Scripts =
  | { readonly kind: 'ok'; readonly walkthroughs: readonly Walkthrough[] }
  /** All problems of all documents, in the order of their places. */
  | { readonly kind: 'malformed'; readonly problems: readonly Problem[] }

/** `file:line:column: sentence`, as editors and terminals link it. */
export const formatProblem = ({ file, line, column, message: sentence }: Problem): string =>
  `${file}:${line}:${column}: ${sentence}`

/**
 * Reads the walkthroughs of a file: YAML, at most 1 MB. Every scalar is text as it is written, so that `01`, `+375…` and `no`
 * need no quotes; `*…` and `#…` do. Placeholders stay as they are.
 *
 * @param file how the file was named; it is only shown
 */
export function readScripts(text: string, file: string): Scripts {
  const { documents, flaws } = readYaml(text)
  const read = documents.map((document) => readDocument(document, file))
  return scriptsOf(
    read.flatMap(({ walkthroughs }) => walkthroughs),
    { flaws, others: read.flatMap((one) => one.issues) },
    file,
  )
}

function readDocument(document: SourceDocument, file: string): ScriptResult {
  const parsed = ScriptForm.safeParse(document.value)
  const flaws = [...(parsed.success ? [] : flawsOf(parsed.error, document)), ...phoneIssues(document)]
  const isSound = parsed.success && flaws.length === 0
  return { walkthroughs: isSound ? [toWalkthrough(parsed.data, document, file)] : [], issues: flaws }
}

interface ScriptResult {
  readonly walkthroughs: readonly Walkthrough[]
  readonly issues: readonly ScriptIssue[]
}

/**
 * A file is read as a whole or not at all.
 *
 * @param flaws of the YAML
 * @param others what was found in what could be read of it; what follows from a flaw of the YAML is not said again
 */
export function scriptsOf(
  walkthroughs: readonly Walkthrough[],
  { flaws, others }: { readonly flaws: readonly ScriptIssue[]; readonly others: readonly ScriptIssue[] },
  file: string,
): Scripts {
  const placeOf = ({ line, column }: ScriptIssue) => `${line}:${column}`
  const told = new Set(flaws.map(placeOf))
  const all = [...flaws, ...others.filter((flaw) => !told.has(placeOf(flaw)))]
  if (all.length === 0) return { kind: 'ok', walkthroughs }
  const problems = all
    .map((flaw) => ({ file, ...flaw }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
  return { kind: 'malformed', problems }
}

/**
 * Writes results as JUnit XML, one suite for each script and dialect. JUnit XML has no standard; this follows the schema of
 * Jenkins' xUnit plugin (junit-10.xsd).
 */
import { writeXml } from '../../dialects/encoding/xml.ts'
import type { Markup } from '../../dialects/encoding/xml.ts'
import type { WalkResult } from '../run/result.ts'
import { oneLine } from './words.ts'
import { transcriptOf } from './transcript.ts'

/** Returns the document. Characters that XML 1.0 cannot hold become U+FFFD. @param ranAt the start of the run */
export function junitOf(results: readonly WalkResult[], { ranAt }: { readonly ranAt: Date }): string {
  // UTC without a zone, as Ant writes it.
  const timestamp = ranAt.toISOString().slice(0, 19)
  const suites = new Map<string, WalkResult[]>()
  for (const result of results) {
    const key = JSON.stringify([result.walkthrough.file, result.dialect])
    suites.set(key, [...(suites.get(key) ?? []), result])
  }
  const inside = [...suites.values()].map((suite, id): Markup => suiteOf(suite, { id, timestamp }))
  return writeXml(['testsuites', { name: 'walkthroughs', ...tally(results) }, inside])
}

function suiteOf(
  results: readonly WalkResult[],
  { id, timestamp }: { readonly id: number; readonly timestamp: string },
): Markup {
  const [{ walkthrough, dialect } = { walkthrough: { file: '' }, dialect: '' }] = results
  const { file } = walkthrough
  const attributes = {
    name: file === '' ? 'walkthroughs' : oneLine(file),
    id: `${id}`,
    ...tally(results),
    skipped: '0',
    timestamp,
  }
  const property: Markup = ['property', { name: 'dialect', value: oneLine(dialect) }]
  return ['testsuite', attributes, [['properties', {}, [property]], ...results.map(caseOf)]]
}

function caseOf(result: WalkResult): Markup {
  const { walkthrough, dialect, ms, verdict } = result
  const transcript = `${transcriptOf(result).join('\n')}\n`
  // Jenkins identifies a test by name and class.
  const attributes = {
    name: oneLine(walkthrough.title) || 'walkthrough',
    classname: [oneLine(dialect), ...className(walkthrough.file)].join('.'),
    time: seconds(ms),
  }
  const out: Markup = ['system-out', {}, transcript]
  if (verdict === 'passed') return ['testcase', attributes, [out]]
  const failures = [...result.steps.flatMap(({ failure }) => failure ?? []), ...result.postconditions]
  // A test case has one failure, so it holds all messages.
  const text = failures.map(({ message }) => oneLine(message)).join('; ') || 'failed'
  const type = failures[0]?.expected?.kind ?? 'postcondition'
  return ['testcase', attributes, [['failure', { message: text, type }, transcript], out]]
}

function tally(results: readonly WalkResult[]): Record<'tests' | 'failures' | 'errors' | 'time', string> {
  const failed = results.filter(({ verdict }) => verdict === 'failed').length
  const ms = results.reduce((sum, result) => sum + result.ms, 0)
  return { tests: `${results.length}`, failures: `${failed}`, errors: '0', time: seconds(ms) }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

/** `walkthroughs/password.yaml` as a class in a package. Jenkins shows packages as folders. */
const className = (file: string): readonly string[] =>
  oneLine(file)
    .replace(/\.ya?ml$/i, '')
    .split(/[/\\]+/)
    .map((part) => part.replaceAll('.', '_'))
    .filter((part) => !/^_*$/.test(part))

/**
 * Results in the XML that CI servers take for JUnit's. It has no standard: what is written is what the schema of Jenkins'
 * xUnit plugin (junit-10.xsd) allows, a suite for each script and dialect.
 */
import { writeXml } from '../../dialects/encoding/xml.ts'
import type { Markup } from '../../dialects/encoding/xml.ts'
import type { WalkResult } from '../run/result.ts'
import { plain } from './words.ts'
import { transcriptOf } from './transcript.ts'

/** The whole document. A character that XML 1.0 cannot carry becomes U+FFFD. @param ranAt when the run began */
export function junitOf(results: readonly WalkResult[], { ranAt }: { readonly ranAt: Date }): string {
  // In UTC and without a zone, as Ant writes it and its readers expect it.
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
    name: file === '' ? 'walkthroughs' : plain(file),
    id: `${id}`,
    ...tally(results),
    skipped: '0',
    timestamp,
  }
  const property: Markup = ['property', { name: 'dialect', value: plain(dialect) }]
  return ['testsuite', attributes, [['properties', {}, [property]], ...results.map(caseOf)]]
}

function caseOf(result: WalkResult): Markup {
  const { walkthrough, dialect, ms, verdict } = result
  const transcript = `${transcriptOf(result).join('\n')}\n`
  // Jenkins knows a test by these two from run to run.
  const attributes = {
    name: plain(walkthrough.title) || 'walkthrough',
    classname: [plain(dialect), ...className(walkthrough.file)].join('.'),
    time: seconds(ms),
  }
  const out: Markup = ['system-out', {}, transcript]
  if (verdict === 'passed') return ['testcase', attributes, [out]]
  const failures = [...result.steps.flatMap(({ failure }) => failure ?? []), ...result.postconditions]
  // Readers keep one failure of a test, so all sentences stand in it.
  const message = failures.map(({ message: sentence }) => plain(sentence)).join('; ') || 'failed'
  const type = failures[0]?.expected?.kind ?? 'afterwards'
  return ['testcase', attributes, [['failure', { message, type }, transcript], out]]
}

function tally(results: readonly WalkResult[]): Record<'tests' | 'failures' | 'errors' | 'time', string> {
  const failed = results.filter(({ verdict }) => verdict === 'failed').length
  const ms = results.reduce((sum, result) => sum + result.ms, 0)
  return { tests: `${results.length}`, failures: `${failed}`, errors: '0', time: seconds(ms) }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

/** `walkthroughs/password.yaml` as a class in a package: Jenkins makes folders of what stands before the last dot. */
const className = (file: string): readonly string[] =>
  plain(file)
    .replace(/\.ya?ml$/i, '')
    .split(/[/\\]+/)
    .map((part) => part.replaceAll('.', '_'))
    .filter((part) => !/^_*$/.test(part))

/**
 * Writes results in the Test Anything Protocol (testanything.org). The output is valid TAP 14, but declares version 13, the latest
 * that Perl's `prove` accepts. Transcripts are comments. The last line is for people; harnesses ignore it.
 */
import type { WalkResult } from '../run/result.ts'
import { oneLine, countsOf } from './words.ts'
import { transcriptOf } from './transcript.ts'

/** The version and the plan. @param count the number of results to come */
export const tapHead = (count: number): readonly string[] => ['TAP version 13', `1..${count}`]

/**
 * The lines of one result.
 *
 * @param number from 1, in the order of the plan
 * @param options `detail`: `brief` prints a transcript only for a failure; `showDialect`: for a run in several dialects
 */
export function tapOf(
  result: WalkResult,
  number: number,
  { detail, showDialect }: { readonly detail: 'brief' | 'transcript'; readonly showDialect: boolean },
): readonly string[] {
  const { walkthrough, dialect, verdict } = result
  const description = oneLine(showDialect ? `${walkthrough.title} (${dialect})` : walkthrough.title)
    .trim()
    .replace(/[\\#]/g, String.raw`\$&`)
  const status = verdict === 'passed' ? 'ok' : 'not ok'
  const point = `${status} ${number}${description === '' ? '' : ` - ${description}`}`
  if (verdict === 'passed' && detail === 'brief') return [point]
  const [, ...lines] = transcriptOf(result)
  return [point, ...lines.map((line) => `#${line.slice(1)}`)]
}

/** The last line: `N passed, N failed`. */
export const tapTail = (results: readonly WalkResult[]): readonly string[] => [countsOf(results)]

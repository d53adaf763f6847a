/**
 * Results as a harness of the Test Anything Protocol reads them (testanything.org). They are TAP 14 as well, and say 13 because
 * Perl's `prove` takes no later one. What was walked stands in comments, which every version takes and none reads; the last
 * line is for people and is no TAP, which a harness passes over.
 */
import type { WalkResult } from '../run/result.ts'
import { plain, tallyOf } from './words.ts'
import { transcriptOf } from './transcript.ts'

/** The version and the plan. @param count of walkthroughs that will be reported */
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
  const description = plain(showDialect ? `${walkthrough.title} (${dialect})` : walkthrough.title)
    .trim()
    .replace(/[\\#]/g, String.raw`\$&`)
  const status = verdict === 'passed' ? 'ok' : 'not ok'
  const point = `${status} ${number}${description === '' ? '' : ` - ${description}`}`
  if (verdict === 'passed' && detail === 'brief') return [point]
  const [, ...lines] = transcriptOf(result)
  return [point, ...lines.map((line) => `#${line.slice(1)}`)]
}

/** The very last line: `N passed, N failed`. */
export const tapTail = (results: readonly WalkResult[]): readonly string[] => [tallyOf(results)]

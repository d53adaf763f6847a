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
 * One result.
 * @param number from 1, in the order of the plan
 * @param how `brief` gives a transcript only of what failed
 */
export function tapOf(result: WalkResult, number: number, how: 'brief' | 'transcript'): readonly string[] {
  const { walkthrough, verdict } = result
  const title = plain(walkthrough.title)
    .trim()
    .replace(/[\\#]/g, String.raw`\$&`)
  const point = `${verdict === 'passed' ? 'ok' : 'not ok'} ${number}${title === '' ? '' : ` - ${title}`}`
  if (verdict === 'passed' && how === 'brief') return [point]
  const [, ...lines] = transcriptOf(result)
  return [point, ...lines.map((line) => `#${line.slice(1)}`)]
}

/** The very last line: `N passed, N failed`. */
export const tapTail = (results: readonly WalkResult[]): readonly string[] => [tallyOf(results)]

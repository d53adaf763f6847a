import { runInNewContext } from 'node:vm'
import { TargetError } from './target.ts'
import type { TextMatch } from '../script/walkthrough.ts'

/** More than any pattern needs that is meant. */
const MATCHING_MS = 1000

/** Whether a text is as it is to be. Throws `Unusable` for a pattern that does not come to an end. */
export function matchesText(text: string, wanted: TextMatch): boolean {
  switch (wanted.kind) {
    case 'whole':
      return text === wanted.text
    case 'contains':
      return text.includes(wanted.text)
    case 'matches':
      return matches(text, wanted.pattern)
  }
}

/** In a context that can be interrupted: a pattern may take longer than anybody waits. */
function matches(text: string, pattern: string): boolean {
  try {
    const matched: unknown = runInNewContext(
      "new RegExp(pattern, 'su').test(text)",
      { pattern, text },
      { timeout: MATCHING_MS },
    )
    return matched === true
  } catch {
    throw new TargetError('the regular expression of this step does not come to an end')
  }
}

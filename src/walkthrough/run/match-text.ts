import { runInNewContext } from 'node:vm'
import { TargetError } from './target.ts'
import type { TextMatch } from '../script/walkthrough.ts'

/** Far longer than any sensible pattern takes. */
const REGEX_TIMEOUT_MS = 1000

/** Compares a text with the expected one. Throws `TargetError` for a regular expression that times out. */
export function matchesText(text: string, expected: TextMatch): boolean {
  switch (expected.kind) {
    case 'whole':
      return text === expected.text
    case 'contains':
      return text.includes(expected.text)
    case 'matches':
      return matchesPattern(text, expected.pattern)
  }
}

/** Runs in a context of its own, because only that can be interrupted. */
function matchesPattern(text: string, pattern: string): boolean {
  try {
    const matched: unknown = runInNewContext(
      "new RegExp(pattern, 'su').test(text)",
      { pattern, text },
      { timeout: REGEX_TIMEOUT_MS },
    )
    return matched === true
  } catch {
    throw new TargetError('the regular expression of this step timed out')
  }
}

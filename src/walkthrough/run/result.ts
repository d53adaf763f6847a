import type { Screen } from '../../simulator/screen.ts'
import type { Expectation, Step, Walkthrough } from '../script/walkthrough.ts'

/** A step as it went. Nothing in it holds a secret: what was typed as one, and what would show one, is `••••`. */
export interface StepResult {
  readonly step: Step
  /** What was done, as it is printed: `☎ *141*0#`, `> 1`, `> ••••`, `(20 s pass)`, `PUT /self-care/…`. Empty for a look. */
  readonly done: string
  /** What was seen: a phone's screen, or the site's status; undefined where there is nothing to see. */
  readonly seen:
    | { readonly kind: 'screen'; readonly screen: Screen }
    | { readonly kind: 'status'; readonly status: number }
    | undefined
  /** What the network did wrong because it was asked to, and what was noted about the step. */
  readonly notes: readonly string[]
  readonly failure: StepFailure | undefined
}

/** Why a step failed, or the end did not hold. */
export interface StepFailure {
  /** One English sentence: `the screen differs`, `the dialogue goes on`, `access is open, not closed-by-subscriber`. */
  readonly message: string
  /** What was expected, for a step; its text is what was shown, or is to be, without secrets. */
  readonly expected: Expectation | undefined
}

/** A walkthrough as it went: the steps up to the first that failed. */
export interface WalkResult {
  readonly walkthrough: Walkthrough
  /** In which dialect it was walked. */
  readonly dialect: string
  readonly steps: readonly StepResult[]
  /** What did not hold when all was over. */
  readonly postconditions: readonly StepFailure[]
  /** What could not be looked at on this target, in sentences. */
  readonly notes: readonly string[]
  readonly verdict: 'passed' | 'failed'
  readonly ms: number
}

import type { Screen } from '../../simulator/screen.ts'
import type { Expectation, Step, Walkthrough } from '../script/walkthrough.ts'

/** The result of a step. Secrets are masked as `••••`, also where the application shows one. */
export interface StepResult {
  readonly step: Step
  /** The action as printed: `☎ *141*0#`, `> 1`, `> ••••`, `(20 s pass)`, `PUT /self-care/…`. Empty for a look. */
  readonly done: string
  /** The screen of the phone or the HTTP status of self-care; undefined if the action shows nothing. */
  readonly seen:
    | { readonly kind: 'screen'; readonly screen: Screen }
    | { readonly kind: 'status'; readonly status: number }
    | undefined
  /** Injected faults and other remarks. */
  readonly notes: readonly string[]
  readonly failure: StepFailure | undefined
}

/** The reason a step or a postcondition failed. */
export interface StepFailure {
  /** One English sentence, such as `the screen differs` or `access is open, not closed-by-subscriber`. */
  readonly message: string
  /** The expectation of the step, with secrets masked. */
  readonly expected: Expectation | undefined
}

/** The result of a walkthrough, with the steps up to the first failure. */
export interface WalkResult {
  readonly walkthrough: Walkthrough
  readonly dialect: string
  readonly steps: readonly StepResult[]
  /** The postconditions that failed. */
  readonly postconditions: readonly StepFailure[]
  /** Sentences about what could not be checked on this target. */
  readonly notes: readonly string[]
  readonly verdict: 'passed' | 'failed'
  readonly ms: number
}

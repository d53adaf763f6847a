/** What must hold of the screens that came back, whatever the model says of them. */
import { MASK } from '../engine/secret.ts'
import type { Screen } from '../simulator/screen.ts'
import { measure } from '../ussd/message.ts'
import type { WalkResult, StepResult } from '../walkthrough/run/result.ts'
import { secretIn } from './invariants.ts'
import type { ModelSpec } from './model-spec.ts'
import { listedIn } from './texts.ts'
import type { Invariant } from './violation.ts'

/** What was wrong, and with how many of the walkthrough's steps it came out. */
export interface Finding {
  readonly invariant: Invariant
  readonly what: string
  readonly steps: number
}

/** @param isNotUnderstood whether a text begins with the line that says so */
export function findingsIn<World>(
  { steps: walked, postconditions: afterwards }: WalkResult,
  subject: ModelSpec<World>,
  isNotUnderstood: (text: string) => boolean,
): readonly Finding[] {
  const faults: Finding[] = []
  let before: Screen | undefined
  for (const [at, one] of walked.entries()) {
    const steps = at + 1
    const screen = one.seen?.kind === 'screen' ? one.seen.screen : undefined
    for (const [invariant, what] of faultsOf(one, screen, before)) faults.push({ invariant, what, steps })
    before = screen ?? before
  }
  for (const { message: sentence } of afterwards)
    faults.push({ invariant: 'as-modelled', what: `in the end, ${sentence}`, steps: walked.length })
  return faults

  function* faultsOf(
    { step, failure }: StepResult,
    screen: Screen | undefined,
    before: Screen | undefined,
  ): Generator<readonly [Invariant, string]> {
    const { action } = step
    if (screen) {
      const { alphabet, units, fits } = measure(screen.text)
      if (!fits) yield ['fits', `takes ${units} ${alphabet === 'gsm7' ? 'septets' : 'UTF-16 units'}`]
      // The runner has masked what was typed.
      const secret = screen.text.includes(MASK) ? 'a secret' : secretIn(screen.text, subject.inputs)
      if (secret !== undefined) yield ['no-secret', `shows what was typed as ${secret}`]
    }
    // Where a secret is asked for, a digit that is no choice is taken as one.
    if (screen && before?.asks === 'plain' && action.kind === 'send' && /^\d$/.test(action.text)) {
      const isListed = listedIn(before.text).includes(action.text)
      const isTaken = !isNotUnderstood(screen.text)
      if (isListed && !isTaken)
        yield ['choices', `is what ${action.text} leads to, which was listed, and not taken`]
      if (!isListed && isTaken) yield ['choices', `is what ${action.text} leads to, which was not listed`]
    }
    if (screen && before && action.kind === 'send' && subject.attempts) {
      const { shown, regainedAt: _regainedAt } = subject.attempts
      const [earlier, now] = [before, screen].map(({ text }) => shown.exec(text)?.[1])
      if (earlier !== undefined && now !== undefined && Number(now) > Number(earlier))
        yield ['attempts', `says that ${now} attempts are left, and before it were ${earlier}`]
    }
    if (failure) yield ['as-modelled', `${failure.message}${differenceIn(failure.expected, screen)}`]
  }
}

function differenceIn(
  expected: NonNullable<StepResult['failure']>['expected'],
  screen: Screen | undefined,
): string {
  if (expected?.kind !== 'screen' || expected.text.kind !== 'whole' || !screen) return ''
  return expected.text.text === screen.text
    ? ''
    : `: it is ${JSON.stringify(screen.text)}, and was to be ${JSON.stringify(expected.text.text)}`
}

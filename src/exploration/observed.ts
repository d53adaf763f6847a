/** Checks the screens of a gateway, both against the invariants and against the model. */
import { MASK } from '../engine/secret.ts'
import type { Screen } from '../simulator/screen.ts'
import type { WalkResult, StepResult } from '../walkthrough/run/result.ts'
import { oversize, secretIn } from './invariants.ts'
import { takesText } from './model-spec.ts'
import type { ModelSpec } from './model-spec.ts'
import { listedIn } from './texts.ts'
import type { Invariant } from './violation.ts'

/** A violated invariant. `steps`: the length of the walkthrough up to it. */
export interface Finding {
  readonly invariant: Invariant
  readonly detail: string
  readonly steps: number
}

/** @param isNotUnderstood true for a text under the line that the reply was not understood */
export function findingsIn<World>(
  { steps: walked, postconditions }: WalkResult,
  spec: ModelSpec<World>,
  isNotUnderstood: (text: string) => boolean,
): readonly Finding[] {
  const findings: Finding[] = []
  const digitsMayBeText = takesText(spec.menu)
  let before: Screen | undefined
  for (const [at, result] of walked.entries()) {
    const steps = at + 1
    const screen = result.seen?.kind === 'screen' ? result.seen.screen : undefined
    for (const [invariant, detail] of problemsOf(result, screen, before))
      findings.push({ invariant, detail, steps })
    before = screen ?? before
  }
  for (const { message } of postconditions)
    findings.push({ invariant: 'as-modelled', detail: `in the end, ${message}`, steps: walked.length })
  return findings

  function* problemsOf(
    { step: { action }, failure }: StepResult,
    screen: Screen | undefined,
    previous: Screen | undefined,
  ): Generator<readonly [Invariant, string]> {
    if (screen) {
      const detail = oversize(screen.text)
      if (detail !== undefined) yield ['fits', detail]
      // The runner masks secrets that were typed.
      const secret = screen.text.includes(MASK) ? 'a secret' : secretIn(screen.text, spec.inputs)
      if (secret !== undefined) yield ['no-secret', `shows what was typed as ${secret}`]
    }
    // On a screen that asks for a secret, a digit that is no choice counts as the secret.
    if (screen && previous?.asks === 'plain' && action.kind === 'send' && /^\d$/.test(action.text)) {
      const isListed = listedIn(previous.text).includes(action.text)
      const isAccepted = !isNotUnderstood(screen.text)
      if (isListed && !isAccepted)
        yield ['choices', `follows ${action.text}, which was listed but not accepted`]
      if (!isListed && isAccepted && !digitsMayBeText)
        yield ['choices', `follows ${action.text}, which was accepted but not listed`]
    }
    if (screen && previous && action.kind === 'send' && spec.attempts) {
      const { shown } = spec.attempts
      const [earlier, now] = [previous, screen].map(({ text }) => shown.exec(text)?.[1])
      if (earlier !== undefined && now !== undefined && Number(now) > Number(earlier))
        yield ['attempts', `shows ${now} attempts left, after ${earlier}`]
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
    : `: got ${JSON.stringify(screen.text)}, expected ${JSON.stringify(expected.text.text)}`
}

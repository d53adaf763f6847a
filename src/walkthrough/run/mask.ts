import { MASK } from '../../engine/secret.ts'
import type { StepFailure, StepResult } from './result.ts'
import { isPlaceholder, secretsOf } from '../script/secrets.ts'
import type { Action, Expectation, Fixture, Step, Walkthrough, TextMatch } from '../script/walkthrough.ts'

/** Takes a walkthrough's secrets out of all that is reported of it, also where an application shows one. */
export interface Mask {
  /** The secrets of this walkthrough are masked from now on. */
  learn(walkthrough: Walkthrough): void
  /** This is one more secret. */
  hide(secret: string): void
  text(text: string): string
  walkthrough(walkthrough: Walkthrough): Walkthrough
  walked(walked: StepResult): StepResult
  failure(failure: StepFailure): StepFailure
}

export function createMask(): Mask {
  let secrets: readonly string[] = []

  const text = (shown: string): string =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), shown)

  const expectation = (expected: Expectation): Expectation => {
    switch (expected.kind) {
      case 'status':
        return expected
      case 'failure':
        return { ...expected, sentence: wanted(expected.sentence) }
      case 'screen':
        return { ...expected, text: wanted(expected.text) }
    }
  }
  const wanted = (one: TextMatch): TextMatch =>
    one.kind === 'matches' ? { ...one, pattern: text(one.pattern) } : { ...one, text: text(one.text) }

  const step = (one: Step): Step => ({
    ...one,
    action: withoutSecrets(one.action, text),
    expectation: one.expectation && expectation(one.expectation),
  })

  const failure = ({ message: sentence, expected }: StepFailure): StepFailure => ({
    message: text(sentence),
    expected: expected && expectation(expected),
  })

  return {
    learn: (walkthrough) => void (secrets = secretsOf(walkthrough)),
    hide: (secret) => void (secret.trim().length > 1 && (secrets = [secret, secret.trim(), ...secrets])),
    text,
    failure,

    walkthrough: (walkthrough) => ({
      ...walkthrough,
      title: text(walkthrough.title),
      steps: walkthrough.steps.map(step),
      handsets: Object.fromEntries(
        Object.entries(walkthrough.handsets).map(([who, phone]) => [
          who,
          { ...phone, fixture: phone.fixture && masked(phone.fixture) },
        ]),
      ),
      after: walkthrough.after.map((after) => ({ ...after, record: masked(after.record) })),
    }),

    walked: (walked) => ({
      ...walked,
      step: step(walked.step),
      seen:
        walked.seen?.kind === 'screen'
          ? { kind: 'screen', screen: { ...walked.seen.screen, text: text(walked.seen.screen.text) } }
          : walked.seen,
      failure: walked.failure && failure(walked.failure),
    }),
  }
}

/** A placeholder tells nothing. */
const hidden = (given: string): string => (isPlaceholder(given) ? given : MASK)

const masked = <T extends Pick<Fixture, 'puk1' | 'password'>>(record: T): T => ({
  ...record,
  ...(record.puk1 !== undefined && { puk1: hidden(record.puk1) }),
  ...(record.password !== undefined && { password: hidden(record.password) }),
})

function withoutSecrets(action: Action, mask: (text: string) => string): Action {
  switch (action.kind) {
    case 'dial':
      return { ...action, code: mask(action.code) }
    case 'send':
      return { ...action, text: action.isSecret ? hidden(action.text) : mask(action.text) }
    case 'log-in':
      return { ...action, password: hidden(action.password) }
    case 'set-password':
      return { ...action, puk1: hidden(action.puk1), password: hidden(action.password) }
    case 'change':
      return { ...action, patch: masked(action.patch) }
    default:
      return action
  }
}

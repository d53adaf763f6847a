import { MASK } from '../../engine/secret.ts'
import type { StepFailure, StepResult } from './result.ts'
import { isPlaceholder, replaceInAction, replaceInRecord, secretsOf } from '../script/secrets.ts'
import type { Action, Expectation, Step, Walkthrough, TextMatch } from '../script/walkthrough.ts'

/** Masks the secrets of a walkthrough in everything reported about it, also in screens of the application. */
export interface Mask {
  /** Masks the secrets of this walkthrough from now on. Its placeholders must be filled in. */
  useSecretsOf(walkthrough: Walkthrough): void
  /** Masks one more secret from now on. */
  addSecret(secret: string): void
  text(text: string): string
  walkthrough(walkthrough: Walkthrough): Walkthrough
  stepResult(result: StepResult): StepResult
  failure(failure: StepFailure): StepFailure
}

export function createMask(): Mask {
  let secrets: readonly string[] = []
  let names: readonly string[] = []

  const text = (clear: string): string =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), clear)

  const expectation = (expected: Expectation): Expectation => {
    switch (expected.kind) {
      case 'status':
        return expected
      case 'failure':
        return { ...expected, message: textMatch(expected.message) }
      case 'screen':
        return { ...expected, text: textMatch(expected.text) }
    }
  }
  const textMatch = (match: TextMatch): TextMatch =>
    match.kind === 'matches'
      ? { ...match, pattern: text(match.pattern) }
      : { ...match, text: text(match.text) }

  const maskStep = (step: Step, of = names): Step => ({
    ...step,
    action: maskAction(step.action, of, text),
    expectation: step.expectation && expectation(step.expectation),
  })

  const failure = ({ message, expected }: StepFailure): StepFailure => ({
    message: text(message),
    expected: expected && expectation(expected),
  })

  return {
    useSecretsOf(walkthrough) {
      secrets = secretsOf(walkthrough)
      names = Object.keys(walkthrough.secrets)
    },
    addSecret: (secret) => void (secret.trim().length > 1 && (secrets = [secret, secret.trim(), ...secrets])),
    text,
    failure,

    walkthrough: (walkthrough) => ({
      ...walkthrough,
      title: text(walkthrough.title),
      steps: walkthrough.steps.map((step) => maskStep(step, secretNames(walkthrough))),
      handsets: Object.fromEntries(
        Object.entries(walkthrough.handsets).map(([who, phone]) => [
          who,
          {
            ...phone,
            fixture: phone.fixture && replaceInRecord(phone.fixture, secretNames(walkthrough), maskSecret),
          },
        ]),
      ),
      after: walkthrough.after.map((after) => ({
        ...after,
        record: replaceInRecord(after.record, secretNames(walkthrough), maskSecret),
      })),
    }),

    stepResult: ({ step, seen, ...rest }) => ({
      ...rest,
      step: maskStep(step),
      seen:
        seen?.kind === 'screen'
          ? { kind: 'screen', screen: { ...seen.screen, text: text(seen.screen.text) } }
          : seen,
      failure: rest.failure && failure(rest.failure),
    }),
  }
}

const secretNames = ({ secrets }: Walkthrough): readonly string[] => Object.keys(secrets)

/** Keeps placeholders: they hold no secret. */
const maskSecret = (secret: string): string => (isPlaceholder(secret) ? secret : MASK)

function maskAction(action: Action, names: readonly string[], mask: (text: string) => string): Action {
  if (action.kind === 'dial') return { ...action, code: mask(action.code) }
  if (action.kind === 'send' && !action.isSecret) return { ...action, text: mask(action.text) }
  return replaceInAction(action, names, maskSecret)
}

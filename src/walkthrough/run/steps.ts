/** Performs the steps of a walkthrough and compares the results with the expectations. */
import { MASK } from '../../engine/secret.ts'
import type { Handsets } from '../../simulator/handset.ts'
import type { Screen } from '../../simulator/screen.ts'
import type { Mask } from './mask.ts'
import type { StepFailure, StepResult } from './result.ts'
import type { SelfCareClient } from './self-care-client.ts'
import { TargetError } from './target.ts'
import type { Target } from './target.ts'
import type { Action, Expectation, Step, Walkthrough } from '../script/walkthrough.ts'
import { matchesText } from './match-text.ts'

/** The time a person takes to answer. It exceeds the time within which the gateway takes an equal answer for a duplicate. */
const THINKING_MS = 3500

export interface StepRunner {
  run(step: Step): Promise<StepResult>
}

export function createStepRunner(options: {
  readonly handsets: Handsets
  /** With its placeholders filled in. */
  readonly walkthrough: Walkthrough
  readonly target: Target
  /** Undefined for an application that is not a gateway of this project. */
  readonly selfCare: SelfCareClient | undefined
  readonly mask: Mask
}): StepRunner {
  const { handsets, walkthrough, target, selfCare, mask } = options
  const { gateway } = target
  const pacing = createPacing(handsets, target)

  const msisdnOf = (who: string): string => {
    const phone = walkthrough.handsets[who]
    if (!phone) throw new TargetError(`unknown phone '${who}'`)
    return phone.msisdn
  }

  const type = async (who: string, text: string): Promise<Screen | StepFailure> => {
    const typed = await handsets.type(msisdnOf(who), text)
    pacing.sent(who, text)
    return typed.kind === 'screen' ? typed.screen : failed(`the phone rejected the input: ${typed.message}`)
  }

  const perform = async (step: Step): Promise<Screen | number | StepFailure | undefined> => {
    const { who, action } = step
    const msisdn = msisdnOf(who)
    const shown = handsets.screen(msisdn)
    switch (action.kind) {
      case 'look':
        return shown
      case 'dial':
        if (shown.state === 'waiting') return failed('the phone is in a dialogue: hang up before dialling')
        pacing.begin(who)
        return type(who, action.code)
      case 'send': {
        if (shown.state !== 'waiting') return failed('no dialogue is open: dial before sending an answer')
        const problem = secrecyProblem(shown, action)
        if (problem !== undefined) {
          mask.addSecret(action.text)
          return failed(problem)
        }
        await pacing.think(who, action.text)
        return type(who, action.text)
      }
      case 'wait':
        await pacing.pass(action.ms)
        // An idle phone shows nothing new.
        return shown.state === 'waiting' || step.expectation ? handsets.screen(msisdn) : undefined
      case 'repeat': {
        const repeated = await handsets.repeat(msisdn)
        return repeated.kind === 'screen' ? repeated.screen : failed(repeated.message)
      }
      case 'hang-up':
        handsets.hangUp(msisdn)
        await handsets.whenIdle()
        return undefined
      case 'change':
        if (!gateway) throw new TargetError('operator sets needs a gateway of this project')
        await gateway.change(msisdn, action.patch)
        return undefined
      default:
        if (!selfCare) throw new TargetError('self-care actions need a gateway of this project')
        return selfCare.perform(who, action)
    }
  }

  return {
    async run(step) {
      const outcome = await perform(step)
      return resultOf(step, mask.text(describeAction(step.action, walkthrough)), outcome)
    },
  }
}

function resultOf(step: Step, done: string, outcome: Screen | number | StepFailure | undefined): StepResult {
  const { expectation } = step
  const nothing = { step, done, seen: undefined, notes: [], failure: undefined }
  if (outcome === undefined) return nothing
  if (typeof outcome === 'number') {
    const seen = { kind: 'status', status: outcome } as const
    return { ...nothing, seen, failure: statusFailure(outcome, expectation) }
  }
  if ('message' in outcome) return { ...nothing, failure: { ...outcome, expected: expectation } }
  const seen = { kind: 'screen', screen: outcome } as const
  const notes = outcome.faults ? [`fault injected: ${outcome.faults.join(', ')}`] : []
  return { ...nothing, seen, notes, failure: screenFailure(outcome, expectation) }
}

/** Lets time pass, on the virtual clock if there is one. */
function createPacing(handsets: Handsets, { clock, route }: Target) {
  const lastInputs = new Map<string, { readonly text: string; readonly atMs: number }>()
  const hidesDuplicates = route.dialect.limitations.some((inability) => inability.case === 'repeat')
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

  return {
    async pass(ms: number): Promise<void> {
      if (clock) clock.advance(ms)
      else await sleep(ms)
      handsets.tick()
      await handsets.whenIdle()
    },
    /** Waits as a person does. Without it, the gateway may take an equal answer for a duplicate. */
    async think(who: string, text: string): Promise<void> {
      if (clock) return clock.advance(THINKING_MS)
      const last = lastInputs.get(who)
      const leftMs = last?.text === text ? last.atMs + THINKING_MS - performance.now() : 0
      if (hidesDuplicates && leftMs > 0) await sleep(leftMs)
    },
    sent: (who: string, text: string) => void lastInputs.set(who, { text, atMs: performance.now() }),
    begin: (who: string) => void lastInputs.delete(who),
  }
}

const failed = (message: string): StepFailure => ({ message, expected: undefined })

/** Rejects a secret on a screen that asks for none, and an unmarked secret, which would be printed. */
function secrecyProblem(
  shown: Screen,
  { text, isSecret, unasked }: Extract<Action, { kind: 'send' }>,
): string | undefined {
  if (isSecret && !unasked && shown.asks === 'plain')
    return 'the screen does not ask for a secret: add asked: false to send one anyway'
  const isChoice = /^[\d*#]?$/.test(text.trim())
  if (!isSecret && shown.asks === 'secret' && !isChoice)
    return 'the screen asks for a secret: write sends: { secret: … }'
  return undefined
}

function statusFailure(status: number, expected: Expectation | undefined): StepFailure | undefined {
  if (expected?.kind !== 'status' || expected.status === status) return undefined
  return { message: `self-care answered ${status}, not ${expected.status}`, expected }
}

function screenFailure(screen: Screen, expected: Expectation | undefined): StepFailure | undefined {
  const { state, text, problem } = screen
  if (expected?.kind === 'failure') {
    if (problem === undefined) return { message: 'the network did not end the dialogue', expected }
    return matchesText(problem, expected.message)
      ? undefined
      : { message: `the network ended the dialogue for another reason: ${problem}`, expected }
  }
  if (problem !== undefined) return { message: problem, expected }
  if (expected?.kind !== 'screen') return undefined
  if (!matchesText(text, expected.text)) return { message: 'the screen differs', expected }
  if (state === expected.state) return undefined
  const message =
    state === 'waiting'
      ? 'the dialogue waits for an answer, but should have ended'
      : 'the dialogue ended, but should wait for an answer'
  return { message, expected }
}

/** The action as reports print it. */
function describeAction(action: Action, { handsets }: Walkthrough): string {
  switch (action.kind) {
    case 'look':
      return ''
    case 'dial':
      // Digits dialled after a code may be a secret.
      return `☎ ${action.code.replaceAll(/\d{5,}/g, MASK)}`
    case 'send':
      return action.isSecret ? `> ${MASK}` : `> ${action.text}`.trimEnd()
    case 'wait':
      return `(${durationOf(action.ms)} pass)`
    case 'repeat':
      return '(the aggregator sends the callback again)'
    case 'hang-up':
      return '(hangs up)'
    case 'log-in':
      return 'POST /self-care/sessions'
    case 'visit':
      return 'GET /self-care/session'
    case 'set-password':
      return 'POST /self-care/password'
    case 'manage':
      return `PUT /self-care/subscribers/${handsets[action.of]?.msisdn ?? ''}/access ${action.access}`
    case 'change':
      return `(the operator sets ${Object.keys(action.patch)
        .map((name) =>
          ['puk1', 'password'].includes(name) ? name : `${name}: ${String(action.patch[name as 'tariff'])}`,
        )
        .join(', ')})`
  }
}

function durationOf(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  if (ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`
}

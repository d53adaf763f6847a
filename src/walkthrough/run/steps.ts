/** What the steps of a walkthrough do, and whether what is seen then is what is to be seen. */
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

/** How long somebody takes to read a screen and answer it: longer than two copies of a callback are apart. */
const ANSWERING_MS = 3500

export interface Steps {
  take(step: Step): Promise<StepResult>
}

export function createSteps(options: {
  readonly handsets: Handsets
  /** Its placeholders are filled in. */
  readonly walkthrough: Walkthrough
  readonly target: Target
  /** Undefined where the application has none of ours. */
  readonly site: SelfCareClient | undefined
  readonly mask: Mask
}): Steps {
  const { handsets, walkthrough, target, site, mask } = options
  const { clock, gateway, route: line } = target
  /** What each phone sent last, in its dialogue. */
  const last = new Map<string, { readonly text: string; readonly atMs: number }>()
  const numbersNothing = line.dialect.cannot.some((inability) => inability.case === 'repeat')

  const msisdnOf = (who: string): string => {
    const phone = walkthrough.handsets[who]
    if (!phone) throw new TargetError(`there is no phone '${who}'`)
    return phone.msisdn
  }

  const pass = async (ms: number) => {
    if (clock) clock.advance(ms)
    else await new Promise((resolve) => setTimeout(resolve, ms))
    handsets.tick()
    await handsets.whenIdle()
  }

  /** People need time to answer; without it, the same answer would be taken for a repeated callback. */
  const think = async (who: string, text: string) => {
    if (clock) return clock.advance(ANSWERING_MS)
    const before = last.get(who)
    const leftMs = before?.text === text ? before.atMs + ANSWERING_MS - performance.now() : 0
    if (numbersNothing && leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs))
  }

  const type = async (who: string, text: string): Promise<Screen | StepFailure> => {
    const typed = await handsets.type(msisdnOf(who), text)
    last.set(who, { text, atMs: performance.now() })
    return typed.kind === 'screen' ? typed.screen : failed(`the phone refuses it: ${typed.sentence}`)
  }

  const perform = async (step: Step): Promise<Screen | number | StepFailure | undefined> => {
    const { who, action } = step
    const msisdn = msisdnOf(who)
    const shown = handsets.screen(msisdn)
    switch (action.kind) {
      case 'look':
        return shown
      case 'dial':
        if (shown.state === 'waiting') return failed('the phone is in a dialogue: hang up before it dials')
        last.delete(who)
        return type(who, action.code)
      case 'send': {
        if (shown.state !== 'waiting') return failed('nothing waits for an answer: there is no dialogue')
        const wrong = secrecyProblem(shown, action)
        if (wrong) {
          mask.hide(action.text)
          return failed(wrong)
        }
        await think(who, action.text)
        return type(who, action.text)
      }
      case 'wait':
        await pass(action.ms)
        // An idle phone shows nothing new.
        return shown.state === 'waiting' || step.expectation ? handsets.screen(msisdn) : undefined
      case 'repeat': {
        const repeated = await handsets.repeat(msisdn)
        return repeated.kind === 'screen' ? repeated.screen : failed(repeated.sentence)
      }
      case 'hang-up':
        handsets.hangUp(msisdn)
        await handsets.whenIdle()
        return undefined
      case 'change':
        if (!gateway)
          throw new TargetError('the operator can change subscribers only at a gateway of this project')
        await gateway.change(msisdn, action.patch)
        return undefined
      default:
        if (!site) throw new TargetError('only a gateway of this project has a self-care site')
        return site.act(who, action)
    }
  }

  return {
    async take(step) {
      const came = await perform(step)
      const done = mask.text(doneIn(step.action, walkthrough))
      const notes: string[] = []
      if (typeof came === 'object' && 'message' in came) {
        const expected = step.expectation
        return { step, done, seen: undefined, notes, failure: { ...came, expected } }
      }
      if (came === undefined) return { step, done, seen: undefined, notes, failure: undefined }
      if (typeof came === 'number') {
        const seen = { kind: 'status', status: came } as const
        return { step, done, seen, notes, failure: statusFailure(came, step.expectation) }
      }
      if (came.faults) notes.push(`the network did wrong: ${came.faults.join(', ')}`)
      const seen = { kind: 'screen', screen: came } as const
      return { step, done, seen, notes, failure: screenFailure(came, step.expectation) }
    },
  }
}

const failed = (sentence: string): StepFailure => ({ message: sentence, expected: undefined })

/** A secret is only typed where one is asked for, and is marked as one, or it would be printed. */
function secrecyProblem(
  shown: Screen,
  { text, isSecret, unasked }: Extract<Action, { kind: 'send' }>,
): string | undefined {
  if (isSecret && !unasked && shown.asks === 'plain') return 'the screen asks for no secret'
  const isChoice = /^[\d*#]?$/.test(text.trim())
  if (!isSecret && shown.asks === 'secret' && !isChoice)
    return 'the screen asks for a secret: mark what is typed as { secret: … }'
  return undefined
}

function statusFailure(status: number, expected: Expectation | undefined): StepFailure | undefined {
  if (expected?.kind !== 'status' || expected.status === status) return undefined
  return { message: `the site answers ${status}, not ${expected.status}`, expected }
}

function screenFailure(screen: Screen, expected: Expectation | undefined): StepFailure | undefined {
  const { state, text, problem } = screen
  if (expected?.kind === 'failure') {
    if (problem === undefined) return { message: 'the network did not break the dialogue off', expected }
    return matchesText(problem, expected.sentence)
      ? undefined
      : { message: `the network gives another reason: ${problem}`, expected }
  }
  if (problem !== undefined) return { message: problem, expected }
  if (expected?.kind !== 'screen') return undefined
  if (!matchesText(text, expected.text)) return { message: 'the screen differs', expected }
  if (state === expected.state) return undefined
  const sentence =
    state === 'waiting' ? 'the dialogue goes on, and was to end' : 'the dialogue ended, and was to go on'
  return { message: sentence, expected }
}

/** A step as it is printed. */
function doneIn(action: Action, { handsets }: Walkthrough): string {
  switch (action.kind) {
    case 'look':
      return ''
    case 'dial':
      // What is dialled behind a code may be a secret, too.
      return `☎ ${action.code.replaceAll(/\d{5,}/g, MASK)}`
    case 'send':
      return action.isSecret ? `> ${MASK}` : `> ${action.text}`.trimEnd()
    case 'wait':
      return `(${spanOf(action.ms)} pass)`
    case 'repeat':
      return '(the callback comes again)'
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

function spanOf(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  if (ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`
}

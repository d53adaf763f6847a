import type { Dialect, Echo, NetworkTurn, WireCall } from '../dialects/dialect.ts'
import type { Answer } from '../gateway/ports.ts'
import { createApplication } from './application.ts'
import type { Address, Application, InputKind, CallResult } from './application.ts'
import type { FaultName, Faults, DrawnFaults } from './faults.ts'
import type { Profile } from './profiles.ts'

/** Where a phone's dialogue leads: an application, the aggregator and the carrier before it, and what is to go wrong. */
export interface Route extends Address {
  readonly dialect: Dialect
  readonly profile?: Profile | undefined
  readonly faults?: Faults | undefined
}

/** A callback as it was sent, and what it was answered. */
export interface SentCallback {
  readonly wire: WireCall
  readonly answer: Answer
  readonly asks: InputKind | undefined
}

/** What the network made of a turn. */
export type DeliveryResult = { readonly faults: readonly FaultName[] } & (
  | {
      readonly kind: 'answer'
      readonly delivered: SentCallback
      readonly echo: Echo
      /** What the application did wrong, although it answered. */
      readonly problem: string | undefined
    }
  | { readonly kind: 'failed'; readonly problem: string }
)

/** The network between a phone and one application. Never rejects. */
export interface Network {
  /**
   * Carries a turn, with the mishaps that were drawn for it. `before` is the callback that came before in the dialogue. It
   * takes as long as all copies of the callback do, so that what a dialogue shows depends on no race.
   */
  deliver(
    turn: NetworkTurn,
    on: {
      readonly mishaps: DrawnFaults | undefined
      readonly before: SentCallback | undefined
      readonly hungUp: AbortSignal
    },
  ): Promise<DeliveryResult>
  /** Sends a callback again, byte for byte; what is wrong with what came back, if anything is. */
  redeliver(delivered: SentCallback, hungUp: AbortSignal): Promise<string | undefined>
  readonly notifyEnd: Application['notifyEnd']
}

/** Waits; returns at once when it is aborted. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

export function createNetwork(line: Route, profile: Profile, pause: Pause): Network {
  const { dialect } = line
  const application = createApplication(line)

  return {
    notifyEnd: (wire) => application.notifyEnd(wire),

    async redeliver({ wire, answer }, hungUp) {
      const answerWithinMs = profile.answerWithinMs ?? dialect.answerWithinMs
      const copy = await application.call(wire, { answerWithinMs, leftMs: answerWithinMs, hungUp })
      return differenceIn([copy], answer, 'The callback, sent again,')
    },

    async deliver(turn, { mishaps, before, hungUp }) {
      const wire = dialect.formatRequest(turn)
      const answerWithinMs = profile.answerWithinMs ?? dialect.answerWithinMs
      const patience = { answerWithinMs, leftMs: answerWithinMs, hungUp }
      const send = (copy: WireCall) => application.call(copy, patience)
      if (!mishaps) return resultOf(await send(wire), { wire, faults: [] })

      const faults: FaultName[] = []
      const { delayMs, lost } = mishaps
      if (delayMs > 0) {
        faults.push('delay')
        await pause(Math.min(delayMs, answerWithinMs), hungUp)
        if (delayMs >= answerWithinMs) {
          return { kind: 'failed', problem: 'The callback was held up until the network gave up.', faults }
        }
        patience.leftMs -= delayMs
      }
      const sent = lost === 'reset' ? application.sendThenReset(wire, patience) : send(wire)
      const copies: CallResult[] = []
      if (mishaps.duplicate) faults.push('duplicate')
      const twin = mishaps.duplicate === 'now' ? send(wire) : undefined
      let called = await sent
      if (twin) copies.push(await twin)
      if (lost !== 'reset' && called.kind === 'failed') return { ...called, faults }
      if (mishaps.duplicate === 'late') copies.push(await send(wire))
      if (lost) {
        faults.push(lost)
        if (called.kind === 'answer') copies.push(called)
        if (mishaps.retry) called = await send(wire)
        else if (lost === 'drop') called = lostAnswer
      }
      if (mishaps.begin && turn.replies.length === 0) {
        faults.push('begin')
        copies.push(await send(wire))
      }
      let lateCopy: CallResult | undefined
      if (mishaps.reorder && before) {
        faults.push('reorder')
        lateCopy = await send(before.wire)
      }
      const problem =
        called.kind === 'failed'
          ? undefined
          : (differenceIn(copies, called.answer, 'A copy of the callback') ??
            (lateCopy &&
              before &&
              differenceIn([lateCopy], before.answer, 'A late copy of the callback before')))
      return resultOf(called, { wire, faults, problem })
    },
  }
}

const lostAnswer: CallResult = {
  kind: 'failed',
  problem: 'The answer was lost on the way, as was asked for.',
}

function resultOf(
  called: CallResult,
  { wire, faults, problem }: { wire: WireCall; faults: readonly FaultName[]; problem?: string | undefined },
): DeliveryResult {
  if (called.kind === 'failed') return { ...called, faults }
  const { answer, echo, asks } = called
  return { kind: 'answer', delivered: { wire, answer, asks }, echo, problem, faults }
}

/** The same callback is to be answered with the same, however often it comes. */
function differenceIn(copies: readonly CallResult[], answer: Answer, what: string): string | undefined {
  for (const copy of copies) {
    if (copy.kind === 'failed') return `${what} was not answered. ${copy.problem}`
    if (copy.answer.text !== answer.text || copy.answer.waits !== answer.waits)
      return `${what} was answered otherwise than at first.`
  }
  return undefined
}

import type { Dialect, Echo, NetworkTurn, WireCall } from '../dialects/dialect.ts'
import type { Answer } from '../gateway/ports.ts'
import { createApplication } from './application.ts'
import type { Application, ApplicationAddress, CallResult, InputKind } from './application.ts'
import type { FaultName, Faults, DrawnFaults } from './faults.ts'
import type { Profile } from './profiles.ts'

/** The route of a phone's dialogue: the application, the aggregator's dialect, the carrier, and the faults to inject. */
export interface Route extends ApplicationAddress {
  readonly dialect: Dialect
  /** The code registered for the application, which every dialled string starts with. Without it, any string is routed. */
  readonly serviceCode?: string | undefined
  readonly profile?: Profile | undefined
  readonly faults?: Faults | undefined
  /** The code or name of the network that callbacks carry. */
  readonly network?: string | undefined
}

/** A callback and its answer. */
export interface SentCallback {
  readonly wire: WireCall
  readonly answer: Answer
  readonly asks: InputKind | undefined
}

/** The result of a turn, with the faults that were injected. */
export type DeliveryResult = { readonly faults: readonly FaultName[] } & (
  | {
      readonly kind: 'answer'
      readonly delivered: SentCallback
      readonly echo: Echo
      /** A mistake of the application, which answered nevertheless. */
      readonly problem: string | undefined
    }
  | { readonly kind: 'failed'; readonly problem: string }
)

/** The network between a phone and one application. Its promises never reject. */
export interface Network {
  /**
   * Delivers a turn and injects the drawn faults. `previous` is the preceding callback of the dialogue. Resolves after all
   * duplicates are answered, so that the result does not depend on a race.
   */
  deliver(
    turn: NetworkTurn,
    options: {
      readonly drawn: DrawnFaults | undefined
      readonly previous: SentCallback | undefined
      readonly hungUp: AbortSignal
    },
  ): Promise<DeliveryResult>
  /** Sends a callback again, byte for byte. Returns the problem if its answer differs. */
  redeliver(delivered: SentCallback, hungUp: AbortSignal): Promise<string | undefined>
  readonly notifyEnd: Application['notifyEnd']
}

/** Waits; resolves at once when aborted. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

export function createNetwork(route: Route, profile: Profile, pause: Pause): Network {
  const { dialect } = route
  const application = createApplication(route)
  const timeout = () => profile.answerTimeoutMs ?? dialect.answerTimeoutMs

  return {
    notifyEnd: (wire) => application.notifyEnd(wire),

    async redeliver({ wire, answer }, hungUp) {
      const timeoutMs = timeout()
      const duplicate = await application.call(wire, { timeoutMs, remainingMs: timeoutMs, hungUp })
      return differenceIn([duplicate], answer, 'The retried callback')
    },

    async deliver(turn, { drawn, previous, hungUp }) {
      const wire = dialect.formatRequest(turn)
      const timeoutMs = timeout()
      const options = { timeoutMs, remainingMs: timeoutMs, hungUp }
      if (!drawn) return resultOf(await application.call(wire, options), { wire, faults: [] })

      const { delayMs } = drawn
      const faults: FaultName[] = []
      if (delayMs > 0) {
        faults.push('delay')
        await pause(Math.min(delayMs, timeoutMs), hungUp)
        if (hungUp.aborted) return { kind: 'failed', problem: 'The phone was hung up.', faults }
        if (delayMs >= timeoutMs) {
          const problem = 'Fault injected: the callback was delayed beyond the timeout.'
          return { kind: 'failed', problem, faults }
        }
        options.remainingMs -= delayMs
      }
      return inject({ wire, drawn, previous, options, faults, isBegin: turn.replies.length === 0 })
    },
  }

  /** Sends a callback with the drawn faults, and compares the answers of all duplicates. */
  async function inject(of: {
    readonly wire: WireCall
    readonly drawn: DrawnFaults
    readonly previous: SentCallback | undefined
    readonly options: Parameters<Application['call']>[1]
    /** Collects the injected faults. */
    readonly faults: FaultName[]
    readonly isBegin: boolean
  }): Promise<DeliveryResult> {
    const { wire, drawn, previous, options, faults, isBegin } = of
    const send = (copy: WireCall) => application.call(copy, options)
    const { lost, duplicate } = drawn
    const sent = lost === 'reset' ? application.sendThenReset(wire, options) : send(wire)
    const duplicates: CallResult[] = []
    if (duplicate) faults.push('duplicate')
    const concurrent = duplicate === 'now' ? send(wire) : undefined
    let result = await sent
    if (concurrent) duplicates.push(await concurrent)
    if (lost !== 'reset' && result.kind === 'failed') return { ...result, faults }
    if (duplicate === 'late') duplicates.push(await send(wire))
    if (lost) {
      faults.push(lost)
      if (result.kind === 'answer') duplicates.push(result)
      if (drawn.retry) result = await send(wire)
      else if (lost === 'drop') result = droppedAnswer
    }
    if (drawn.begin && isBegin) {
      faults.push('begin')
      duplicates.push(await send(wire))
    }
    let late: string | undefined
    if (drawn.reorder && previous) {
      faults.push('reorder')
      const lateDuplicate = await send(previous.wire)
      late = differenceIn([lateDuplicate], previous.answer, 'A late duplicate of the previous callback')
    }
    if (result.kind === 'failed') return { ...result, faults }
    const problem = differenceIn(duplicates, result.answer, 'A duplicate of the callback') ?? late
    return resultOf(result, { wire, faults, problem })
  }
}

const droppedAnswer: CallResult = { kind: 'failed', problem: 'Fault injected: the answer was dropped.' }

function resultOf(
  result: CallResult,
  { wire, faults, problem }: { wire: WireCall; faults: readonly FaultName[]; problem?: string | undefined },
): DeliveryResult {
  if (result.kind === 'failed') return { ...result, faults }
  const { answer, echo, asks } = result
  return { kind: 'answer', delivered: { wire, answer, asks }, echo, problem, faults }
}

/** Returns the problem if a duplicate got a different answer; `subject` begins the sentence. */
function differenceIn(
  duplicates: readonly CallResult[],
  answer: Answer,
  subject: string,
): string | undefined {
  for (const duplicate of duplicates) {
    if (duplicate.kind === 'failed') return `${subject} got no answer. ${duplicate.problem}`
    if (duplicate.answer.text !== answer.text || duplicate.answer.waits !== answer.waits)
      return `${subject} got a different answer.`
  }
  return undefined
}

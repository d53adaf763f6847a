import type { Answer, SignedDelivery } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { randomAt } from '../../support/random.ts'
import { deliveryOf, msisdnOf, nameOf } from './delivery.ts'
import type { SimulatedNode } from './node.ts'
import { BUDGET_MS, EPOCH_MS } from './plan.ts'
import type { DialoguePlan, Fault, NodeIndex, Plan } from './plan.ts'
import type { Timeline } from './timeline.ts'

const CLIENT_TIMEOUT_MS = BUDGET_MS + 600
const MAX_TRIES = 3
const RETRY_AFTER_MS = 50

interface ClientOptions {
  readonly plan: Plan
  readonly dialogue: DialoguePlan
  readonly timeline: Timeline
  readonly nodes: readonly [SimulatedNode, SimulatedNode]
  /** The gateway of all callbacks; by default the seed decides for each. */
  readonly node?: NodeIndex
  readonly onAnswer?: (answer: Answer) => void
  readonly log: (line: () => string) => void
}

/** The subscriber and the aggregator of one dialogue. They reply to screens and retry unanswered callbacks. */
export class Client {
  readonly #options: ClientOptions
  readonly #faults: readonly Fault[]
  readonly #sent = new Set<number>()
  readonly #signatures = new Map<string, SignedDelivery>()
  /** Screens by the turn that replies to them. */
  readonly #screens = new Map<number, string>()
  /** The turn that waits for its answer. */
  #turn: number | undefined
  #tries = 0
  #sends = 0
  #hasRetried = false

  constructor(options: ClientOptions) {
    this.#options = options
    const { plan, dialogue } = options
    this.#faults = plan.faults.filter((fault) => 'dialogue' in fault && fault.dialogue === dialogue.name)
    this.#startTurn(0, dialogue.startMs)
  }

  #after(ms: number, run: () => 'woke' | 'quiet'): () => void {
    const { timeline } = this.#options
    return timeline.at(timeline.nowMs + ms, run)
  }

  #faultsOf(turn: number): readonly Fault[] {
    return this.#faults.filter((fault) => 'turn' in fault && fault.turn === turn)
  }

  #repliesUpTo(turn: number): readonly string[] {
    return this.#options.dialogue.answers.slice(0, turn).map(({ typed }) => typed)
  }

  #startTurn(turn: number, afterMs: number): void {
    this.#after(afterMs, () => {
      this.#turn = turn
      this.#tries = 0
      this.#sendTurn(turn)
      return 'quiet'
    })
  }

  /** Sends the callback of a turn, for the first time or as a retry. */
  #sendTurn(turn: number): void {
    const { plan, log, dialogue } = this.#options
    const mine = ++this.#tries
    const isFirst = !this.#sent.has(turn)
    const faults = isFirst ? this.#faultsOf(turn) : []
    this.#sent.add(turn)
    const node = this.#options.node ?? ((randomAt(plan.seed, 64 * (turn + 1) + mine) & 1) as NodeIndex)
    const slowMs = totalMs(faults, 'slow')
    let isLost = faults.some(({ kind }) => kind === 'answer-lost')
    const onAnswer = (answer: Answer) => {
      if (isLost) log(() => `the answer to turn ${turn} of ${dialogue.name} is lost`)
      else if (this.#turn === turn) this.#answered(turn, answer)
      isLost = false
    }
    const retryAfter = (ms: number) =>
      this.#after(ms, () => {
        const isCurrent = this.#turn === turn && mine === this.#tries
        if (isCurrent && this.#tries < MAX_TRIES) this.#sendTurn(turn)
        return 'quiet'
      })
    const cancelTimeout = retryAfter(CLIENT_TIMEOUT_MS)
    const onDown = () => {
      cancelTimeout()
      retryAfter(RETRY_AFTER_MS)
    }
    this.#send(this.#repliesUpTo(turn), { node, turn, isFirst }, slowMs, onAnswer, onDown)
    for (const fault of faults) this.#inject(fault, turn)
  }

  /** Sends one callback. With `turn`, its signature and screen are those of the turn; without, they are new. */
  #send(
    replies: readonly string[],
    of: { readonly node: NodeIndex; readonly turn?: number; readonly isFirst?: boolean },
    slowMs = 0,
    onAnswer: (answer: Answer) => void = () => {},
    onDown: () => void = () => {},
  ): void {
    const { plan, dialogue, nodes, log } = this.#options
    const { node, turn, isFirst = false } = of
    const screen = turn === undefined ? undefined : this.#screens.get(turn)
    const sent = this.#sends++
    const signed = dialogue.signed && this.#signatureOf(turn ?? `x${sent}`)
    const delivery = deliveryOf(dialogue, replies, { node, isFirst, screen, signed })
    const position = dialogue.name.charCodeAt(0) * 1000 + sent
    const latencyMs = plan.latency === 'fixed' ? 1 : randomAt(plan.seed, position) & 3
    this.#after(latencyMs + slowMs, () => {
      if (nodes[node].receive(delivery, onAnswer) === 'accepted') return 'woke'
      log(() => `${nameOf(delivery)} finds the gateway down`)
      onDown()
      return 'quiet'
    })
  }

  /** Returns the same signature for every duplicate of a callback. */
  #signatureOf(what: number | string): SignedDelivery {
    const { dialogue, timeline } = this.#options
    const id = `${dialogue.name}.${what}`
    const signature = this.#signatures.get(id) ?? { id, atMs: EPOCH_MS + timeline.nowMs }
    this.#signatures.set(id, signature)
    return signature
  }

  /** Injects a fault beside a turn. */
  #inject(fault: Fault, turn: number): void {
    if (!('afterMs' in fault)) return
    const { dialogue, nodes } = this.#options
    const { node } = fault
    this.#after(fault.afterMs, () => {
      if (fault.kind === 'hang-up') {
        const { dialect, sessionId } = deliveryOf(dialogue, [], fault).callback
        nodes[node].end({ dialect, sessionId, msisdn: msisdnOf(dialogue.subscriber), why: fault.why })
        return 'woke'
      }
      const before = this.#repliesUpTo(Math.max(0, turn - 1))
      if (fault.kind === 'rival') this.#send([...before, fault.typed], { node })
      else if (fault.kind === 'ahead') this.#send(this.#repliesUpTo(turn + 1), { node })
      else this.#send(this.#repliesUpTo(turn), { node, turn })
      return 'quiet'
    })
  }

  #answered(turn: number, answer: Answer): void {
    const { dialogue, onAnswer } = this.#options
    onAnswer?.(answer)
    this.#turn = undefined
    if ((isUnavailable(answer) || isBusy(answer)) && dialogue.retries && !this.#hasRetried) {
      this.#hasRetried = true
      this.#startTurn(turn, RETRY_AFTER_MS)
      return
    }
    const next = dialogue.answers[turn]
    if (!answer.waits || !next) return
    this.#screens.set(turn + 1, answer.text)
    this.#startTurn(turn + 1, next.afterMs + totalMs(this.#faultsOf(turn), 'pause'))
  }
}

/** Returns the total duration of the faults of one kind. */
export const totalMs = (faults: readonly Fault[], kind: DelayKind): number =>
  faults.reduce((ms, fault) => ms + (fault.kind === kind ? fault.ms : 0), 0)
type DelayKind = 'slow' | 'pause' | 'command-slow' | 'reply-slow'

export const isUnavailable = ({ text }: Answer): boolean =>
  Object.values<string>(systemMessages.unavailable).includes(text)

export const isBusy = ({ text }: Answer): boolean => Object.values<string>(systemMessages.busy).includes(text)

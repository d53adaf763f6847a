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

interface Options {
  readonly plan: Plan
  readonly dialogue: DialoguePlan
  readonly timeline: Timeline
  readonly nodes: readonly [SimulatedNode, SimulatedNode]
  /** The gateway of all callbacks; by default the seed decides for each. */
  readonly node?: NodeIndex
  readonly onAnswer?: (answer: Answer) => void
  readonly log: (line: () => string) => void
}

/** Starts the subscriber and the aggregator of one dialogue. They reply to screens and retry unanswered callbacks. */
export function startClient(options: Options): void {
  new Client(options).start()
}

class Client {
  readonly #options: Options
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

  constructor(options: Options) {
    this.#options = options
    const { plan, dialogue } = options
    this.#faults = plan.faults.filter((fault) => 'dialogue' in fault && fault.dialogue === dialogue.name)
  }

  start(): void {
    this.#startTurn(0, this.#options.dialogue.startMs)
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
    const slowMs = faults.reduce((ms, fault) => ms + (fault.kind === 'slow' ? fault.ms : 0), 0)
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
    this.#send(this.#repliesUpTo(turn), { node, turn, isFirst, slowMs }, onAnswer, onDown)
    for (const fault of faults) this.#inject(fault, turn)
  }

  /** Sends one callback. With `turn`, its signature and screen are those of the turn; without, they are new. */
  #send(
    replies: readonly string[],
    of: {
      readonly node: NodeIndex
      readonly turn?: number
      readonly isFirst?: boolean
      readonly slowMs?: number
    },
    onAnswer: (answer: Answer) => void = () => {},
    onDown: () => void = () => {},
  ): void {
    const { plan, dialogue, nodes, log } = this.#options
    const { node, isFirst = false, slowMs = 0 } = of
    const screen = of.turn === undefined ? undefined : this.#screens.get(of.turn)
    const sent = this.#sends++
    const signed = dialogue.signed && this.#signatureOf(of.turn ?? `x${sent}`)
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
      if (fault.kind === 'rival')
        this.#send([...this.#repliesUpTo(Math.max(0, turn - 1)), fault.typed], { node })
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
    const pauses = this.#faultsOf(turn).map((fault) => (fault.kind === 'pause' ? fault.ms : 0))
    this.#startTurn(turn + 1, next.afterMs + pauses.reduce((sum, ms) => sum + ms, 0))
  }
}

export const isUnavailable = ({ text }: Answer): boolean =>
  text === systemMessages.unavailable.en || text === systemMessages.unavailable.ru

export const isBusy = ({ text }: Answer): boolean =>
  text === systemMessages.busy.en || text === systemMessages.busy.ru

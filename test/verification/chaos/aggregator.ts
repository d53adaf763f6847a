import { setTimeout as sleep } from 'node:timers/promises'
import type { Dialect, Echo, WireCall, WireResponse } from '../../../src/dialects/dialect.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { isLate } from './history.ts'
import type { DialogueHistory, Sending, TurnHistory } from './history.ts'
import type { Gateways } from './gateways.ts'

/** Probabilities of duplicates: at the same time, shortly after, and of an earlier turn. */
export const FAULT_RATES = { twin: 0.1, late: 0.05, old: 0.03 } as const

/** The longest delay of a duplicate; by then the dialogue has usually moved on. */
const MAX_DUPLICATE_DELAY_MS = 300

/** With late retries: probabilities of at least one and of two duplicates, and their delays. */
const LATE_DUPLICATE_RATES = { once: 0.85, twice: 0.25 } as const
const LATE_RETRY_MS = { min: 10_000, max: 25_000 } as const

/**
 * Unanswered callbacks are retried for this long. Unnumbered ones are given up sooner: they may have taken effect, and a late
 * retry would be a new reply.
 */
const RETRY_TIMEOUT_MS = { sequenced: 120_000, 'latest-only': 12_000, late: 70_000 } as const

/** A gateway answers within its budget of 2 s; one that has not by now never will. */
const ANSWER_TIMEOUT_MS = 20_000

/** Answers that acknowledge nothing, in any language: without the record, the language is unknown. */
const unacknowledged: readonly string[] = [systemMessages.unavailable, systemMessages.busy].flatMap((texts) =>
  Object.values(texts),
)

export interface Delivery {
  readonly dialect: Dialect
  readonly dialogue: DialogueHistory
  readonly turn: TurnHistory
  readonly wire: WireCall
}

export interface Answered {
  readonly text: string
  readonly waits: boolean
  readonly echo: Echo
}

/** The aggregators: deliver callbacks to any running gateway, with duplicates and retries. */
export class RetryingAggregator {
  readonly #options
  readonly #pending = new Set<Promise<unknown>>()
  /** Counts of callbacks and answers. */
  readonly tally = {
    /** Callbacks sent, including duplicates. */
    callbacks: 0,
    duplicates: 0,
    /** Answers other than "unavailable". */
    answered: 0,
    unavailable: 0,
    /** Callbacks without an answer because the gateway died. */
    lost: 0,
    /** Callbacks that a living gateway did not answer. */
    silent: 0,
    /** Answers that the dialect cannot parse, also by status. */
    malformed: 0,
    malformedBy: {} as Record<number, number>,
    /** The slowest answer, including "unavailable". */
    worstAnswerMs: 0,
  }

  constructor(options: {
    readonly gateways: Pick<Gateways, 'pick'>
    /** Adds an event to the history of a dialogue. */
    readonly note: (dialogue: DialogueHistory, what: string) => void
    /** The gateways' `REPEAT_WITHIN_MS`. */
    readonly repeatWithinMs: number
  }) {
    this.#options = options
  }

  /** Delivers a turn until it is answered. `undefined`: the outcome is unknown, and the callback may not be retried any more. */
  async deliver(delivery: Delivery, random: Random): Promise<Answered | undefined> {
    const { gateways } = this.#options
    const isRetriedLate = delivery.dialogue.retries === 'late'
    const [isDoubled, isDelayed, delay] = [random() < FAULT_RATES.twin, random() < FAULT_RATES.late, random()]
    const isPatient = isRetriedLate && random() < 0.5
    if (isRetriedLate) this.#scheduleLateDuplicates(delivery, random)
    let before: string | undefined
    for (let attempt = 0; attempt === 0 || isOpen(delivery);) {
      const url = gateways.pick(random, before)
      if (url === undefined) {
        await sleep(20)
        continue
      }
      before = url
      const answering = this.#send(delivery, url)
      if (isDoubled && attempt === 0) this.#sendTwin(delivery, url, random)
      if (isDelayed && attempt === 0)
        this.#track(this.#sendDuplicate(delivery, delay * MAX_DUPLICATE_DELAY_MS, random))
      const answer = await answering
      if (answer) return answer
      // Backoff with jitter: simultaneous retries would overload a gateway that has just started.
      const maxMs = isRetriedLate ? 4000 : 1000
      const backoffMs = Math.min(maxMs, 25 * 2 ** attempt) * (0.5 + random())
      await sleep(isPatient ? between(LATE_RETRY_MS, random) : backoffMs)
      attempt += 1
    }
    return undefined
  }

  /** Sends a duplicate of an earlier turn without waiting for the answer. */
  redeliver(delivery: Delivery, random: Random): void {
    this.#track(this.#sendDuplicate(delivery, 0, random))
  }

  /** Resolves when no duplicate is in flight. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  #track(job: Promise<unknown>): void {
    this.#pending.add(job)
    void job.finally(() => this.#pending.delete(job))
  }

  #scheduleLateDuplicates(delivery: Delivery, random: Random): void {
    const drawn = random()
    for (const rate of [LATE_DUPLICATE_RATES.once, LATE_DUPLICATE_RATES.twice])
      if (drawn < rate)
        this.#track(this.#sendDuplicate(delivery, between(LATE_RETRY_MS, random), random, 'always'))
  }

  #sendTwin(delivery: Delivery, url: string, random: Random): void {
    const other = this.#options.gateways.pick(random, url)
    this.tally.duplicates += 1
    this.#options.note(delivery.dialogue, 'sent twice at the same time')
    if (other !== undefined) this.#track(this.#send(delivery, other))
  }

  async #sendDuplicate(
    delivery: Delivery,
    afterMs: number,
    random: Random,
    when: 'open' | 'always' = 'open',
  ): Promise<void> {
    if (afterMs > 0) await sleep(afterMs)
    const { gateways, note } = this.#options
    const url = gateways.pick(random)
    if (url === undefined || (when === 'open' && !isOpen(delivery))) return
    const { dialogue, turn } = delivery
    this.tally.duplicates += 1
    note(dialogue, `a duplicate of turn ${dialogue.turns.indexOf(turn) + 1} is sent`)
    await this.#send(delivery, url)
  }

  /** Sends a callback once. Returns `undefined` without an answer, or for "unavailable". */
  async #send(delivery: Delivery, url: string): Promise<Answered | undefined> {
    const { dialogue, turn } = delivery
    const mark = `turn ${dialogue.turns.indexOf(turn) + 1} (${turn.step.mark})`
    const sending: Sending = { sentMs: Date.now() }
    turn.sendings.push(sending)
    this.tally.callbacks += 1
    const startedMs = performance.now()
    try {
      const response = await request(delivery, url)
      sending.endedMs = Date.now()
      this.tally.worstAnswerMs = Math.max(this.tally.worstAnswerMs, performance.now() - startedMs)
      return this.#read(delivery, sending, mark, response)
    } catch {
      if (performance.now() - startedMs >= ANSWER_TIMEOUT_MS) this.tally.silent += 1
      else this.tally.lost += 1
      this.#options.note(dialogue, `${mark}: no answer`)
      return undefined
    }
  }

  #read(delivery: Delivery, sending: Sending, mark: string, response: WireResponse): Answered | undefined {
    const { note, repeatWithinMs } = this.#options
    const { dialect, dialogue, turn } = delivery
    const { status, body } = response
    const parsed = dialect.parseResponse(response)
    if (parsed.kind === 'malformed') {
      this.tally.malformed += 1
      this.tally.malformedBy[status] = (this.tally.malformedBy[status] ?? 0) + 1
      note(dialogue, `${mark}: malformed answer with status ${status}`)
      return undefined
    }
    const { text, waits } = parsed.answer
    if (unacknowledged.includes(text)) {
      this.tally.unavailable += 1
      note(dialogue, `${mark}: "unavailable"`)
      return undefined
    }
    this.tally.answered += 1
    note(dialogue, `${mark}: ${JSON.stringify(text)}`)
    const late = turn.sendings[0] !== sending && isLate(turn, sending, repeatWithinMs)
    turn.replies.push({ bytes: `${status} ${body}`, text, ...(late && { late }) })
    return { text, waits, echo: parsed.echo }
  }
}

/** Returns true while the turn may still be retried. */
function isOpen({ dialogue: { retries, numbered }, turn }: Delivery): boolean {
  const kind = numbered ? 'sequenced' : retries === 'late' ? 'late' : 'latest-only'
  return Date.now() - (turn.sendings[0]?.sentMs ?? Infinity) < RETRY_TIMEOUT_MS[kind]
}

async function request({ dialect, wire }: Delivery, url: string): Promise<WireResponse> {
  const query = wire.query === '' ? '' : `?${wire.query}`
  const response = await fetch(`${url}/ussd/${dialect.name}${wire.path}${query}`, {
    method: wire.method,
    headers: wire.headers,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    ...(wire.method !== 'GET' && { body: wire.body }),
  })
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, body: await response.text() }
}

/** Draws a number from `min` up to `max`. */
export const between = ({ min, max }: { readonly min: number; readonly max: number }, random: Random) =>
  min + random() * (max - min)

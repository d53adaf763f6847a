/** The aggregators' end: carries callbacks to whichever gateway is up, twice or late at times, until they are answered. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dialect, Echo, WireCall } from '../../../src/dialects/dialect.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Random } from '../../support/random.ts'
import { isLate } from './history.ts'
import type { DialogueHistory, Sending, TurnHistory } from './history.ts'
import type { Gateways } from './gateways.ts'

/** Rates of what happens to a callback besides, from 0 to 1. */
export const MISHAPS = { twin: 0.1, late: 0.05, old: 0.03 } as const

/** A late copy comes so much later at most; by then the dialogue has gone on, as a rule. */
const LATE_WITHIN_MS = 300

/** Where retries are late: what was answered is sent again so likely, once or twice, so long after it was first sent. */
const AGAIN = { once: 0.85, twice: 0.25 } as const
const AGAIN_AFTER_MS = { least: 10_000, most: 25_000 } as const

/**
 * A callback that nobody answered is sent again for so long. In a dialect that numbers nothing it is given up sooner: it may
 * have been carried out, and nobody knows what became of it.
 */
const RETRY_WITHIN_MS = { sequenced: 120_000, 'latest-only': 12_000, late: 70_000 } as const

/** A gateway answers within its budget of 2 s, whatever happens; one that has not by now never will. */
const ANSWER_WITHIN_MS = 20_000

/** Nothing was done, or nobody knows. Where the subscriber could not be looked up, not in the subscriber's language. */
const unavailable: readonly string[] = [systemMessages.unavailable, systemMessages.busy].flatMap((of) =>
  Object.values(of),
)

export interface Delivery {
  readonly dialect: Dialect
  readonly dialogue: DialogueHistory
  readonly turn: TurnHistory
  readonly wire: WireCall
}

export type Delivered =
  | { readonly kind: 'answer'; readonly text: string; readonly waits: boolean; readonly echo: Echo }
  /** Nobody was told what came of it, and it may not be sent any more. */
  | { readonly kind: 'given-up' }

export interface Tally {
  /** Callbacks sent, each copy counted. */
  callbacks: number
  copies: number
  /** Other than with "unavailable". */
  answered: number
  unavailable: number
  /** No answer came, because the gateway died. */
  unheard: number
  /** Gateways that lived, and did not answer. */
  silent: number
  /** Answers that are none in the dialect. */
  malformed: number
  /** Those by their status. */
  readonly malformedBy: Record<number, number>
  /** Of all answers, "unavailable" among them. */
  worstAnswerMs: number
}

export interface Aggregator {
  readonly tally: Readonly<Tally>
  /** Delivers a turn until it is answered. */
  deliver(delivery: Delivery, random: Random): Promise<Delivered>
  /** Delivers an old turn once more, and waits for nothing. */
  again(delivery: Delivery, random: Random): void
  /** Resolves when no copy is on its way. */
  settled(): Promise<void>
}

/** `note` writes an event into a dialogue's history. */
export function createAggregator(options: {
  readonly gateways: Pick<Gateways, 'pick'>
  readonly note: (dialogue: DialogueHistory, what: string) => void
  /** The gateways' own `REPEAT_WITHIN_MS`. */
  readonly repeatWithinMs: number
}): Aggregator {
  const { gateways, note, repeatWithinMs } = options
  const tally: Tally = {
    callbacks: 0,
    copies: 0,
    answered: 0,
    unavailable: 0,
    unheard: 0,
    silent: 0,
    malformed: 0,
    malformedBy: {},
    worstAnswerMs: 0,
  }
  const strays = new Set<Promise<unknown>>()

  /** Whether the turn may be sent still. */
  function isOpen({ dialogue, turn }: Delivery): boolean {
    const { retries, numbered } = dialogue
    const withinMs = RETRY_WITHIN_MS[numbered ? 'sequenced' : retries === 'late' ? 'late' : 'latest-only']
    return Date.now() - (turn.sendings[0]?.sentMs ?? Infinity) < withinMs
  }

  /** Sends it once; `undefined`: no answer, or "unavailable". */
  async function send(
    delivery: Delivery,
    url: string,
  ): Promise<Extract<Delivered, { kind: 'answer' }> | undefined> {
    const { dialect, dialogue, turn, wire } = delivery
    const mark = `turn ${dialogue.turns.indexOf(turn) + 1} (${turn.step.mark})`
    const sending: Sending = { sentMs: Date.now() }
    turn.sendings.push(sending)
    tally.callbacks += 1
    const sentMs = performance.now()
    try {
      const response = await fetch(addressOf(url, dialect, wire), {
        method: wire.method,
        headers: wire.headers,
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        ...(wire.method !== 'GET' && { body: wire.body }),
      })
      const body = await response.text()
      sending.endedMs = Date.now()
      tally.worstAnswerMs = Math.max(tally.worstAnswerMs, performance.now() - sentMs)
      const { status } = response
      const parsed = dialect.parseResponse({ status, type: response.headers.get('content-type') ?? '', body })
      if (parsed.kind === 'malformed') {
        tally.malformed += 1
        tally.malformedBy[status] = (tally.malformedBy[status] ?? 0) + 1
        note(dialogue, `${mark}: an answer that is none, with status ${status}`)
        return undefined
      }
      const { text, waits } = parsed.answer
      if (unavailable.includes(text)) {
        tally.unavailable += 1
        note(dialogue, `${mark}: "unavailable"`)
        return undefined
      }
      tally.answered += 1
      note(dialogue, `${mark}: ${JSON.stringify(text)}`)
      const late = turn.sendings[0] !== sending && isLate(turn, sending, repeatWithinMs)
      turn.replies.push({ bytes: `${status} ${body}`, text, ...(late && { late }) })
      return { kind: 'answer', text, waits, echo: parsed.echo }
    } catch {
      if (performance.now() - sentMs >= ANSWER_WITHIN_MS) tally.silent += 1
      else tally.unheard += 1
      note(dialogue, `${mark}: no answer`)
      return undefined
    }
  }

  function stray(job: Promise<unknown>): void {
    strays.add(job)
    void job.finally(() => strays.delete(job))
  }

  async function copyLater(
    delivery: Delivery,
    afterMs: number,
    random: Random,
    when: 'open' | 'always' = 'open',
  ): Promise<void> {
    if (afterMs > 0) await sleep(afterMs)
    const url = gateways.pick(random)
    if (url === undefined || (when === 'open' && !isOpen(delivery))) return
    tally.copies += 1
    note(delivery.dialogue, `a copy of turn ${delivery.dialogue.turns.indexOf(delivery.turn) + 1} is sent`)
    await send(delivery, url)
  }

  return {
    tally,

    async deliver(delivery, random) {
      const [isDoubled, isLate, lateMs] = [
        random.fraction() < MISHAPS.twin,
        random.fraction() < MISHAPS.late,
        random.fraction(),
      ]
      const isPatient = delivery.dialogue.retries === 'late' && random.fraction() < 0.5
      if (delivery.dialogue.retries === 'late') {
        const drawn = random.fraction()
        if (drawn < AGAIN.once) stray(copyLater(delivery, longAfterMs(random), random, 'always'))
        if (drawn < AGAIN.twice) stray(copyLater(delivery, longAfterMs(random), random, 'always'))
      }
      let before: string | undefined
      for (let attempt = 0; attempt <= 0 || isOpen(delivery); attempt++) {
        const url = gateways.pick(random, before)
        if (url === undefined) {
          attempt -= 1
          await sleep(20)
          continue
        }
        before = url
        const answering = send(delivery, url)
        if (isDoubled && attempt === 0) {
          const other = gateways.pick(random, url)
          tally.copies += 1
          note(delivery.dialogue, 'and again at the same time')
          if (other !== undefined) stray(send(delivery, other))
        }
        if (isLate && attempt === 0) stray(copyLater(delivery, lateMs * LATE_WITHIN_MS, random))
        const answer = await answering
        if (answer) return answer
        // All that wait would otherwise come back together, and be too much for what has just come up.
        // Hundreds wait where retries are late.
        const mostMs = delivery.dialogue.retries === 'late' ? 4000 : 1000
        const soonMs = Math.min(mostMs, 25 * 2 ** attempt) * (0.5 + random.fraction())
        await sleep(isPatient ? longAfterMs(random) : soonMs)
      }
      return { kind: 'given-up' }
    },

    again(delivery, random) {
      stray(copyLater(delivery, 0, random))
    },

    async settled() {
      while (strays.size > 0) await Promise.all(strays)
    },
  }
}

const longAfterMs = (random: Random): number =>
  AGAIN_AFTER_MS.least + random.fraction() * (AGAIN_AFTER_MS.most - AGAIN_AFTER_MS.least)

function addressOf(url: string, dialect: Dialect, { path, query }: WireCall): string {
  return `${url}/ussd/${dialect.name}${path}${query === '' ? '' : `?${query}`}`
}

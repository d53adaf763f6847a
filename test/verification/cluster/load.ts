import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Callback, Store } from '../../../src/gateway/ports.ts'
import { bucketOf, handleOf } from '../../../src/gateway/records/records.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { slotOf } from '../../../src/store/redis/keys.ts'
import { journalOfBucket } from '../../support/journal.ts'
import type { Gateways } from './gateways.ts'

/** The dialect name of the load; no real aggregator uses it. */
const LOAD_DIALECT = 'load'
const RETRY_MS = 25
/** Retries go on for this long after the end of the load, so that open dialogues can finish. */
const DRAIN_MS = 20_000

const unavailable = new Set<string>(Object.values(systemMessages.unavailable))
const expired = new Set<string>(Object.values(systemMessages.expired))

/** A turn answered with "unavailable": its part of the slots, and its begin and end (`performance.now()`). */
export interface Failure {
  readonly part: number
  readonly sentMs: number
  readonly atMs: number
}

interface LoadOptions {
  readonly writers: number
  readonly parts: number
  /** The part of the slots that a number belongs to. */
  readonly partOf: (msisdn: string) => number
}

/** The input after the code in each turn of a dialogue that closes access, and the screens. */
const CLOSING = [
  ['', /^Access to self-care is open/],
  ['1', /^Close access/],
  ['1*2', /^Access is closed/],
] as const

/**
 * Writers under load. Each is a subscriber who closes access with `*141*3*6#` again and again; the operator opens it in between.
 * Unanswered turns are retried through another gateway. One confirmation in five is duplicated in parallel through the other.
 */
export class Load {
  readonly #gateways: Gateways['gateways']
  readonly #subscribers
  readonly #partOf
  readonly #lastServedMs = new Map<number, number>()
  /** The parts of acknowledged closings, by dialogue. */
  readonly #acknowledged = new Map<string, number>()
  readonly #running
  #endMs = Infinity
  readonly msisdns: readonly string[]
  readonly failures: Failure[] = []
  /** Answers that the menu cannot give; none are expected. */
  readonly unexpected: string[] = []
  turns = 0
  /** The longest response time of any turn. */
  worstMs = 0
  /** Dialogues that were answered and then forgotten. */
  forgotten = 0

  constructor({ gateways, subscribers }: Gateways, { writers, parts, partOf }: LoadOptions) {
    this.#gateways = gateways
    this.#subscribers = subscribers
    this.#partOf = partOf
    this.msisdns = Array.from({ length: writers }, (_, at) => numberIn(at % parts, partOf))
    this.#running = this.msisdns.map((msisdn) => this.#write(msisdn))
  }

  /** The number of closings that a subscriber was shown. */
  get acknowledged(): number {
    return this.#acknowledged.size
  }

  /** Resolves when a part of the slots has served a turn that started after this call. */
  async serves(part: number): Promise<void> {
    const fromMs = performance.now()
    while ((this.#lastServedMs.get(part) ?? 0) < fromMs) await pause(RETRY_MS)
  }

  /** Resolves after `count` more acknowledged closings in a part of the slots. */
  async closes(part: number, count: number): Promise<void> {
    const closed = () => [...this.#acknowledged.values()].filter((one) => one === part).length
    const target = closed() + count
    while (closed() < target) await pause(RETRY_MS)
  }

  /** Stops the load when every open dialogue has ended. */
  async stop(): Promise<void> {
    this.#endMs = performance.now()
    await Promise.all(this.#running)
  }

  /** Counts acknowledged closings missing from the journals, and dialogues that closed access more than once. */
  async audit(store: Store): Promise<{ lost: number; doubles: number }> {
    const [closed, doubled] = [new Set<string>(), new Set<string>()]
    for (const bucket of new Set(this.msisdns.map(bucketOf))) {
      for (const { id, change } of await journalOfBucket(store, bucket)) {
        const [dialogue = ''] = id.split(':')
        if (change === 'access-closed') (closed.has(dialogue) ? doubled : closed).add(dialogue)
      }
    }
    const lost = [...this.#acknowledged.keys()].filter((dialogue) => !closed.has(dialogue))
    return { lost: lost.length, doubles: doubled.size }
  }

  #isDrained(): boolean {
    return performance.now() > this.#endMs + DRAIN_MS
  }

  async #write(msisdn: string): Promise<void> {
    while (performance.now() < this.#endMs) {
      await this.#openAccess(msisdn)
      await this.#closeAccess(msisdn)
    }
  }

  async #openAccess(msisdn: string): Promise<void> {
    while (!this.#isDrained()) {
      const opened = this.#subscribers.put(msisdn, { language: 'en', access: 'open' })
      if (await opened.then(() => true).catch(() => false)) return
      await pause(RETRY_MS)
    }
  }

  /** Runs one dialogue that closes access. */
  async #closeAccess(msisdn: string): Promise<void> {
    const sessionId = randomUUID()
    const through = randomInt(this.#gateways.length)
    for (const [text, screen] of CLOSING) {
      const callback: Callback = {
        dialect: LOAD_DIALECT,
        sessionId,
        msisdn,
        dialled: '*141*3*6#',
        reported: { kind: 'cumulative', code: '*141*3*6#', text, begins: 'empty' },
      }
      const isDuplicated = text === '1*2' && randomInt(5) === 0
      const [shown] = await Promise.all([
        this.#sendUntilAnswered(callback, through),
        isDuplicated && this.#send(callback, through + 1),
      ])
      const isStillClosed = text === '' && shown.startsWith('Access to self-care is closed')
      // Without its record, a session begins again with any text. The operator's change may be lost, too.
      const beginsAgain = text !== '' && shown.startsWith('Access to self-care is ')
      if (expired.has(shown) || isStillClosed || beginsAgain) {
        this.forgotten += 1
        return
      }
      if (!screen.test(shown)) {
        this.unexpected.push(`${text || 'begin'}: ${shown.split('\n')[0]}`)
        return
      }
    }
    this.#acknowledged.set(handleOf(LOAD_DIALECT, sessionId), this.#partOf(msisdn))
  }

  /** Sends a callback until it is answered, each time through the next gateway. */
  async #sendUntilAnswered(callback: Callback, through: number): Promise<string> {
    for (let tries = 0; !this.#isDrained(); tries++) {
      const text = await this.#send(callback, through + tries)
      if (text !== undefined) return text
      await pause(RETRY_MS)
    }
    throw new Error('A turn was not answered before the load ended.')
  }

  /** Sends a callback once; resolves with undefined for "unavailable". */
  async #send(callback: Callback, through: number): Promise<string | undefined> {
    const part = this.#partOf(callback.msisdn)
    const sentMs = performance.now()
    const answer = await this.#gateways[through % this.#gateways.length]?.turn(callback)
    const atMs = performance.now()
    this.turns += 1
    this.worstMs = Math.max(this.worstMs, atMs - sentMs)
    if (answer && !unavailable.has(answer.text)) {
      this.#lastServedMs.set(part, Math.max(this.#lastServedMs.get(part) ?? 0, sentMs))
      return answer.text
    }
    this.failures.push({ part, sentMs, atMs })
    return undefined
  }
}

/** The part of the slots that a number belongs to. */
export const partOfNumber = (partOf: (slot: number) => number) => (msisdn: string) =>
  partOf(slotOf(bucketOf(msisdn)))

/** Returns a random number whose bucket lies in a part of the slots. */
function numberIn(part: number, partOf: LoadOptions['partOf']): string {
  for (;;) {
    const msisdn = `+37529${randomInt(1_000_000, 10_000_000)}`
    if (partOf(msisdn) === part) return msisdn
  }
}

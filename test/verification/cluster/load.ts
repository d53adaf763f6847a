import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Callback } from '../../../src/gateway/ports.ts'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { slotOf } from '../../../src/store/redis/keys.ts'
import type { Gateways } from './gateways.ts'
import { LOAD_DIALECT, createLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'

const RETRY_MS = 25
/** Retries go on for this long after the end of the load, so that open dialogues can finish. */
const DRAIN_MS = 20_000

const unavailable = new Set<string>(Object.values(systemMessages.unavailable))
const expired = new Set<string>(Object.values(systemMessages.expired))

/** A turn answered with "unavailable": its part of the slots and its time (`performance.now()`). */
export interface Failure {
  readonly part: number
  readonly atMs: number
}

export interface Load {
  readonly ledger: Ledger
  readonly msisdns: readonly string[]
  readonly failures: readonly Failure[]
  turns(): number
  /** The longest response time of any turn. */
  worstMs(): number
  /** Dialogues that were answered and then forgotten. */
  forgotten(): number
  /** Answers that the menu cannot give; none are expected. */
  readonly odd: readonly string[]
  /** Resolves when a part of the slots has served a turn that started after this call. */
  serves(part: number): Promise<void>
  /** Stops the load after every open dialogue has finished. */
  stop(): Promise<void>
}

/**
 * Starts writers. Each is a subscriber who closes access with `*141*3*6#` again and again; the operator opens it in between.
 * Unanswered turns are retried through another gateway. One confirmation in five is sent twice in parallel, through two.
 */
export function startLoad(
  { gateways, subscribers }: Gateways,
  options: { readonly writers: number; readonly parts: number; readonly partOf: (slot: number) => number },
): Load {
  const { writers, parts, partOf } = options
  const ledger = createLedger()
  const failures: Failure[] = []
  const odd: string[] = []
  const lastServedMs = Array.from({ length: parts }, () => 0)
  let [turns, worstMs, forgotten, endMs] = [0, 0, 0, Infinity]

  const partOfNumber = (msisdn: string) => partOf(slotOf(bucketOf(msisdn)))
  const msisdns = Array.from({ length: writers }, (_, at) => numberIn(at % parts, partOfNumber))
  const isRunning = () => performance.now() < endMs
  const isDrained = () => performance.now() > endMs + DRAIN_MS

  async function once(callback: Callback, through: number): Promise<string | undefined> {
    const part = partOfNumber(callback.msisdn)
    const beganMs = performance.now()
    const answer = await gateways[through % gateways.length]?.turn(callback)
    const atMs = performance.now()
    turns += 1
    worstMs = Math.max(worstMs, atMs - beganMs)
    if (answer && !unavailable.has(answer.text)) {
      lastServedMs[part] = Math.max(lastServedMs[part] ?? 0, beganMs)
      return answer.text
    }
    failures.push({ part, atMs })
    return undefined
  }

  async function untilAnswered(callback: Callback, through: number): Promise<string> {
    for (let tries = 0; !isDrained(); tries++) {
      const text = await once(callback, through + tries)
      if (text !== undefined) return text
      await pause(RETRY_MS)
    }
    throw new Error('A turn was not answered before the load ended.')
  }

  async function open(msisdn: string): Promise<void> {
    while (!isDrained()) {
      const isOpen = await subscribers.put(msisdn, { language: 'en', access: 'open' }).then(
        () => true,
        () => false,
      )
      if (isOpen) return
      await pause(RETRY_MS)
    }
  }

  /** Runs one dialogue to the closing of access, and records its acknowledgement. */
  async function close(msisdn: string): Promise<void> {
    const sessionId = randomUUID()
    const callbackWith = (text: string): Callback => ({
      dialect: LOAD_DIALECT,
      sessionId,
      msisdn,
      dialled: '*141*3*6#',
      reported: { kind: 'cumulative', code: '*141*3*6#', text, begins: 'empty' },
    })
    const through = randomInt(gateways.length)
    for (const [text, shows] of [
      ['', /^Access to self-care is open/],
      ['1', /^Close access/],
      ['1*2', /^Access is closed/],
    ] as const) {
      const isDuplicated = text === '1*2' && randomInt(5) === 0
      const [shown] = await Promise.all([
        untilAnswered(callbackWith(text), through),
        isDuplicated && once(callbackWith(text), through + 1),
      ])
      if (expired.has(shown) || (text === '' && shown.startsWith('Access to self-care is closed'))) {
        forgotten += 1
        return
      }
      if (!shows.test(shown)) {
        odd.push(`${text || 'begin'}: ${shown.split('\n')[0]}`)
        return
      }
    }
    ledger.acknowledge(msisdn, sessionId)
  }

  const running = msisdns.map(async (msisdn) => {
    while (isRunning()) {
      await open(msisdn)
      await close(msisdn)
    }
  })

  return {
    ledger,
    msisdns,
    failures,
    odd,
    turns: () => turns,
    worstMs: () => worstMs,
    forgotten: () => forgotten,
    async serves(part) {
      const fromMs = performance.now()
      while ((lastServedMs[part] ?? 0) < fromMs) await pause(RETRY_MS)
    },
    async stop() {
      endMs = performance.now()
      await Promise.all(running)
    },
  }
}

/** Returns a random number whose bucket lies in a part of the slots. */
function numberIn(part: number, partOf: (msisdn: string) => number): string {
  for (;;) {
    const msisdn = `+37529${randomInt(1_000_000, 10_000_000)}`
    if (partOf(msisdn) === part) return msisdn
  }
}

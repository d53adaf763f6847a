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
  /** Stops the load when every open dialogue has ended. */
  stop(): Promise<void>
}

/**
 * Starts writers. Each is a subscriber who closes access with `*141*3*6#` again and again; the operator opens it in between.
 * Unanswered turns are retried through another gateway. One confirmation in five is duplicated in parallel through the other.
 */
export function startLoad(
  { gateways, subscribers }: Gateways,
  options: { readonly writers: number; readonly parts: number; readonly partOf: (slot: number) => number },
): Load {
  const { writers, parts, partOf } = options
  const partOfNumber = (msisdn: string) => partOf(slotOf(bucketOf(msisdn)))
  const msisdns = Array.from({ length: writers }, (_, at) => numberIn(at % parts, partOfNumber))
  const ledger = createLedger()
  const odd: string[] = []
  let [forgotten, endMs] = [0, Infinity]
  const isDrained = () => performance.now() > endMs + DRAIN_MS
  const client = createClient(gateways, partOfNumber, isDrained)

  const open = async (msisdn: string): Promise<void> => {
    while (!isDrained()) {
      const opened = subscribers.put(msisdn, { language: 'en', access: 'open' })
      if (await opened.then(() => true).catch(() => false)) return
      await pause(RETRY_MS)
    }
  }

  const write = async (msisdn: string): Promise<void> => {
    while (performance.now() < endMs) {
      await open(msisdn)
      const result = await closeAccess(client, msisdn)
      if (result.kind === 'closed') ledger.acknowledge(result.sessionId)
      else if (result.kind === 'forgotten') forgotten += 1
      else odd.push(result.message)
    }
  }
  const running = msisdns.map(write)

  return {
    ledger,
    msisdns,
    failures: client.failures,
    odd,
    turns: client.turns,
    worstMs: client.worstMs,
    forgotten: () => forgotten,
    serves: (part) => client.serves(part),
    async stop() {
      endMs = performance.now()
      await Promise.all(running)
    },
  }
}

/** Sends callbacks through the gateways and measures the answers. */
function createClient(
  gateways: Gateways['gateways'],
  partOfNumber: (msisdn: string) => number,
  isDrained: () => boolean,
) {
  const failures: Failure[] = []
  const lastServedMs = new Map<number, number>()
  let [turns, worstMs] = [0, 0]

  /** Sends a callback once; resolves with undefined for "unavailable". */
  async function send(callback: Callback, through: number): Promise<string | undefined> {
    const part = partOfNumber(callback.msisdn)
    const sentMs = performance.now()
    const answer = await gateways[through % gateways.length]?.turn(callback)
    const atMs = performance.now()
    turns += 1
    worstMs = Math.max(worstMs, atMs - sentMs)
    if (answer && !unavailable.has(answer.text)) {
      lastServedMs.set(part, Math.max(lastServedMs.get(part) ?? 0, sentMs))
      return answer.text
    }
    failures.push({ part, atMs })
    return undefined
  }

  return {
    count: gateways.length,
    failures,
    turns: () => turns,
    worstMs: () => worstMs,
    send,
    /** Sends a callback until it is answered, each time through the next gateway. */
    async sendUntilAnswered(callback: Callback, through: number): Promise<string> {
      for (let tries = 0; !isDrained(); tries++) {
        const text = await send(callback, through + tries)
        if (text !== undefined) return text
        await pause(RETRY_MS)
      }
      throw new Error('A turn was not answered before the load ended.')
    },
    async serves(part: number) {
      const fromMs = performance.now()
      while ((lastServedMs.get(part) ?? 0) < fromMs) await pause(RETRY_MS)
    },
  }
}

type CloseResult =
  | { readonly kind: 'closed'; readonly sessionId: string }
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'odd'; readonly message: string }

const CLOSING = [
  ['', /^Access to self-care is open/],
  ['1', /^Close access/],
  ['1*2', /^Access is closed/],
] as const

/** Runs one dialogue that closes access. */
async function closeAccess(client: ReturnType<typeof createClient>, msisdn: string): Promise<CloseResult> {
  const sessionId = randomUUID()
  const through = randomInt(client.count)
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
      client.sendUntilAnswered(callback, through),
      isDuplicated && client.send(callback, through + 1),
    ])
    if (expired.has(shown) || (text === '' && shown.startsWith('Access to self-care is closed')))
      return { kind: 'forgotten' }
    if (!screen.test(shown)) return { kind: 'odd', message: `${text || 'begin'}: ${shown.split('\n')[0]}` }
  }
  return { kind: 'closed', sessionId }
}

/** Returns a random number whose bucket lies in a part of the slots. */
function numberIn(part: number, partOf: (msisdn: string) => number): string {
  for (;;) {
    const msisdn = `+37529${randomInt(1_000_000, 10_000_000)}`
    if (partOf(msisdn) === part) return msisdn
  }
}

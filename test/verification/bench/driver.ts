/** Plays dialogues against a server in a closed loop and checks every answer. */
import { randomBytes } from 'node:crypto'
import { createHttpClient } from './http-client.ts'
import type { HttpClient } from './http-client.ts'
import type { Script } from './menus.ts'
import { subscriberNumbers } from './menus.ts'

export const CONNECTIONS = 64

export interface Burst {
  readonly turns: number
  readonly seconds: number
  /** The latency of every turn that was answered, in milliseconds. */
  readonly latenciesMs: readonly number[]
  /** Turns without the expected answer. A dialogue ends with its first error. */
  readonly errors: number
  readonly firstError: string | undefined
}

/** One caller: its own number and session. */
export interface Caller {
  readonly msisdn: string
  readonly sessionId: string
}

const registered = subscriberNumbers()
const runId = randomBytes(10).toString('hex')
let callers = 0

/** Returns the next registered subscriber, and a session id that no other dialogue of this run has. */
export function newCaller(): Caller {
  const serial = String(callers++)
  return {
    msisdn: registered[callers % registered.length] ?? '',
    sessionId: `ATUid_${runId}${serial.padStart(12, '0')}`,
  }
}

/** Formats the callback of a turn, as Africa's Talking sends it. All servers get the token; only the gateway checks it. */
export function requestOf(token: string, caller: Caller, code: string, replies: readonly string[]): string {
  const body =
    `phoneNumber=%2B${caller.msisdn.slice(1)}&serviceCode=${encodeURIComponent(code).replaceAll('*', '%2A')}` +
    `&text=${replies.join('%2A')}&sessionId=${caller.sessionId}&networkCode=25701`
  return (
    `POST /ussd/africastalking HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n` +
    `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  )
}

export interface DriverOptions {
  readonly port: number
  readonly token: string
  /** The script of the next dialogue. */
  readonly script: () => Script
  /** Opens the connections and plays these dialogues on each before `onStart`. */
  readonly warmUp: number
  /** Dialogues to play after the warm-up, over all connections. */
  readonly dialogues: number
  /** Called between the warm-up and the measured dialogues. */
  readonly onStart?: () => Promise<void>
  readonly connections?: number
}

/** Plays dialogues over all connections and resolves with what was measured. */
export async function drive(options: DriverOptions): Promise<Burst> {
  const { port, token, script, connections = CONNECTIONS } = options
  const clients = Array.from({ length: connections }, () => createHttpClient(port))
  const opening = createTally()
  try {
    await playAll(clients, { token, script, tally: opening, dialogues: options.warmUp * connections })
    const { errors, firstError } = opening
    await options.onStart?.()
    const tally = createTally()
    const startMs = performance.now()
    await playAll(clients, { token, script, tally, dialogues: options.dialogues })
    return {
      turns: tally.turns,
      seconds: (performance.now() - startMs) / 1000,
      latenciesMs: tally.latenciesMs,
      errors: errors + tally.errors,
      firstError: firstError ?? tally.firstError,
    }
  } finally {
    for (const client of clients) client.close()
  }
}

/** Running totals of turns. */
export interface Tally {
  turns: number
  errors: number
  firstError: string | undefined
  readonly latenciesMs: number[]
}

export const createTally = (): Tally => ({ turns: 0, errors: 0, firstError: undefined, latenciesMs: [] })

async function playAll(
  clients: readonly HttpClient[],
  work: {
    readonly token: string
    readonly script: () => Script
    readonly tally: Tally
    readonly dialogues: number
  },
): Promise<void> {
  let left = work.dialogues
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) await play(client, work.script(), work)
    }),
  )
}

/**
 * Plays one dialogue to its end or its first error, and adds its turns to the tally. A turn that `isShed` recognises is no
 * error, and ends the dialogue. Returns true for a complete dialogue.
 */
export async function play(
  client: HttpClient,
  script: Script,
  {
    token,
    tally,
    isShed = () => false,
  }: { readonly token: string; readonly tally: Tally; readonly isShed?: (answer: string) => boolean },
): Promise<boolean> {
  const caller = newCaller()
  for (const [turn, expected] of script.answers.entries()) {
    const startMs = performance.now()
    tally.turns++
    try {
      const body = (
        await client.exchange(requestOf(token, caller, script.code, script.replies.slice(0, turn)))
      ).toString()
      if (isShed(body)) return false
      if (body !== expected) throw new Error(`Expected '${expected}', got '${body}'.`)
      tally.latenciesMs.push(performance.now() - startMs)
    } catch (error) {
      tally.errors++
      tally.firstError ??= String(error)
      return false
    }
  }
  return true
}

/** Plain turns at a fixed rate, with and without subscribers who set passwords. */
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { createTally, newCaller, play, requestOf } from './driver.ts'
import type { Caller } from './driver.ts'
import type { Environment } from './environment.ts'
import { createHttpClient } from './http-client.ts'
import type { HttpClient } from './http-client.ts'
import { scriptOf, shallowCode } from './menus.ts'
import { passwordScript } from './records.ts'
import { quantileOf, shuffle } from './rounds.ts'

/** One phase: the latency of plain turns, and the passwords saved meanwhile. */
export interface Phase {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly savedPerSecond: number
  readonly errors: number
}

export interface PasswordRound {
  readonly without: Phase
  readonly with: Phase
}

/** The gateway rejects a password when its hash would wait too long: a slow machine hashes fewer than 40 a second. */
const isShed = (answer: string): boolean => answer === `END ${systemMessages.busy.ru}`

export const SETS_PER_SECOND = 40
export const TURNS_PER_SECOND = 300
const PHASE_MS = 3000

/** Measures both phases in every round, in random order. */
export async function measurePasswords(
  environment: Environment,
  options: { readonly rounds: number; readonly random: () => number },
): Promise<readonly PasswordRound[]> {
  const { random } = options
  const run = (setsPerSecond: number) => runPhase(environment, { setsPerSecond, random })
  await run(SETS_PER_SECOND)
  const rounds: PasswordRound[] = []
  for (let round = 0; round < options.rounds; round++) {
    const phases = new Map<string, Phase>()
    for (const kind of shuffle(['without', 'with'] as const, random)) {
      phases.set(kind, await run(kind === 'with' ? SETS_PER_SECOND : 0))
    }
    rounds.push({ without: phases.get('without') as Phase, with: phases.get('with') as Phase })
  }
  return rounds
}

async function runPhase(
  { token, server }: Environment,
  { setsPerSecond, random }: { readonly setsPerSecond: number; readonly random: () => number },
): Promise<Phase> {
  const clients = createClients(server('passwords').port)
  const plain = createTurns(token)
  const sets = createTally()
  let saved = 0
  const setPassword = async (client: HttpClient) => {
    if (await play(client, passwordScript, { token, tally: sets, isShed })) saved++
  }
  try {
    await Promise.all([
      arrivals(TURNS_PER_SECOND, random, () => clients.use(plain.send)),
      arrivals(setsPerSecond, random, () => clients.use(setPassword)),
    ])
  } finally {
    clients.close()
  }
  return {
    p50Ms: quantileOf(plain.latenciesMs, 0.5),
    p99Ms: quantileOf(plain.latenciesMs, 0.99),
    savedPerSecond: (saved / PHASE_MS) * 1000,
    errors: plain.errors() + sets.errors,
  }
}

/** Starts an action at the times of a Poisson process, without waiting for the ones before. Resolves when all have ended. */
async function arrivals(perSecond: number, random: () => number, action: () => Promise<void>): Promise<void> {
  if (perSecond === 0) return
  const startMs = performance.now()
  const running: Promise<void>[] = []
  for (let atMs = 0; atMs < PHASE_MS; atMs += (-Math.log(1 - random()) / perSecond) * 1000) {
    const waitMs = startMs + atMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    running.push(action())
  }
  await Promise.all(running)
}

/** As many connections as requests are in flight. */
function createClients(port: number) {
  const all: HttpClient[] = []
  const idle: HttpClient[] = []
  return {
    async use(action: (client: HttpClient) => Promise<void>) {
      const client = idle.pop() ?? createHttpClient(port)
      if (!all.includes(client)) all.push(client)
      await action(client)
      idle.push(client)
    },
    close() {
      for (const client of all) client.close()
    },
  }
}

/** Sends one turn at a time: the next of a dialogue that waits, or the first of a new one. */
function createTurns(token: string) {
  const script = scriptOf(shallowCode(0), 2)
  const waiting: { readonly caller: Caller; readonly turn: number }[] = []
  const latenciesMs: number[] = []
  let errors = 0
  return {
    latenciesMs,
    errors: () => errors,
    async send(this: void, client: HttpClient) {
      const { caller, turn } = waiting.shift() ?? { caller: newCaller(), turn: 0 }
      const startMs = performance.now()
      try {
        const request = requestOf(token, caller, script.code, script.replies.slice(0, turn))
        const answer = (await client.exchange(request)).toString()
        if (answer !== script.answers[turn]) throw new Error(answer)
        latenciesMs.push(performance.now() - startMs)
        if (turn + 1 < script.answers.length) waiting.push({ caller, turn: turn + 1 })
      } catch {
        errors++
      }
    },
  }
}

import { Agent } from 'node:http'
import { demoSubscribers } from '../../../menus/demo.ts'
import type { Dialect, NetworkTurn } from '../../../src/dialects/dialect.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { post, turnOf } from '../../support/attack.ts'
import { codes, replies } from './corpus.ts'
import { BODY_LIMIT_BYTES, problemOf } from './judge.ts'
import { rawRequest } from './mutate.ts'
import type { Mutate, RawRequest } from './mutate.ts'

/** Counts of requests and responses. */
export interface Tally {
  sent: number
  /** Late duplicates among them. */
  late: number
  readonly statuses: Map<number, number>
  /** Connections closed on an oversized body. */
  cut: number
  /** Problems by kind, each with one callback that shows it. */
  readonly problems: Map<string, { times: number; readonly example: string }>
}

export const createTally = (): Tally => ({
  sent: 0,
  late: 0,
  statuses: new Map(),
  cut: 0,
  problems: new Map(),
})

/** Session ids are reused, so that old sessions meet new callbacks and the store stays bounded. */
const SESSION_IDS = 1500

/** Longer than the default `REPEAT_WITHIN_MS`: a later duplicate of an unnumbered turn is a new reply. */
const LATE_AFTER_MS = 3200
const MAX_HISTORY = 200

const msisdns = [...Object.keys(demoSubscribers), '+375291110001', '+375441110002', '+375331110003']

/** Sends dialogues over one connection until the tally reaches `until` callbacks: valid, mutated and duplicated ones. */
export async function sendCallbacks(options: {
  readonly url: string
  readonly token: string
  readonly dialects: readonly Dialect[]
  readonly mutate: Mutate
  readonly seed: number
  readonly until: number
  readonly tally: Tally
}): Promise<void> {
  const { dialects, until, tally, mutate } = options
  const random = createRandom(options.seed)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { authorization: `Bearer ${options.token}` }

  const deliver = async (dialect: Dialect, sent: RawRequest) => {
    tally.sent += 1
    const response = await post(options.url, dialect, sent, headers, agent).catch(() => undefined)
    if (!response) {
      // The gateway may close the connection while an oversized body is still being sent.
      if (sent.body.length > BODY_LIMIT_BYTES) tally.cut += 1
      else addProblem(tally, `${dialect.name}: the connection was closed without an answer`, sent)
      return undefined
    }
    tally.statuses.set(response.status, (tally.statuses.get(response.status) ?? 0) + 1)
    const problem = problemOf(dialect, sent, response)
    if (problem !== undefined) addProblem(tally, `${dialect.name}: ${problem}`, sent)
    return response
  }

  const history: { readonly dialect: Dialect; readonly sent: RawRequest; readonly atMs: number }[] = []
  const deliverLateDuplicate = async () => {
    const [oldest] = history
    if (!oldest || performance.now() - oldest.atMs < LATE_AFTER_MS) return
    history.shift()
    tally.late += 1
    await deliver(oldest.dialect, oldest.sent)
  }

  while (tally.sent < until) {
    const dialect = random.pick(dialects)
    let turn = firstTurn(dialect, random)
    for (let turns = 0; turns < 12 && tally.sent < until; turns++) {
      const wire = dialect.formatRequest(turn)
      if (random.oneIn(2)) await deliver(dialect, mutate(wire, random))
      const response = await deliver(dialect, rawRequest(wire))
      if (random.oneIn(8)) await deliver(dialect, rawRequest(wire))
      if (random.oneIn(4)) await deliverLateDuplicate()
      history.push({ dialect, sent: rawRequest(wire), atMs: performance.now() })
      if (history.length > MAX_HISTORY) history.shift()
      const parsed = response && dialect.parseResponse(response)
      if (parsed?.kind !== 'answer' || (!parsed.answer.waits && !random.oneIn(5))) break
      const end = random.oneIn(15) && dialect.formatEnd(turn, 'cancelled', Date.now())
      if (end) await deliver(dialect, random.oneIn(2) ? mutate(end, random) : rawRequest(end))
      turn = {
        ...turn,
        answers: [...turn.answers, { answer: parsed.answer, echo: parsed.echo }],
        replies: [...turn.replies, random.pick(replies)],
      }
    }
  }
  agent.destroy()
}

/** A session id that every dialect accepts; restcomm needs two numbers. */
export const sessionIdOf = (dialect: Dialect, number: number): string =>
  dialect.name === 'restcomm' ? `${number}:${number}` : String(7_000_000 + number)

function firstTurn(dialect: Dialect, random: Random): NetworkTurn {
  const number = random.below(SESSION_IDS)
  return turnOf(dialect, {
    sessionId: sessionIdOf(dialect, number),
    msisdn: msisdns[number % msisdns.length] as string,
    dialled: random.pick(codes),
    beganAtMs: Date.now(),
  })
}

function addProblem(tally: Tally, problem: string, sent: RawRequest): void {
  const before = tally.problems.get(problem)
  if (before) before.times += 1
  else {
    const shown = { ...sent, body: sent.body.toString('latin1').slice(0, 1500) }
    tally.problems.set(problem, { times: 1, example: JSON.stringify(shown) })
  }
}

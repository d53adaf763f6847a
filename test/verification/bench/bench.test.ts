import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { createRandom } from '../../../src/simulator/random.ts'
import { drive } from './driver.ts'
import { goalsOf, isMet } from './goals.ts'
import { scriptOf, shallowCode } from './menus.ts'
import { goalTable } from './report.ts'
import { quantileOf, ratiosOf, runRounds, spreadOf } from './rounds.ts'
import type { Round, Sample } from './rounds.ts'

const sample = (cpuUs: number, errors = 0): Sample => ({
  cpuUs,
  turnsPerSecond: 1,
  p50Ms: 1,
  p99Ms: 1,
  gcMsPer1000: 1,
  redisCpuUs: 1,
  commands: 2,
  sent: 2,
  turns: 1,
  errors,
})
const roundOf = (figures: Readonly<Record<string, number>>): Round =>
  new Map(Object.entries(figures).map(([name, cpuUs]) => [name, sample(cpuUs)]))

describe('rounds', () => {
  it('measure every variant once in each round, in a random order', async () => {
    const visited: string[] = []
    const rounds = await runRounds(['a', 'b', 'c'], {
      rounds: 8,
      random: createRandom(1),
      measure: (name) => {
        visited.push(name)
        return Promise.resolve(sample(1))
      },
    })
    expect(rounds.map((round) => [...round.keys()].toSorted())).toEqual(Array(8).fill(['a', 'b', 'c']))
    const orders = Array.from({ length: 8 }, (_, round) => visited.slice(round * 3, round * 3 + 3).join(''))
    expect(new Set(orders).size).toBeGreaterThan(1)
  })

  it('compare figures of the same round only', () => {
    // The machine is ten times slower in the second round. The third has no base.
    const rounds = [
      roundOf({ ours: 20, floor2: 10 }),
      roundOf({ ours: 300, floor2: 100 }),
      roundOf({ ours: 1 }),
    ]
    expect(ratiosOf(rounds, 'ours', 'floor2')).toEqual([2, 3])
  })

  it('interpolate quantiles', () => {
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, q1: 1.75, q3: 3.25, count: 4 })
    expect(quantileOf([7], 0.99)).toBe(7)
    expect(quantileOf([], 0.5)).toBeNaN()
  })
})

describe('goals', () => {
  const named = (rounds: readonly Round[], name: string) => {
    const goal = goalsOf({ rounds }).find((one) => one.name === name)
    if (!goal) throw new Error(`There is no goal '${name}'.`)
    return goal
  }

  it('are judged by the median of the pairs', () => {
    const rounds = [
      roundOf({ ours: 23, floor2: 10 }),
      roundOf({ ours: 22, floor2: 10 }),
      roundOf({ ours: 90, floor2: 10 }),
    ]
    expect(isMet(named(rounds, 'ours ÷ FLOOR2'))).toBe(true)
    expect(isMet(named(rounds.slice(1), 'ours ÷ FLOOR2'))).toBe(false)
  })

  it('have lower limits, too', () => {
    const rounds = [roundOf({ ours: 10, 'menu-builder': 19 })]
    expect(isMet(named(rounds, 'ussd-menu-builder as documented ÷ ours'))).toBe(false)
  })

  it('that were not measured are neither met nor missed', () => {
    const goal = named([], '500 menus ÷ 2')
    expect(isMet(goal)).toBeUndefined()
    expect(goalTable([goal], undefined)[1]).toMatch(/^500 menus ÷ 2 +not measured +≤ 1\.03$/)
  })

  it('count an error of any variant', () => {
    expect(isMet(named([new Map([['floor2', sample(1, 1)]])], 'errors'))).toBe(false)
  })
})

describe('the driver', () => {
  const script = scriptOf(shallowCode(0), 2)

  async function driveAgainst(answer: (turn: number) => string, maxRequestsPerSocket: number) {
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const text = new URLSearchParams(body).get('text') ?? ''
        response.end(answer(text === '' ? 0 : text.split('*').length))
      })
    })
    server.maxRequestsPerSocket = maxRequestsPerSocket
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const { port } = server.address() as AddressInfo
      return await drive({
        port,
        token: 'token',
        script: () => script,
        warmUp: 1,
        dialogues: 20,
        connections: 2,
      })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  it('outlives the limit of requests per connection', async () => {
    const burst = await driveAgainst((turn) => script.answers[turn] ?? '', 3)
    expect(burst).toMatchObject({ turns: 80, errors: 0, firstError: undefined })
    expect(burst.latenciesMs).toHaveLength(80)
  })

  it('counts a wrong answer as an error and ends the dialogue', async () => {
    const burst = await driveAgainst((turn) => (turn === 1 ? 'END' : (script.answers[turn] ?? '')), 1000)
    expect(burst).toMatchObject({ turns: 40, errors: 22 })
    expect(burst.firstError).toContain("got 'END'")
  })
})

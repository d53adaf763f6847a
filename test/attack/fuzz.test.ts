import { describe, expect, it } from '@jest/globals'
import { dialects } from '../../src/dialects/index.ts'
import { canariesIn } from '../verification/fuzz/leaks.ts'
import { createRandom } from '../../src/simulator/random.ts'
import { canaries } from '../verification/fuzz/corpus.ts'
import { createMutations } from '../verification/fuzz/mutate.ts'
import { isOverloadFault, problemOf } from '../verification/fuzz/judge.ts'
import { fuzz } from '../verification/fuzz/run.ts'
import { turnOf } from '../support/attack.ts'

const CALLBACKS = 500

describe('fuzzed callbacks', () => {
  it(`cause no fault, malformed answer, leak or stray key: ${CALLBACKS} in every dialect`, async () => {
    const seed = Math.floor(Math.random() * 999_999)
    const { tally, crashed, keyspace, leaks, faults } = await fuzz({
      callbacks: CALLBACKS,
      connections: 8,
      seed,
      onProgress: () => {},
    })
    expect({
      seed,
      crashed,
      problems: Object.fromEntries(tally.problems),
      broken: [...tally.statuses.keys()].filter((status) => status >= 500),
      faults: [...faults.keys()].filter((code) => !isOverloadFault(code)),
      findings: keyspace.findings,
      foreign: keyspace.foreign,
      leaks,
    }).toEqual({
      seed,
      crashed: false,
      problems: {},
      broken: [],
      faults: [],
      findings: [],
      foreign: 0,
      leaks: [],
    })
    expect(tally.sent).toBeGreaterThanOrEqual(CALLBACKS)
    expect(tally.statuses.get(200)).toBeGreaterThan(CALLBACKS / 4)
    expect(tally.statuses.get(400)).toBeGreaterThan(CALLBACKS / 40)
  }, 240_000)

  it('are reproducible from the seed', () => {
    for (const dialect of Object.values(dialects)) {
      const wire = dialect.formatRequest({
        ...turnOf(dialect, { msisdn: '+375291234567', dialled: '*141#' }),
        sessionId: '7:7',
      })
      const drawn = [1, 2].map(() => {
        const [mutate, random] = [createMutations(5), createRandom(5)]
        return Array.from({ length: 20 }, () => mutate(wire, random))
      })
      expect(drawn[0]).toEqual(drawn[1])
    }
  })

  it('are judged by checks that detect each problem', () => {
    const dialect = dialects['nalo']
    if (!dialect) throw new Error('The dialect nalo is missing.')
    const wire = dialect.formatRequest(turnOf(dialect, { msisdn: '+375291234567', dialled: '*141*0#' }))
    const sent = { ...wire, body: Buffer.from(wire.body) }
    const right = dialect.formatAnswer({ text: 'a', waits: true }, {})
    const error = dialect.formatError(400, 'Bad request: MSISDN is required')
    expect(problemOf(dialect, sent, { ...right, status: 503 })).toBe('status 503')
    expect(problemOf(dialect, sent, { ...right, body: 'CON a' })).toContain('wrong format')
    expect(problemOf(dialect, sent, dialect.formatAnswer({ text: canaries[0], waits: true }, {}))).toContain(
      'secret',
    )
    expect(problemOf(dialect, { ...sent, body: Buffer.from('{}') }, right)).toBe(
      'a malformed callback was accepted',
    )
    expect(problemOf(dialect, sent, { ...error, body: 'Bad request: no form' })).toContain('wrong format')
    expect(problemOf(dialect, sent, { ...error, body: `${error.body} ` })).toBeUndefined()
    expect(canariesIn(`1${canaries[0]}`)).toEqual([])
    expect(canariesIn(`x ${canaries[0]}.`)).toEqual([canaries[0]])
  })
})

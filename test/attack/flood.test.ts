/** More secrets at once than the cores can hash: the excess is rejected without counting an attempt, and other turns continue. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pooledArgon2 } from '../../src/services/hashing/hashing.ts'
import { Secret } from '../../src/engine/secret.ts'
import { bucketOf } from '../../src/gateway/records/records.ts'
import { loginName } from '../../src/services/login-throttle.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

/** Exceeds the hashing lane: 64 jobs wait, and one runs per core. */
const FLOOD = 200
const adminToken = 'admin-token'

const numberOf = (n: number) => `+37529111${String(1000 + n)}`
const busy = /^END .*(unavailable|try again|недоступ)/i

describe('a flood of PUK1 guesses', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway(
      { ADMIN_TOKEN: adminToken, TURN_BUDGET_MS: '10000' },
      { core: { argon2: pooledArgon2 } },
    )
    // A guess at an unset PUK1 takes as long and counts as an attempt, too.
    await Promise.all(
      Array.from({ length: FLOOD }, (_, n) =>
        gateway.subscribers.put(numberOf(n), { language: 'en', access: 'closed-by-subscriber' }),
      ),
    )
  }, 60_000)
  afterAll(() => gateway.close('immediate'))

  it('gets an attempt count or a busy message per guess, while other turns are served', async () => {
    const serviceCode = '*141*3*6*1#'
    await Promise.all(
      Array.from({ length: FLOOD }, (_, n) =>
        gateway.call({ sessionId: `flood-${n}`, phoneNumber: numberOf(n), serviceCode }),
      ),
    )
    const flood = Array.from({ length: FLOOD }, (_, n) =>
      gateway.call({
        sessionId: `flood-${n}`,
        phoneNumber: numberOf(n),
        serviceCode,
        text: `${20_000_000 + n}`,
      }),
    )
    let isOver = false
    const over = Promise.all(flood).then((answers) => {
      isOver = true
      return answers
    })
    const others: string[] = []
    for (let n = 0; !isOver; n++) {
      const { body } = await gateway.call({ sessionId: `other-${n}`, serviceCode: '*141*3*6#' })
      others.push(body)
    }
    const answers = await over

    expect(others.length).toBeGreaterThan(0)
    expect(others.filter((body) => !body.startsWith('CON '))).toEqual([])
    const attemptsLeft = answers.map(({ status, body }) => {
      expect(status).toBe(200)
      if (/Attempts left: 9/.test(body)) return 9
      expect(body).toMatch(busy)
      return 10
    })
    expect(attemptsLeft.filter((left) => left === 10).length).toBeGreaterThan(0)
    expect(attemptsLeft.filter((left) => left === 9).length).toBeGreaterThan(0)
    const counted = await Promise.all(
      attemptsLeft.map(
        async (_left, n) => (await gateway.subscribers.get(numberOf(n)))?.['puk1AttemptsLeft'],
      ),
    )
    expect(counted).toEqual(attemptsLeft)
  }, 60_000)

  it('gets 503 with Retry-After for HTTP logins, while dialogues can verify PUK1', async () => {
    const logIns = Array.from({ length: FLOOD }, (_, n) =>
      fetch(`${gateway.url}/self-care/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ msisdn: numberOf(n), password: '80291' }),
      }),
    )
    const msisdn = numberOf(0)
    const call = (text: string) =>
      gateway.call({ sessionId: 'between', phoneNumber: msisdn, serviceCode: '*141*3*6*1#', text })
    await call('')
    const { body } = await call('20000000')
    expect(body).toMatch(/Attempts left: \d/)
    const statuses = (await Promise.all(logIns)).map((response) => [
      response.status,
      response.headers.get('retry-after'),
    ])
    const rejected = statuses.filter(([status]) => status === 503)
    expect(rejected.length).toBeGreaterThan(0)
    expect(rejected.filter(([, wait]) => wait === null)).toEqual([])
    expect(statuses.filter(([status]) => status !== 503 && status !== 401)).toEqual([])
    // A rejected login does not count as an attempt.
    for (const [n, [status]] of statuses.entries()) {
      if (status !== 503) continue
      const { records } = await gateway.store.load(bucketOf(numberOf(n)), [loginName(numberOf(n))])
      expect(records[0]).toBeUndefined()
    }
  }, 60_000)

  it('does not stop the operator from registering several subscribers at once', async () => {
    const registered = await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        gateway.subscribers.put(numberOf(500 + n), { puk1: new Secret('12345678') }),
      ),
    )
    expect(registered.every(({ created }) => created)).toBe(true)
  })
})

/** Concurrent guesses over several processes, some of them killed: the limits hold for all of them together. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { startGatewayProcess } from '../support/gateway-process.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { bucketOf } from '../../src/gateway/records/records.ts'
import { parseSubscriber } from '../support/record.ts'
import { post, turnOf } from '../support/attack.ts'

const adminToken = 'admin-token'
/** Concurrent guesses at each of two gateways. */
const GUESSES = 16

let server: RedisServer
let redis: Redis
const gateways: GatewayProcess[] = []

const start = () =>
  startGatewayProcess({ REDIS_URL: server.url, ADMIN_TOKEN: adminToken, TURN_BUDGET_MS: '10000' })

beforeAll(async () => {
  server = await startRedisServer()
  redis = new Redis(server.url)
  gateways.push(...(await Promise.all([start(), start()])))
}, 60_000)
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.kill()))
  redis.disconnect()
  await server.stop()
})

/** Kills the first gateway and starts another in its place. */
async function replaceFirst(): Promise<void> {
  await gateways[0]?.kill()
  gateways[0] = await start()
}

const at = (n: number) => gateways[n % gateways.length]?.url ?? ''

async function register(msisdn: string, fields: object): Promise<void> {
  const response = await fetch(`${at(0)}/subscribers/${msisdn}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ language: 'en', ...fields }),
  })
  expect(response.status).toBe(201)
}

const json = (path: string, body: object, n = 0) =>
  fetch(at(n) + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** Enters a PUK1 in a new dialogue. Returns the last screen, or undefined when the process was killed. */
async function guess(msisdn: string, puk1: string, n: number): Promise<string | undefined> {
  const turn = turnOf(africastalking, { msisdn, dialled: '*141*3*6*1#' })
  try {
    const begun = await post(at(n), africastalking, africastalking.formatRequest(turn))
    if (begun.body.startsWith('END')) return begun.body
    const answer = await post(
      at(n),
      africastalking,
      africastalking.formatRequest({ ...turn, replies: [puk1] }),
    )
    return answer.body
  } catch {
    return undefined
  }
}

async function changesOf(msisdn: string): Promise<readonly string[]> {
  const entries = await redis.xrange(`ussd:{b${bucketOf(msisdn)}}:journal`, '-', '+')
  return entries
    .map(([, fields]) => JSON.parse(fields[1] ?? '{}') as { msisdn: string; change: string })
    .filter((entry) => entry.msisdn === msisdn)
    .map(({ change }) => change)
}

const locked = /^END PUK1 is locked/
const wrongPuk1 = (n: number) => String(20_000_000 + n)
const countVerified = (changes: readonly string[]) =>
  changes.filter((change) => change.startsWith('puk1-')).length

/** Counts the reserved attempts without an outcome: their process was killed or timed out. */
async function pendingOf(msisdn: string): Promise<number> {
  const record = await redis.get(`ussd:{b${bucketOf(msisdn)}}:subscriber:${msisdn.slice(1)}`)
  return parseSubscriber(record?.slice(17) ?? '').puk1Pending.length
}

async function attemptsLeft(msisdn: string): Promise<number> {
  const response = await fetch(`${at(0)}/subscribers/${msisdn}`, {
    headers: { authorization: `Bearer ${adminToken}` },
  })
  return ((await response.json()) as { puk1AttemptsLeft: number }).puk1AttemptsLeft
}

describe('guessing PUK1', () => {
  it(`verifies ten of ${2 * GUESSES} concurrent guesses at two gateways, then rejects the right PUK1`, async () => {
    const msisdn = '+375291110001'
    await register(msisdn, { puk1: '13579246', access: 'closed-by-subscriber' })
    const screens: (string | undefined)[] = []
    for (let round = 0; (await attemptsLeft(msisdn)) > 0 && round < 20; round++) {
      screens.push(
        ...(await Promise.all(
          Array.from({ length: 2 * GUESSES }, (_, n) => guess(msisdn, wrongPuk1(100 * round + n), n)),
        )),
      )
    }
    const counted = screens.flatMap((text) => /Attempts left: \d+/.exec(text ?? '')?.[0] ?? [])
    // Each count appears in one dialogue only: nine wrong guesses, then PUK1 is locked.
    expect(counted.length).toBeLessThanOrEqual(9)
    expect(new Set(counted).size).toBe(counted.length)
    const changes = await changesOf(msisdn)
    expect(countVerified(changes) + (await pendingOf(msisdn))).toBe(10)
    expect(changes.filter((change) => change === 'puk1-refused').length).toBeLessThanOrEqual(9)
    expect(screens.filter((text) => /is open/.test(text ?? ''))).toEqual([])
    expect(await guess(msisdn, '13579246', 0)).toMatch(locked)
    expect(await attemptsLeft(msisdn)).toBe(0)
  }, 60_000)

  it('verifies ten guesses over dialogues and HTTP together', async () => {
    const msisdn = '+375291110002'
    await register(msisdn, { puk1: '13579246', registrationByPuk1: true, access: 'open' })
    const byHttp = (puk1: string, n: number) =>
      json('/self-care/password', { msisdn, puk1, password: '80291' }, n).then(({ status }) => status)
    const statuses: number[] = []
    for (let round = 0; (await attemptsLeft(msisdn)) > 0 && round < 20; round++) {
      const sent = Array.from({ length: GUESSES }, (_, n) => byHttp(wrongPuk1(100 * round + n), n))
      statuses.push(...(await Promise.all(sent)))
    }
    expect(statuses.filter((status) => ![403, 409, 503].includes(status))).toEqual([])
    expect(countVerified(await changesOf(msisdn)) + (await pendingOf(msisdn))).toBe(10)
    expect(await byHttp('13579246', 1)).toBe(403)
  }, 60_000)

  it('verifies at most ten guesses and loses none while gateways are killed', async () => {
    const msisdn = '+375291110003'
    await register(msisdn, { puk1: '13579246', access: 'closed-by-subscriber' })
    const wrongScreens: string[] = []
    for (let round = 0; round < 2; round++) {
      const guesses = Array.from({ length: GUESSES }, (_, n) => guess(msisdn, wrongPuk1(100 * round + n), n))
      // Kills the gateway as soon as one guess was answered.
      await Promise.race(guesses)
      const replaced = replaceFirst()
      for (const screen of await Promise.all(guesses))
        if (screen && /Wrong PUK1/.test(screen)) wrongScreens.push(screen)
      const counted = countVerified(await changesOf(msisdn))
      expect(counted).toBeLessThanOrEqual(10)
      // An outcome is counted before it is revealed.
      expect(counted).toBeGreaterThanOrEqual(new Set(wrongScreens).size)
      await replaced
      // A turn in flight may have finished since.
      const settled = countVerified(await changesOf(msisdn))
      expect(await attemptsLeft(msisdn)).toBe(10 - settled - (await pendingOf(msisdn)))
    }
    for (let round = 9; (await attemptsLeft(msisdn)) > 0 && round < 30; round++)
      await Promise.all([1, 2, 3, 4].map((n) => guess(msisdn, wrongPuk1(100 * round + n), n)))
    expect(countVerified(await changesOf(msisdn)) + (await pendingOf(msisdn))).toBe(10)
    expect(await guess(msisdn, '13579246', 1)).toMatch(locked)
  }, 90_000)
})

describe('guessing the self-care password', () => {
  it('compares five concurrent guesses at two gateways, then is rate limited, also after a restart', async () => {
    const msisdn = '+375291110004'
    await register(msisdn, { password: '80291', access: 'open' })
    const logIn = (password: string, n = 0) => json('/self-care/sessions', { msisdn, password }, n)
    const statuses: number[] = []
    for (let round = 0; !statuses.includes(429) && round < 20; round++) {
      const sent = Array.from({ length: 2 * GUESSES }, (_, n) => logIn(String(70_000 + 100 * round + n), n))
      statuses.push(...(await Promise.all(sent)).map(({ status }) => status))
    }
    const of = (status: number) => statuses.filter((one) => one === status).length
    expect(of(401)).toBe(5)
    expect(of(201)).toBe(0)
    expect(statuses.filter((status) => ![401, 429, 503, 409].includes(status))).toEqual([])
    expect((await logIn('80291', 1)).status).toBe(429)
    await replaceFirst()
    const waits = await logIn('80291')
    expect(waits.status).toBe(429)
    expect(Number(waits.headers.get('retry-after'))).toBeGreaterThan(800)
  }, 60_000)
})

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { loginName } from '../../../src/services/login-throttle.ts'
import { createRedisClient } from '../../../src/store/redis/client.ts'
import type { RedisClient } from '../../../src/store/redis/client.ts'
import { auditKeyspace } from '../../../src/store/redis/keyspace-audit.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { startGateway } from '../../support/running.ts'
import type { Running } from '../../support/running.ts'
import { command } from '../../../src/cli/audit-keys.ts'
import { executeCommand } from '../../support/command.ts'

const open = '+375291234567'
const closed = '+375291234568'
const dialects = [
  'africastalking',
  'hubtel',
  'arkesel',
  'nalo',
  'service-op',
  'get',
  'truroute',
  'comviva',
  'restcomm',
  'infobip',
]

/** Runs dialogues over HTTP in every dialect, with every outcome that leaves a record in the store. */
async function fill(gateway: Running): Promise<void> {
  const phone = (msisdn: string, typed: string, dialect = 'africastalking') =>
    fetch(`${gateway.url}/handsets/${msisdn}?dialect=${dialect}`, { method: 'POST', body: typed })
  const hangUp = (msisdn: string) => fetch(`${gateway.url}/handsets/${msisdn}`, { method: 'DELETE' })
  const post = (path: string, body: object, token?: string) =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })

  for (const dialect of dialects) {
    for (const typed of ['*141*3*6#', '1', '0']) await phone(open, typed, dialect)
    for (const typed of ['*141*0#', '80']) await phone(open, typed, dialect)
    await phone(open, '*141*3*6*1#', dialect)
    await hangUp(open)
  }
  for (const typed of ['*141*0#', '80291', '80291']) await phone(open, typed)
  for (const typed of ['*141*3*6#', '1', '61840937', '23456789']) await phone(closed, typed)
  for (const typed of ['*141*3*6#', '1', '2']) await phone(closed, typed)
  await phone('+375297770000', '*141*0#')
  // Unfinished dialogues whose ids would break out of a key if they were part of one.
  for (const sessionId of [
    'a}:{b1}:subscriber:375291234567',
    'x\u00a0:y*',
    open.slice(1),
    '{}',
    ':'.repeat(128),
  ]) {
    await gateway.call({ sessionId, serviceCode: '*141*0#' })
  }
  // Nalo may send no id; the gateway derives one from the number.
  await post('/ussd/nalo', { USERID: 'NALO', MSISDN: open.slice(1), USERDATA: '*141*0#', MSGTYPE: true })
  const loggedIn = await post('/self-care/sessions', { msisdn: open, password: '80291' })
  const { token } = (await loggedIn.json()) as { token: string }
  await fetch(`${gateway.url}/self-care/session`, { headers: { Authorization: `Bearer ${token}` } })
  await post('/self-care/sessions', { msisdn: closed, password: '11111' })
  await post('/self-care/sessions', { msisdn: '+375297770001', password: '11111' })
  // A count of a hundred failures never expires.
  const locked = JSON.stringify({ failures: 100, closedUntilMs: null, passwordGeneration: 1 })
  const [bucket, name] = [bucketOf('+375297770002'), loginName('+375297770002')]
  await gateway.store.commit({
    bucket,
    changes: [{ name, expectedVersion: undefined, write: { kind: 'put', value: locked } }],
    journal: [],
    deadlineMs: Infinity,
  })
}

describe.each(['off', 'on'])('auditKeyspace with PSEUDONYMS=%s', (pseudonyms) => {
  let server: RedisServer
  let client: RedisClient
  let redis: Redis
  let gateway: Running
  const expectedNaming = pseudonyms === 'on' ? 'pseudonyms' : 'msisdns'

  beforeAll(async () => {
    server = await startRedisServer({ args: ['--appendfsync', 'no'] })
    client = createRedisClient({ url: server.url }, { commandTimeoutMs: 5000 })
    await client.whenReady(10_000)
    redis = client.redis as Redis
    gateway = await startGateway({
      REDIS_URL: server.url,
      SECRETS_KEY: randomBytes(32).toString('base64'),
      PSEUDONYMS: pseudonyms,
      DEMO: 'on',
      SIMULATOR: 'on',
      TURN_BUDGET_MS: '10000',
    })
    await fill(gateway)
    // A running gateway probes Redis once a second, which writes.
    await gateway.close('immediate')
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })

  it('finds keys of every kind and reports none of them', async () => {
    const { counts, findings, foreign, keyNaming } = await auditKeyspace(client)
    expect(findings).toEqual([])
    expect([keyNaming, foreign]).toEqual([expectedNaming, 0])
    // Demo subscribers; a number with one failed login, and a locked one; one session.
    expect(counts).toMatchObject({ subscriber: 8, login: 2, 'self-care': 1, database: 2, stray: 0 })
    expect(counts.session).toBeGreaterThan(dialects.length * 2)
    expect(counts.journal).toBeGreaterThan(3)
    const withMsisdn = (await redis.keys('*')).filter((key) => key.includes('375'))
    expect(withMsisdn.length > 0).toBe(pseudonyms === 'off')
  })

  it('writes nothing', async () => {
    const written = async () => /\r\naof_current_size:(\d+)/.exec(await redis.info('persistence'))?.[1]
    const before = await written()
    await auditKeyspace(client)
    expect(await written()).toBe(before)
  })

  it('reports unknown names, wrong buckets and wrong TTLs', async () => {
    const keys = await redis.keys('*')
    const [session = ''] = keys.filter((key) => key.includes(':session:'))
    const [subscriber = ''] = keys.filter((key) => key.includes(':subscriber:'))
    const bucket = Number(/\{b(\d+)\}/.exec(subscriber)?.[1])
    const elsewhere = subscriber.replace(/\{b\d+\}/, `{b${(bucket + 1) % 256}}`)
    await redis.set('ussd:{b7}:probe', '0000000000000000|')
    const planted: Record<string, string> = {
      'ussd:{b1}:cache:375291234567': 'its name has no known form',
      'ussd:375291234567': 'its name has no known form',
      'ussd:{b256}:journal': 'its name has no known form',
      [elsewhere]: 'it is in the wrong bucket, where the gateway does not find it',
    }
    for (const key of Object.keys(planted)) await redis.set(key, '0000000000000001|{}')
    await redis.set('others', 'x')
    await redis.persist(session)
    await redis.expire(subscriber, 1000)
    await redis.set('ussd:{b0}:self-care:' + 'A'.repeat(32), 'x', 'EX', 901)

    const { findings, foreign } = await auditKeyspace(client)
    const messagesOf = (key: string) =>
      findings.filter((one) => one.key === key).map(({ message }) => message)
    for (const [key, message] of Object.entries(planted)) expect(messagesOf(key)).toContain(message)
    expect(messagesOf(session)).toEqual(['it has no TTL'])
    expect(messagesOf('ussd:{b7}:probe')).toEqual(['it has no TTL'])
    expect(messagesOf(subscriber)).toEqual(['it has a TTL but must not expire'])
    expect(messagesOf('ussd:{b0}:self-care:' + 'A'.repeat(32))).toContain(
      'its TTL is longer than any setting allows',
    )
    expect(foreign).toBe(1)
    const withMsisdn = findings.filter(({ message }) => message === 'its name contains an MSISDN')
    expect(withMsisdn).toHaveLength(pseudonyms === 'on' ? 2 : 0)
  })

  it('audits against the given naming instead of the recorded one', async () => {
    const { findings } = await auditKeyspace(client, {
      keyNaming: pseudonyms === 'on' ? 'msisdns' : 'pseudonyms',
    })
    expect(findings.length).toBeGreaterThan(10)
  })
})

describe('npm run audit:keys', () => {
  const run = (...args: string[]) => executeCommand(command, args)

  it('prints findings with masked numbers and exits with 1', async () => {
    const server = await startRedisServer()
    const redis = new Redis(server.url)
    await redis.set('ussd:{b1}:cache:375291234567', 'x')
    redis.disconnect()
    const { out, err, code } = await run('--redis', server.url)
    await server.stop()
    expect([err, code]).toEqual(['', 1])
    expect(out.split('\n')).toEqual([
      '✗ ussd:{b1}:cache:+37529•••••67: its name has no known form',
      '1 stray',
      'keys contain MSISDNs; 0 keys without the prefix',
      'key space audit: 1 keys, 1 findings',
      '',
    ])
  })

  it('exits with 2 on a usage error', async () => {
    const { err, code } = await run()
    expect([err, code]).toEqual(['audit-keys: give either --redis or --cluster\n', 2])
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { startRedisServer, type RedisServer } from '../../support/redis/redis-server.ts'
import type { Answer, Change, Store } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { keysWithPrefix } from '../../../src/store/redis/keys.ts'
import { checkRedisConfig } from '../../../src/store/redis/config-check.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { assemble, dialogue } from '../../support/gateway.ts'

const bucket = 1
const msisdn = '+375291234567'
const tooFewReplicas = expect.objectContaining({
  code: 'USSD_STORE_UNAVAILABLE',
  message: expect.stringMatching(/: too few replicas$/),
})
const put = (name: string): Change => ({
  name,
  expectedVersion: undefined,
  write: { kind: 'put', value: 'x', ttlMs: 60_000 },
})

describe('a commit with REDIS_REPLICAS=1', () => {
  let master: RedisServer
  let replica: RedisServer
  let client: RedisClient
  /** The production timeout of 100 ms. */
  let store: Store
  /** A long timeout, for commits that must succeed on a busy machine. */
  let patient: Store
  let admin: Redis

  beforeAll(async () => {
    master = await startRedisServer()
    replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
    client = createRedisClient({ url: master.url }, { commandTimeoutMs: 5000 })
    await client.whenReady(10_000)
    admin = new Redis(master.url)
    while (!(await admin.info('replication')).includes('state=online')) await sleep(20)
    store = createRedisStore({ client, replicas: 1 })
    patient = createRedisStore({ client, replicas: 1, replicaTimeoutMs: 4000 })
  })
  afterEach(() => replica.thaw())
  afterAll(async () => {
    admin.disconnect()
    await client.close()
    await replica.stop()
    await master.stop()
  })

  const commit = (name: string, through = store) =>
    through.commit({ bucket, changes: [put(name)], journal: ['entry'], deadlineMs: Infinity })
  const succeed = async (name: string) => expect(await commit(name, patient)).toMatchObject({ kind: 'ok' })
  const read = async (name: string) => (await store.load(bucket, [name])).records[0]
  const ensure = async (name: string, version?: string) =>
    store.ensureReplicated(bucket, [{ name, expectedVersion: version ?? (await read(name))?.version }])
  const callsOf = async (command: string) => {
    const stats = await admin.info('commandstats')
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  }
  /** Thaws the replica and waits until it has the record. */
  async function untilReplicated(name: string): Promise<void> {
    replica.thaw()
    while (
      !(await ensure(name).then(
        ({ kind }) => kind === 'ok',
        () => false,
      ))
    )
      await sleep(5)
  }

  it('resolves when the replica has it', async () => {
    await succeed('session:there')
    const reader = new Redis(replica.url)
    expect(await reader.get(keysWithPrefix('ussd').record(bucket, 'session:there'))).toMatch(/\|x$/)
    reader.disconnect()
  })

  it('rejects while the replica does not have it, and its writes are durable once it does', async () => {
    replica.freeze()
    await expect(commit('session:cut')).rejects.toEqual(tooFewReplicas)
    expect(await read('session:cut')).toMatchObject({ value: 'x' })
    await expect(ensure('session:cut')).rejects.toEqual(tooFewReplicas)
    await untilReplicated('session:cut')
  })

  it('reports conflicts and missed deadlines whatever the state of the replica', async () => {
    await succeed('session:versions')
    replica.freeze()
    expect(await commit('session:versions')).toEqual({ kind: 'conflict' })
    const late = { bucket, changes: [put('session:late')], journal: [], deadlineMs: 1 }
    expect(await store.commit(late)).toEqual({ kind: 'late' })
    expect(await ensure('session:versions', '1'.repeat(16))).toEqual({ kind: 'conflict' })
  })

  it('ensures replication by a write, because WAIT covers its own connection only', async () => {
    await succeed('session:written')
    const writes = () => callsOf('setrange')
    const key = keysWithPrefix('ussd').record(bucket, 'session:written')
    const [before, ttlMs] = [await writes(), await admin.pttl(key)]
    const record = await read('session:written')
    await untilReplicated('session:written')
    expect(await writes()).toBeGreaterThan(before)
    expect(await read('session:written')).toEqual(record)
    expect(await admin.pttl(key)).toBeLessThanOrEqual(ttlMs)
  })

  it('shares one WAIT with concurrent commits, so they do not queue behind a dead replica', async () => {
    const waits = () => callsOf('wait')
    await succeed('session:warm')
    replica.freeze()
    const before = await waits()
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, (_, at) => commit(`session:${at}`)))
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'))
    expect((await waits()) - before).toBeLessThanOrEqual(2)
    await untilReplicated('session:0')
  })

  it('waits for replicas after NOSCRIPT, too', async () => {
    await succeed('session:known')
    await admin.script('FLUSH')
    replica.freeze()
    await expect(commit('session:forgotten')).rejects.toEqual(tooFewReplicas)
    await admin.script('FLUSH')
    replica.thaw()
    await untilReplicated('session:forgotten')
    await admin.script('FLUSH')
    await succeed('session:again')
  })

  it('never confirms a change to a subscriber before the replica has it', async () => {
    await assemble(patient).register(msisdn)
    const gateway = assemble(store)
    const sessionId = 'cut-off'
    const before = dialogue(assemble(patient), msisdn, sessionId)
    await before.dial('*141*3*6#')
    await before.type('1')
    const confirmation = before.withInput('1*2')
    replica.freeze()
    const unavailable: Answer = { text: systemMessages.unavailable.en, waits: false }
    expect(await gateway.gateway.turn(confirmation)).toEqual(unavailable)
    // The receipt is stored but not durable yet.
    expect(await gateway.gateway.turn(confirmation)).toEqual(unavailable)
    replica.thaw()
    let answer: Answer = unavailable
    while (answer.text === unavailable.text) answer = await gateway.gateway.turn(confirmation)
    expect(answer.text).toMatch(/^Access is closed/)
    const closed = (await gateway.journalOf(msisdn)).filter((change) => change === 'access-closed')
    expect(closed).toHaveLength(1)
  })

  it('causes warnings unless the configuration matches the attached replicas', async () => {
    const findings = async (replicas: number) =>
      (await checkRedisConfig(client, replicas)).map(({ kind, message }) => `${kind} ${message}`)
    expect(await findings(0)).toEqual([
      expect.stringMatching(/^warning .*REDIS_REPLICAS is 0: a failover may lose/),
    ])
    expect(await findings(1)).toEqual([expect.stringMatching(/^warning .*min-replicas-to-write is 0/)])
    await admin.config('SET', 'min-replicas-to-write', '1')
    expect(await findings(1)).toEqual([])
    expect(await findings(2)).toEqual([
      expect.stringMatching(/^warning .*: 1 replicas are attached and REDIS_REPLICAS is 2/),
    ])
    await admin.config('SET', 'min-replicas-to-write', '0')
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { startRedisServer, type RedisServer } from '../../support/redis/redis-server.ts'
import type { Answer, Change, Store } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { keysUnder } from '../../../src/store/redis/keys.ts'
import { checkRedisConfig } from '../../../src/store/redis/config-check.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { assemble, dialogue } from '../../support/gateway.ts'

const bucket = 1
const msisdn = '+375291234567'
const tooFew = expect.objectContaining({
  code: 'USSD_STORE_UNAVAILABLE',
  message: expect.stringMatching(/: too few replicas$/),
})
const put = (name: string): Change => ({
  name,
  expectedVersion: undefined,
  write: { kind: 'put', value: 'x', ttlMs: 60_000 },
})

describe('a commit that a replica must have', () => {
  let master: RedisServer
  let replica: RedisServer
  let client: RedisClient
  /** As in production: a replica has 100 ms. */
  let store: Store
  /** For what is to succeed, however busy the machine is. */
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
    patient = createRedisStore({ client, replicas: 1, replicasWithinMs: 4000 })
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
  const settle = async (name: string, version?: string) =>
    store.ensureReplicated(bucket, [{ name, expectedVersion: version ?? (await read(name))?.version }])
  const callsOf = async (command: string) => {
    const stats = await admin.info('commandstats')
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  }
  /** The replica goes on when the test has done with it. */
  async function settles(name: string): Promise<void> {
    replica.thaw()
    while (
      !(await settle(name).then(
        ({ kind }) => kind === 'ok',
        () => false,
      ))
    )
      await sleep(5)
  }

  it('is answered when it has it', async () => {
    await succeed('session:there')
    const looking = new Redis(replica.url)
    expect(await looking.get(keysUnder('ussd').record(bucket, 'session:there'))).toMatch(/\|x$/)
    looking.disconnect()
  })

  it('is of unknown outcome when it has not, and what was written settles once it has', async () => {
    replica.freeze()
    await expect(commit('session:cut')).rejects.toEqual(tooFew)
    expect(await read('session:cut')).toMatchObject({ value: 'x' })
    await expect(settle('session:cut')).rejects.toEqual(tooFew)
    await settles('session:cut')
  })

  it('is refused by versions and the deadline whatever the replica does', async () => {
    await succeed('session:versions')
    replica.freeze()
    expect(await commit('session:versions')).toEqual({ kind: 'conflict' })
    const late = { bucket, changes: [put('session:late')], journal: [], deadlineMs: 1 }
    expect(await store.commit(late)).toEqual({ kind: 'late' })
    expect(await settle('session:versions', '1'.repeat(16))).toEqual({ kind: 'conflict' })
  })

  it('settles by a write, since WAIT asks for what its own connection has written', async () => {
    await succeed('session:written')
    const writes = () => callsOf('setrange')
    const key = keysUnder('ussd').record(bucket, 'session:written')
    const [before, ttlMs] = [await writes(), await admin.pttl(key)]
    const record = await read('session:written')
    await settles('session:written')
    expect(await writes()).toBeGreaterThan(before)
    expect(await read('session:written')).toEqual(record)
    expect(await admin.pttl(key)).toBeLessThanOrEqual(ttlMs)
  })

  it('shares its WAIT with those beside it, so that they do not queue behind a replica that is gone', async () => {
    const waits = () => callsOf('wait')
    await succeed('session:warm')
    replica.freeze()
    const before = await waits()
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, (_, at) => commit(`session:${at}`)))
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'))
    expect((await waits()) - before).toBeLessThanOrEqual(2)
    await settles('session:0')
  })

  it('waits for what was written by the text of the script, where Redis has forgotten it', async () => {
    await succeed('session:known')
    await admin.script('FLUSH')
    replica.freeze()
    await expect(commit('session:forgotten')).rejects.toEqual(tooFew)
    await admin.script('FLUSH')
    replica.thaw()
    await settles('session:forgotten')
    await admin.script('FLUSH')
    await succeed('session:again')
  })

  it('never tells a subscriber that it is done while the replica has it not, and tells it once it has', async () => {
    await assemble(patient).register(msisdn)
    const gateway = assemble(store)
    const sessionId = 'cut-off'
    const before = dialogue(assemble(patient), msisdn, sessionId)
    await before.dial('*141*3*6#')
    await before.type('1')
    const confirmation = before.saying('1*2')
    replica.freeze()
    const unavailable: Answer = { text: systemMessages.unavailable.en, waits: false }
    expect(await gateway.gateway.turn(confirmation)).toEqual(unavailable)
    // The receipt is there; it is not told.
    expect(await gateway.gateway.turn(confirmation)).toEqual(unavailable)
    replica.thaw()
    let answer: Answer = unavailable
    while (answer.text === unavailable.text) answer = await gateway.gateway.turn(confirmation)
    expect(answer.text).toMatch(/^Access is closed/)
    const closed = (await gateway.journalOf(msisdn)).filter((change) => change === 'access-closed')
    expect(closed).toHaveLength(1)
  })

  it('is asked for by settings that fit what is attached', async () => {
    const says = async (replicas: number) =>
      (await checkRedisConfig(client, replicas)).map(({ kind, message: sentence }) => `${kind} ${sentence}`)
    expect(await says(0)).toEqual([
      expect.stringMatching(/^warning .*REDIS_REPLICAS is 0: a failover may lose/),
    ])
    expect(await says(1)).toEqual([expect.stringMatching(/^warning .*min-replicas-to-write is 0/)])
    await admin.config('SET', 'min-replicas-to-write', '1')
    expect(await says(1)).toEqual([])
    expect(await says(2)).toEqual([
      expect.stringMatching(/^warning .*: 1 replicas are attached and REDIS_REPLICAS is 2/),
    ])
    await admin.config('SET', 'min-replicas-to-write', '0')
  })
})

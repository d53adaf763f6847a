import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Redis } from 'ioredis'
import type { Change, Store } from '../../../src/gateway/ports.ts'
import { createRedisClient, nameFault, type RedisClient } from '../../../src/store/redis/client.ts'
import { keysWithPrefix } from '../../../src/store/redis/keys.ts'
import { checkRedisConfig } from '../../../src/store/redis/config-check.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { startRedisServer, type RedisServer } from '../../support/redis/redis-server.ts'
import { openTestStore, type TestStore } from '../../support/redis/redis.ts'
import { conforms } from '../store.conformance.ts'

async function elapse(store: Store, ms: number): Promise<void> {
  const { nowMs: start } = await store.load(0, [])
  for (let nowMs = start; nowMs <= start + ms; { nowMs } = await store.load(0, [])) await sleep(1)
}

conforms('Redis', async () => {
  const { store, close } = await openTestStore()
  return { store, elapse: (ms) => elapse(store, ms), close }
})

/** Clients to close even if a test fails: an open one would keep the run alive. */
const opened: RedisClient[] = []
function open(...args: Parameters<typeof createRedisClient>): RedisClient {
  const client = createRedisClient(...args)
  opened.push(client)
  return client
}
afterAll(() => Promise.all(opened.map((client) => client.close())))

const put = (name: string, text: string, ttlMs?: number): Change => ({
  name,
  expectedVersion: undefined,
  write: { kind: 'put', value: text, ...(ttlMs === undefined ? {} : { ttlMs }) },
})

describe('a record in Redis', () => {
  let test: TestStore
  let redis: Redis
  let store: Store
  const bucket = 17
  const commit = (changes: readonly Change[], journal: readonly string[] = []) =>
    store.commit({ bucket, changes, journal, deadlineMs: Infinity })
  const key = (name: string) => keysWithPrefix(test.prefix).record(bucket, name)
  const allKeys = async () => (await redis.keys(`${test.prefix}:*`)).toSorted()

  beforeAll(async () => {
    test = await openTestStore()
    ;({ redis, store } = test)
  })
  afterAll(() => test.close())

  it('has a key with the bucket as its hash tag', () => {
    const keys = keysWithPrefix('ussd')
    expect(keys.record(17, 'subscriber:375291234567')).toBe('ussd:{b17}:subscriber:375291234567')
    expect(keys.journal(17)).toBe('ussd:{b17}:journal')
  })

  it('is a string of its version and its text', async () => {
    await commit([put('session:plain', 'text')])
    expect(await redis.get(key('session:plain'))).toMatch(/^\d{16}\|text$/)
  })

  it('has a TTL in Redis only if it was given one', async () => {
    await commit([put('session:ttl', 'x', 60_000), put('subscriber:ttl', 'x')])
    expect(await redis.pttl(key('session:ttl'))).toBeGreaterThan(50_000)
    expect(await redis.pttl(key('subscriber:ttl'))).toBe(-1)
  })

  it('increases its version even when the clock was set back', async () => {
    await redis.set(key('session:ahead'), '8999999999999998|x')
    for (const expected of ['8999999999999998', '8999999999999999']) {
      const change = { ...put('session:ahead', 'y'), expectedVersion: expected }
      expect(await commit([change])).toMatchObject({ kind: 'ok' })
    }
    expect(await redis.get(key('session:ahead'))).toBe('9000000000000000|y')
  })

  it.each(['list', 'journal'])('of another type is corrupt, and nothing is written: %s', async (kind) => {
    const wrong = kind === 'list' ? key('session:list') : keysWithPrefix(test.prefix).journal(bucket)
    await redis.rpush(wrong, 'x')
    const before = await allKeys()
    const corrupt = expect.objectContaining({ code: 'USSD_RECORD_CORRUPT' })
    await expect(commit([put('session:new', 'x'), put('session:list', 'x')], ['no'])).rejects.toEqual(corrupt)
    await expect(commit([put('session:list', 'x'), put('session:new', 'x')], ['no'])).rejects.toEqual(corrupt)
    if (kind === 'list') await expect(store.load(bucket, ['session:list'])).rejects.toEqual(corrupt)
    else await expect(store.readJournal(bucket, undefined, 1)).rejects.toEqual(corrupt)
    expect(await allKeys()).toEqual(before)
    await redis.del(wrong)
  })

  it.each(['', 'text', '12345|text', '123456789012345|text', '12345678901234567'])(
    'without a version is corrupt, and the error does not name its MSISDN: %j',
    async (text) => {
      await redis.set(key('subscriber:375291234567'), text)
      const error: unknown = await store
        .load(bucket, ['subscriber:375291234567'])
        .catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        code: 'USSD_RECORD_CORRUPT',
        message: expect.not.stringContaining('37529'),
      })
    },
  )

  it.each([
    ['too few arguments', ['9999999999999', 1, 'entry']],
    ['no deadline', ['soon', 0, '', 'put', 'x', '']],
    ['an unknown change', ['9999999999999', 1, 'entry', '', 'other', 'x', '']],
    ['a TTL of 0', ['9999999999999', 1, 'entry', '', 'put', 'x', '0']],
    ['a fractional TTL', ['9999999999999', 1, 'entry', '', 'put', 'x', '1.5']],
    ['a TTL out of range', ['9999999999999', 1, 'entry', '', 'put', 'x', '9'.repeat(19)]],
  ])('is not written for malformed arguments: %s', async (_, args) => {
    const before = await allKeys()
    await expect(
      redis.commit(2, key('session:bad'), `${test.prefix}:{b17}:journal`, ...args),
    ).rejects.toThrow(/^BADARGS/)
    expect(await allKeys()).toEqual(before)
  })
})

describe('the Redis store on a server of its own', () => {
  let server: RedisServer
  let test: TestStore
  const commit = (name: string) =>
    test.store.commit({
      bucket: 1,
      changes: [put(name, 'x', 60_000)],
      journal: ['entry'],
      deadlineMs: Infinity,
    })

  beforeAll(async () => {
    server = await startRedisServer()
    test = await openTestStore(server.url)
  })
  afterAll(async () => {
    await test.close()
    await server.stop()
  })

  it('survives a SCRIPT FLUSH', async () => {
    await commit('session:before')
    await test.redis.script('FLUSH')
    await test.redis.script('FLUSH')
    expect((await test.store.load(1, ['session:before'])).records[0]?.value).toBe('x')
    await test.redis.script('FLUSH')
    expect(await commit('session:after')).toMatchObject({ kind: 'ok' })
  })

  it('needs one round trip per operation', async () => {
    await test.store.load(1, [])
    await commit('session:warm')
    const monitor = await test.redis.monitor()
    const sent: string[] = []
    const seen = new Promise<void>((resolve) => {
      monitor.on('monitor', (_time: string, [command = '', argument]: string[], source: string) => {
        if (argument === 'the end') resolve()
        else if (source !== 'lua') sent.push(command.toLowerCase())
      })
    })
    await test.store.load(1, ['session:a', 'session:b', 'subscriber:a'])
    await commit('session:a')
    await test.store.readJournal(1, undefined, 10)
    await test.redis.echo('the end')
    await seen
    monitor.disconnect()
    expect(sent).toEqual(['evalsha', 'evalsha', 'xrange'])
  })

  it('keeps an idle connection open', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] })
    try {
      const client = open({ url: server.url })
      const store = createRedisStore({ client })
      const { redis } = client
      await new Promise((resolve) => redis.once('ready', resolve))
      await store.load(1, ['session:a'])
      const connection = await redis.client('ID')
      jest.advanceTimersByTime(3_600_000)
      expect((await store.load(1, ['session:a'])).records).toEqual([undefined])
      expect(await redis.client('ID')).toBe(connection)
    } finally {
      jest.useRealTimers()
    }
  })

  it('rejects a commit while Redis is out of memory, and writes nothing', async () => {
    await test.redis.config('SET', 'maxmemory', '1')
    const outOfMemory = expect.objectContaining({
      code: 'USSD_STORE_REFUSED',
      message: expect.stringMatching(/: OOM$/),
    })
    await expect(commit('session:full')).rejects.toEqual(outOfMemory)
    expect((await test.store.load(1, ['session:full'])).records).toEqual([undefined])
    await test.redis.config('SET', 'maxmemory', '0')
    expect(await commit('session:full')).toMatchObject({ kind: 'ok' })
  })

  it('writes nothing while Redis is out of memory, not even a deletion', async () => {
    const { store } = test
    await store.commit({ bucket: 1, changes: [put('login:1', 'before')], journal: [], deadlineMs: Infinity })
    const [login] = (await store.load(1, ['login:1'])).records
    await test.redis.config('SET', 'maxmemory', '1')
    const changes: Change[] = [
      { name: 'login:1', expectedVersion: login?.version, write: { kind: 'delete' } },
      put('subscriber:2', 'after'),
    ]
    await expect(
      store.commit({ bucket: 1, changes, journal: [], deadlineMs: Infinity }),
    ).rejects.toMatchObject({ code: 'USSD_STORE_REFUSED' })
    await test.redis.config('SET', 'maxmemory', '0')
    expect((await store.load(1, ['login:1', 'subscriber:2'])).records).toEqual([login, undefined])
  })

  it('writes nothing when the ACL denies the journal entry', async () => {
    await test.redis.acl('SETUSER', 'older', 'on', '>p', '~*', '+@all', '-xadd')
    const client = open({ url: `redis://older:p@127.0.0.1:${server.port}` })
    expect(await client.whenReady(10_000)).toBe(true)
    const older = createRedisStore({ client, prefix: test.prefix })
    await expect(
      older.commit({
        bucket: 1,
        changes: [put('subscriber:3', 'x')],
        journal: ['entry'],
        deadlineMs: Infinity,
      }),
    ).rejects.toMatchObject({ code: 'USSD_STORE_REFUSED' })
    expect((await test.store.load(1, ['subscriber:3'])).records).toEqual([undefined])
  })

  it('hides the arguments of a failed command', async () => {
    await test.redis.rpush(keysWithPrefix(test.prefix).record(1, 'session:secret'), 'x')
    const change = put('session:secret', 'canary')
    const error: unknown = await test.store
      .commit({ bucket: 1, changes: [change], journal: ['canary'], deadlineMs: Infinity })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'USSD_RECORD_CORRUPT' })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary')
    expect(error).not.toHaveProperty('command')
    expect((error as Error).cause).toBeUndefined()
  })

  it('reports no finding for a correct configuration', async () => {
    expect(await checkRedisConfig(test.client)).toEqual([])
  })

  it('reports a configuration that loses records', async () => {
    await test.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await test.redis.config('SET', 'appendfsync', 'everysec')
    const findings = await checkRedisConfig(test.client)
    await test.redis.config('SET', 'maxmemory-policy', 'noeviction')
    await test.redis.config('SET', 'appendfsync', 'always')
    expect(findings).toEqual([
      {
        kind: 'problem',
        message: expect.stringMatching(/maxmemory-policy is allkeys-lru .* must be noeviction/),
      },
      { kind: 'warning', message: expect.stringMatching(/appendfsync is everysec.* should be always/) },
    ])
  })

  it('warns about settings that the ACL hides', async () => {
    await test.redis.acl('SETUSER', 'narrow', 'on', '>p', '~*', '+@all', '-config')
    await test.redis.acl('SETUSER', 'narrower', 'on', '>p', '~*', '+@all', '-config', '-info')
    // ioredis warns that it cannot read the loading state.
    jest.spyOn(console, 'warn').mockImplementation(() => {})
    const findingsAs = async (user: string) => {
      const client = open({ url: `redis://${user}:p@127.0.0.1:${server.port}` })
      expect(await client.whenReady(10_000)).toBe(true)
      const findings = await checkRedisConfig(client)
      return findings.map(({ kind, message }) => `${kind} ${message.split(': ')[1]}`)
    }
    expect(await findingsAs('narrow')).toEqual(['warning appendfsync cannot be read; it should be always.'])
    expect(await findingsAs('narrower')).toEqual([
      'warning maxmemory-policy cannot be read; it must be noeviction.',
      'warning appendonly cannot be read; it should be yes.',
    ])
  })
})

describe('the Redis store on a cluster', () => {
  let server: RedisServer
  let admin: Redis

  beforeAll(async () => {
    server = await startRedisServer({
      args: [
        '--cluster-enabled',
        'yes',
        '--cluster-announce-ip',
        '127.0.0.1',
        '--cluster-require-full-coverage',
        'no',
      ],
    })
    admin = new Redis(server.url)
    await admin.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot))
    while (!String(await admin.cluster('INFO')).includes('cluster_state:ok')) await sleep(5)
  })
  afterAll(async () => {
    admin.disconnect()
    await server.stop()
  })

  it('commits records and journal in one slot', async () => {
    const client = open(
      { clusterNodes: [`127.0.0.1:${server.port}`, `redis://127.0.0.1:${server.port}`] },
      { commandTimeoutMs: 5000 },
    )
    const store = createRedisStore({ client })
    expect(await client.whenReady(10_000)).toBe(true)
    for (let bucket = 0; bucket < 20; bucket++) {
      const changes = [put('session:1', 'x', 60_000), put('subscriber:1', 'y')]
      expect(await store.commit({ bucket, changes, journal: ['entry'], deadlineMs: Infinity })).toMatchObject(
        {
          kind: 'ok',
        },
      )
      const { records } = await store.load(bucket, ['session:1', 'subscriber:1'])
      expect(records.map((record) => record?.value)).toEqual(['x', 'y'])
      expect(await store.readJournal(bucket, undefined, 10)).toHaveLength(1)
    }
    await store.ping()
    expect(await checkRedisConfig(client)).toEqual([])
    await admin.config('SET', 'cluster-require-full-coverage', 'yes')
    expect(await checkRedisConfig(client)).toEqual([
      { kind: 'warning', message: expect.stringMatching(/cluster-require-full-coverage is yes/) },
    ])
  })
})

describe('a Redis address', () => {
  it.each(['', 'http://127.0.0.1', 'redis://', 'redis://h/path', 'redis://:p4ssword@h:99999', 'a b'])(
    'is rejected without quoting it when it is malformed: %j',
    (url) => {
      const misconfigured = expect.objectContaining({
        code: 'USSD_MISCONFIGURED',
        message: expect.not.stringContaining('p4ssword'),
        cause: undefined,
      })
      expect(() => createRedisClient({ url })).toThrow(misconfigured)
      expect(() => createRedisClient({ clusterNodes: [url] })).toThrow(misconfigured)
    },
  )

  it('of a cluster must name a node', () => {
    expect(() => createRedisClient({ clusterNodes: [] })).toThrow('USSD_MISCONFIGURED')
  })

  it('sets host, user, password and database, and cannot override other settings', () => {
    const client = open({ url: 'redis://us%40er:p%3Ass@[::1]:7000/3?enableOfflineQueue=true' })
    expect((client.redis as Redis).options).toMatchObject({
      host: '::1',
      port: 7000,
      db: 3,
      username: 'us@er',
      password: 'p:ss',
      tls: undefined,
      // Otherwise ioredis would queue and retry commits whose callers have timed out.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    })
  })
})

describe('nameFault', () => {
  const replyError = (message: string) =>
    Object.assign(new Error(message), { name: 'ReplyError', command: { name: 'eval', args: ['secret'] } })
  it.each([
    [
      replyError("READONLY You can't write against a read only replica. script: 0a, on @user_script:7."),
      'READONLY',
    ],
    [
      replyError(
        "ERR Error running script (call to f_0a): @user_script:7: @user_script: 7: -READONLY You can't",
      ),
      'READONLY',
    ],
    [
      replyError(
        'ERR Error running script (call to f_0a): @user_script:7: WRONGTYPE Operation against a key',
      ),
      'WRONGTYPE',
    ],
    [replyError('ERR unknown command `x`, with args beginning with: `secret`'), 'ERR'],
    [replyError('secret'), 'ReplyError'],
    [new Error('Command timed out'), 'timeout'],
    [new Error('Connection is closed.'), 'closed'],
    [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new TypeError('secret'), 'TypeError'],
    ['secret', 'unknown'],
  ])('returns one word: %p', (error, name) => {
    expect(nameFault(error)).toBe(name)
  })
})

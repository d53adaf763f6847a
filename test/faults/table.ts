import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { bucketOf } from '../../src/gateway/records/records.ts'
import { readyzOf, until } from './world.ts'
import type { World } from './world.ts'

export interface Fault {
  readonly name: string
  /** What subscribers are told meanwhile. */
  readonly turns: readonly ('served' | 'unavailable')[]
  /** What `/readyz` says then. */
  readonly readyz: readonly (200 | 503)[]
  /** Whatever takes time, before a turn is under way. */
  readonly prepare?: (world: World) => Promise<unknown>
  /** Begins it, for the turns of these numbers, and returns what ends it. */
  readonly begin: (world: World, msisdns: readonly string[]) => Promise<() => Promise<unknown>>
}

const setting = (name: string, during: string, otherwise: string) => async (world: World) => {
  await world.admin.config('SET', name, during)
  return () => world.admin.config('SET', name, otherwise)
}

/** Begins once it is noticed, for what Redis itself does not refuse. */
const noticed =
  (begin: Fault['begin']): Fault['begin'] =>
  async (world, msisdns) => {
    const end = await begin(world, msisdns)
    await until(async () => (await readyzOf(world)) === 503)
    return end
  }

const network = (become: Parameters<World['proxy']['become']>[0]) => async (world: World) => {
  world.proxy.become(become)
  return async () => world.proxy.become({ kind: 'pass' })
}

const subscriberKey = (msisdn: string) => `ussd:{b${bucketOf(msisdn)}}:subscriber:${msisdn.slice(1)}`

let successor: RedisServer | undefined

export const faults: readonly Fault[] = [
  {
    name: 'killed, and refused from then on',
    turns: ['unavailable'],
    readyz: [503],
    async begin(world) {
      await world.crash()
      return () => world.restart()
    },
  },
  {
    name: 'frozen (SIGSTOP)',
    turns: ['unavailable'],
    readyz: [503],
    async begin(world) {
      world.redis().freeze()
      return async () => world.redis().thaw()
    },
  },
  { name: 'a black hole', turns: ['unavailable'], readyz: [503], begin: network({ kind: 'blackHole' }) },
  {
    name: 'too slow',
    turns: ['unavailable'],
    readyz: [503],
    begin: network({ kind: 'delay', delayMs: 5000 }),
  },
  {
    name: 'resetting every connection over which it answers',
    turns: ['unavailable'],
    readyz: [503],
    begin: network({ kind: 'resetOnReply' }),
  },
  {
    name: 'resetting a connection once, after the commits ran',
    // Whoever finds the receipt in time is told what was done.
    turns: ['served', 'unavailable'],
    readyz: [200, 503],
    begin: network({ kind: 'resetOnReply', times: 1 }),
  },
  {
    name: 'LOADING its append-only file',
    turns: ['unavailable'],
    readyz: [503],
    prepare: ({ admin }) => admin.eval('for i = 1, 25000 do redis.call("SET", "filler:" .. i, i) end', 0),
    async begin(world) {
      await world.crash()
      // Microseconds for each command: three seconds and more.
      const loaded = world.restart('--key-load-delay', '100')
      const admin = new Redis(world.redis().port, '127.0.0.1', {
        retryStrategy: () => 20,
        enableReadyCheck: false,
      })
      admin.on('error', () => {})
      await until(async () =>
        (await admin.ping().catch((error: Error) => error.message)).startsWith('LOADING'),
      )
      admin.disconnect()
      return () => loaded
    },
  },
  {
    name: 'READONLY: demoted to a replica of another',
    turns: ['unavailable'],
    readyz: [503],
    async prepare(world) {
      successor = await startRedisServer({ args: ['--replicaof', `127.0.0.1 ${world.redis().port}`] })
      const other = new Redis(successor.url)
      await until(async () => (await other.info('replication')).includes('master_link_status:up'))
      await other.replicaof('NO', 'ONE')
      other.disconnect()
    },
    async begin({ admin }) {
      await admin.replicaof('127.0.0.1', successor?.port ?? 0)
      return async () => {
        await admin.replicaof('NO', 'ONE')
        await successor?.stop()
      }
    },
  },
  {
    name: 'MASTERDOWN: a replica without its master',
    turns: ['unavailable'],
    readyz: [503],
    async begin({ admin }) {
      await admin.config('SET', 'replica-serve-stale-data', 'no')
      await admin.replicaof('127.0.0.1', 1)
      return async () => {
        await admin.replicaof('NO', 'ONE')
        await admin.config('SET', 'replica-serve-stale-data', 'yes')
      }
    },
  },
  {
    name: 'BUSY: a script of another client runs away',
    turns: ['unavailable'],
    readyz: [503],
    async begin(world) {
      const { admin } = world
      const careless = new Redis(world.redis().url)
      const killed = careless.eval('while true do end', 0).catch(() => {})
      await until(async () => (await admin.ping().catch((error: Error) => error.message)).startsWith('BUSY'))
      return async () => {
        await admin.script('KILL')
        await killed
        careless.disconnect()
      }
    },
  },
  {
    name: 'OOM: its memory is used up, and it evicts nothing',
    turns: ['unavailable'],
    readyz: [503],
    begin: setting('maxmemory', '1mb', '0'),
  },
  {
    name: 'NOREPLICAS: fewer replicas than are demanded',
    turns: ['unavailable'],
    readyz: [503],
    begin: setting('min-replicas-to-write', '1', '0'),
  },
  {
    name: 'MISCONF: it cannot write its snapshot',
    turns: ['unavailable'],
    // In this state alone Redis refuses even a PING.
    readyz: [503],
    // The file it has to replace is a folder: it fails as it does on a full disk.
    prepare: ({ dir }) => mkdir(join(dir, 'dump.rdb')),
    async begin({ admin, dir }) {
      await admin.config('SET', 'save', '3600 1000000')
      await admin.bgsave()
      await until(async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'))
      return async () => {
        await rmdir(join(dir, 'dump.rdb'))
        await admin.bgsave()
        await until(async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:ok'))
        await admin.config('SET', 'save', '')
      }
    },
  },
  {
    name: 'started again with a policy that evicts',
    turns: ['unavailable'],
    readyz: [503],
    async begin(world) {
      await world.crash()
      await world.restart('--maxmemory-policy', 'allkeys-lru')
      return () => world.admin.config('SET', 'maxmemory-policy', 'noeviction')
    },
  },
  {
    name: 'given a policy that evicts',
    turns: ['unavailable'],
    readyz: [503],
    begin: noticed(setting('maxmemory-policy', 'volatile-ttl', 'noeviction')),
  },
  {
    name: 'given an ACL without XADD',
    turns: ['unavailable'],
    readyz: [503],
    begin: noticed(async ({ admin }) => {
      await admin.acl('SETUSER', 'default', '-xadd')
      return () => admin.acl('SETUSER', 'default', '+xadd')
    }),
  },
  {
    name: 'another, without our database',
    turns: ['unavailable'],
    readyz: [503],
    async begin(world) {
      await world.crash()
      const dir = await mkdtemp(join(tmpdir(), 'ussd-redis-'))
      await world.restart('--dir', dir, '--databases', '1')
      return async () => {
        const other = new Redis(world.redis().url)
        const written = await other.dbsize()
        other.disconnect()
        await world.crash()
        await rm(dir, { recursive: true })
        await world.restart()
        if (written > 0) throw new Error('the gateway wrote into database 0')
      }
    },
  },
  {
    name: 'NOSCRIPT: it forgets the scripts again and again',
    turns: ['served'],
    readyz: [200],
    async begin({ admin }) {
      const over = new AbortController()
      const forgetting = (async () => {
        while (!over.signal.aborted) {
          await admin.script('FLUSH')
          await sleep(2)
        }
      })()
      return () => {
        over.abort()
        return forgetting
      }
    },
  },
  {
    name: 'WRONGTYPE: somebody else wrote under the keys of subscribers',
    turns: ['unavailable'],
    readyz: [200],
    async begin({ admin }, msisdns) {
      for (const key of msisdns.map(subscriberKey)) {
        await admin.rename(key, `${key}:aside`)
        await admin.rpush(key, 'of another program')
      }
      return async () => {
        for (const key of msisdns.map(subscriberKey)) await admin.rename(`${key}:aside`, key)
      }
    },
  },
  {
    name: 'corrupt records of subscribers',
    turns: ['unavailable'],
    readyz: [200],
    async begin({ admin }, msisdns) {
      for (const key of msisdns.map(subscriberKey)) {
        await admin.rename(key, `${key}:aside`)
        await admin.set(key, `${'1'.repeat(16)}|{"language":`)
      }
      return async () => {
        for (const key of msisdns.map(subscriberKey)) await admin.rename(`${key}:aside`, key)
      }
    },
  },
]

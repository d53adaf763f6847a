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
  /** The outcomes of turns during the fault. */
  readonly turns: readonly ('served' | 'unavailable')[]
  /** The status of `/readyz` during the fault. */
  readonly readyz: readonly (200 | 503)[]
  /** Slow preparations, before the turns begin. */
  readonly prepare?: (world: World) => Promise<unknown>
  /** Begins the fault for the turns of these numbers. Returns a function that ends it. */
  readonly begin: (world: World, msisdns: readonly string[]) => Promise<() => Promise<unknown>>
}

const setting = (name: string, during: string, otherwise: string) => async (world: World) => {
  await world.admin.config('SET', name, during)
  return () => world.admin.config('SET', name, otherwise)
}

/** Begins a fault and waits until readiness detects it: Redis itself rejects nothing. */
const detected =
  (begin: Fault['begin']): Fault['begin'] =>
  async (world, msisdns) => {
    const end = await begin(world, msisdns)
    await until(async () => (await readyzOf(world)) === 503)
    return end
  }

const network = (fault: Parameters<World['proxy']['inject']>[0]) => async (world: World) => {
  world.proxy.inject(fault)
  return async () => world.proxy.inject({ kind: 'pass' })
}

const subscriberKey = (msisdn: string) => `ussd:{b${bucketOf(msisdn)}}:subscriber:${msisdn.slice(1)}`

let otherMaster: RedisServer | undefined

export const faults: readonly Fault[] = [
  {
    name: 'killed: connections are refused',
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
  {
    name: 'black hole: packets are dropped',
    turns: ['unavailable'],
    readyz: [503],
    begin: network({ kind: 'blackHole' }),
  },
  {
    name: 'replies slower than every timeout',
    turns: ['unavailable'],
    readyz: [503],
    begin: network({ kind: 'delay', delayMs: 5000 }),
  },
  {
    name: 'every connection is reset on its first reply',
    turns: ['unavailable'],
    readyz: [503],
    begin: network({ kind: 'resetOnReply' }),
  },
  {
    name: 'one reset after the commits ran',
    // A turn that finds its receipt in time replies as usual.
    turns: ['served', 'unavailable'],
    readyz: [200, 503],
    begin: network({ kind: 'resetOnReply', times: 1 }),
  },
  {
    name: 'LOADING: reads its append-only file',
    turns: ['unavailable'],
    readyz: [503],
    prepare: ({ admin }) => admin.eval('for i = 1, 25000 do redis.call("SET", "filler:" .. i, i) end', 0),
    async begin(world) {
      await world.crash()
      // A delay in microseconds per command: over three seconds in total.
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
    name: 'READONLY: demoted to a replica',
    turns: ['unavailable'],
    readyz: [503],
    async prepare(world) {
      otherMaster = await startRedisServer({ args: ['--replicaof', `127.0.0.1 ${world.redis().port}`] })
      const other = new Redis(otherMaster.url)
      await until(async () => (await other.info('replication')).includes('master_link_status:up'))
      await other.replicaof('NO', 'ONE')
      other.disconnect()
    },
    async begin({ admin }) {
      await admin.replicaof('127.0.0.1', otherMaster?.port ?? 0)
      return async () => {
        await admin.replicaof('NO', 'ONE')
        await otherMaster?.stop()
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
    name: 'BUSY: an endless script of another client',
    turns: ['unavailable'],
    readyz: [503],
    async begin(world) {
      const { admin } = world
      const other = new Redis(world.redis().url)
      const killed = other.eval('while true do end', 0).catch(() => {})
      await until(async () => (await admin.ping().catch((error: Error) => error.message)).startsWith('BUSY'))
      return async () => {
        await admin.script('KILL')
        await killed
        other.disconnect()
      }
    },
  },
  {
    name: 'OOM: maxmemory reached with noeviction',
    turns: ['unavailable'],
    readyz: [503],
    begin: setting('maxmemory', '1mb', '0'),
  },
  {
    name: 'NOREPLICAS: fewer replicas than min-replicas-to-write',
    turns: ['unavailable'],
    readyz: [503],
    begin: setting('min-replicas-to-write', '1', '0'),
  },
  {
    name: 'MISCONF: it cannot write its snapshot',
    turns: ['unavailable'],
    // Only in this state Redis rejects even PING.
    readyz: [503],
    // The file to replace is a directory, so the snapshot fails as on a full disk.
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
    name: 'restarted with an eviction policy',
    turns: ['unavailable'],
    readyz: [503],
    async begin(world) {
      await world.crash()
      await world.restart('--maxmemory-policy', 'allkeys-lru')
      return () => world.admin.config('SET', 'maxmemory-policy', 'noeviction')
    },
  },
  {
    name: 'configured with an eviction policy',
    turns: ['unavailable'],
    readyz: [503],
    begin: detected(setting('maxmemory-policy', 'volatile-ttl', 'noeviction')),
  },
  {
    name: 'ACL without XADD',
    turns: ['unavailable'],
    readyz: [503],
    begin: detected(async ({ admin }) => {
      await admin.acl('SETUSER', 'default', '-xadd')
      return () => admin.acl('SETUSER', 'default', '+xadd')
    }),
  },
  {
    name: 'replaced by a server without the database',
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
    name: 'NOSCRIPT: repeated SCRIPT FLUSH',
    turns: ['served'],
    readyz: [200],
    async begin({ admin }) {
      const ended = new AbortController()
      const flushing = (async () => {
        while (!ended.signal.aborted) {
          await admin.script('FLUSH')
          await sleep(2)
        }
      })()
      return () => {
        ended.abort()
        return flushing
      }
    },
  },
  {
    name: 'WRONGTYPE: another program wrote under subscriber keys',
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
    name: 'corrupt subscriber records',
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

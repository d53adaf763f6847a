import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { bucketOf } from '../../src/gateway/records/records.ts'
import { startProxy } from '../support/redis/proxy.ts'
import type { Proxy } from '../support/redis/proxy.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

/** A gateway over HTTP, its Redis behind a faulty proxy, and an administrator of that Redis. */
export interface World {
  readonly gateway: Running
  readonly proxy: Proxy
  /** The data directory of Redis, the same for every process. */
  readonly dir: string
  /** A client of Redis that bypasses the proxy. */
  readonly admin: Redis
  redis(): RedisServer
  /**
   * Holds turns between their load and their commit, so a fault in between hits their commits. `reached` resolves when `turns`
   * turns have loaded; `release` lets them continue.
   */
  hold(turns: number): { readonly reached: Promise<void>; release(): void }
  /** Kills Redis. */
  crash(): Promise<void>
  /** Starts Redis again on its data and port; resolves when it has loaded them. */
  restart(...args: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Not 0, which Redis uses for a connection whose SELECT failed. */
const DATABASE = 3

/** Shortens the waits of Redis for replicas and for running scripts. */
const SETTINGS = ['--busy-reply-threshold', '100']

export async function startWorld(): Promise<World> {
  const first = await startRedisServer({ args: SETTINGS })
  const servers = [first]
  const proxy = await startProxy(first.port)
  const admin = new Redis(first.url, { db: DATABASE, maxRetriesPerRequest: null, retryStrategy: () => 20 })
  // Redis is down on purpose.
  admin.on('error', () => {})
  let pass = async () => {}
  const gateway = await startGateway(
    {
      REDIS_URL: `redis://127.0.0.1:${proxy.port}/${DATABASE}`,
      SECRETS_KEY: Buffer.alloc(32, 5).toString('base64'),
    },
    {
      wrapServices: (services) =>
        Object.fromEntries(
          Object.entries(services).map(([name, service]) => [
            name,
            async (...args: Parameters<typeof service>) => {
              await pass()
              return service(...args)
            },
          ]),
        ),
    },
  )
  const last = () => servers.at(-1) ?? first
  return {
    gateway,
    proxy,
    admin,
    dir: first.dir,
    redis: last,
    hold(turns) {
      let open = () => {}
      const gate = new Promise<void>((resolve) => (open = resolve))
      let held = 0
      const reached = new Promise<void>((resolve) => {
        pass = () => {
          held += 1
          if (held === turns) resolve()
          return gate
        }
      })
      return {
        reached,
        release() {
          pass = async () => {}
          open()
        },
      }
    },
    crash: () => last().kill(),
    async restart(...args) {
      const place = ['--dir', first.dir]
      servers.push(await startRedisServer({ port: first.port, args: [...SETTINGS, ...place, ...args] }))
    },
    async close() {
      last().thaw()
      await gateway.close('immediate')
      admin.disconnect()
      await proxy.close()
      for (const server of servers) await server.stop()
    },
  }
}

/** A phone that closes its access, through an aggregator. */
export interface Phone {
  readonly msisdn: string
  /** Opens a new dialogue. */
  dial(): Promise<TimedReply>
  /** Opens a new dialogue up to the confirmation. */
  ask(): Promise<TimedReply>
  /** Confirms; sends the same callback every time. */
  confirm(): Promise<TimedReply>
}

export interface TimedReply {
  readonly body: string
  readonly status: number
  readonly ms: number
  /** Wall clock time, the same clock as that of Redis. */
  readonly atMs: number
}

let sessions = 0

export function phoneOf({ gateway }: World, msisdn: string): Phone {
  let sessionId = ''
  const call = async (id: string, text: string): Promise<TimedReply> => {
    const startedMs = performance.now()
    const { body, status } = await gateway.call({
      sessionId: id,
      phoneNumber: msisdn,
      serviceCode: '*141*3*6#',
      text,
    })
    return { body, status, ms: performance.now() - startedMs, atMs: Date.now() }
  }
  return {
    msisdn,
    dial: () => call(`fault-${sessions++}`, ''),
    async ask() {
      sessionId = `fault-${sessions++}`
      await call(sessionId, '')
      return call(sessionId, '1')
    },
    confirm: () => call(sessionId, '1*2'),
  }
}

/** Returns the times of the commits that closed access of a number, on the clock of Redis. */
export async function closingsOf({ admin }: World, msisdn: string): Promise<readonly number[]> {
  const entries = await admin.xrange(`ussd:{b${bucketOf(msisdn)}}:journal`, '-', '+')
  return entries
    .filter(([, [, entry = '']]) => entry.includes(`"${msisdn}"`) && entry.includes('"access-closed"'))
    .map(([id]) => Number(id.split('-')[0]))
}

export const readyzOf = async ({ gateway }: World): Promise<200 | 503> =>
  (await fetch(`${gateway.url}/readyz`)).ok ? 200 : 503

/** Resolves when the condition is true. The test's own timeout limits it. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await sleep(20)
}

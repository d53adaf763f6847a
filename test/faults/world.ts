import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { bucketOf } from '../../src/gateway/records/records.ts'
import { startProxy } from '../support/redis/proxy.ts'
import type { Proxy } from '../support/redis/proxy.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

/** A whole gateway over HTTP, a Redis of its own behind a network that can fail, and somebody who may configure that Redis. */
export interface World {
  readonly gateway: Running
  readonly proxy: Proxy
  /** Where Redis writes, whichever process it is. */
  readonly dir: string
  /** Another client of Redis, past the proxy. */
  readonly admin: Redis
  redis(): RedisServer
  /**
   * Holds turns between their load and their commit: `reached` resolves when so many have loaded, `release` lets them go on.
   * Whatever happens in between meets every one of them at its commit.
   */
  hold(turns: number): { readonly reached: Promise<void>; release(): void }
  /** Ends Redis as a crash does. */
  crash(): Promise<void>
  /** Starts it on the data and the port it had; resolves when it has read them. */
  restart(...args: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Not 0, which Redis serves to a connection that could not select its own. */
const DATABASE = 3

/** Redis waits by itself for replicas that may come, and for scripts that may end: no longer than a test does. */
const SETTINGS = ['--busy-reply-threshold', '100', '--repl-diskless-sync-delay', '0']

export async function startWorld(): Promise<World> {
  const first = await startRedisServer({ args: SETTINGS })
  const servers = [first]
  const proxy = await startProxy(first.port)
  const admin = new Redis(first.url, { db: DATABASE, maxRetriesPerRequest: null, retryStrategy: () => 20 })
  // While Redis is away on purpose.
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
            async (...given: Parameters<typeof service>) => {
              await pass()
              return service(...given)
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

/** One phone in a dialogue that closes its access, as its aggregator sends it. */
export interface Phone {
  readonly msisdn: string
  /** The first screen; another dialogue every time. */
  dial(): Promise<Told>
  /** Asks to close access. */
  ask(): Promise<Told>
  /** Confirms it; the same callback every time. */
  confirm(): Promise<Told>
}

export interface Told {
  readonly body: string
  readonly status: number
  readonly ms: number
  /** Wall clock, which is also that of Redis. */
  readonly atMs: number
}

let sessions = 0

export function phoneOf({ gateway }: World, msisdn: string): Phone {
  let sessionId = ''
  const call = async (id: string, text: string): Promise<Told> => {
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

/** When access of a number was closed, as Redis' clock has it: the moments of its commits. */
export async function closingsOf({ admin }: World, msisdn: string): Promise<readonly number[]> {
  const entries = await admin.xrange(`ussd:{b${bucketOf(msisdn)}}:journal`, '-', '+')
  return entries
    .filter(([, [, entry = '']]) => entry.includes(`"${msisdn}"`) && entry.includes('"access-closed"'))
    .map(([id]) => Number(id.split('-')[0]))
}

export const readyzOf = async ({ gateway }: World): Promise<200 | 503> =>
  (await fetch(`${gateway.url}/readyz`)).ok ? 200 : 503

/** Resolves when it comes out true. The test's own limit bounds it. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await sleep(5)
}

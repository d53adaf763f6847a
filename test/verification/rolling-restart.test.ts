import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { PROJECT, USSD } from '../support/build.ts'

const CLIENTS = 16
const ADMIN_TOKEN = 'admin-of-the-test'
/** The interval of the health checks of a load balancer. */
const HEALTH_CHECK_INTERVAL_MS = 500

interface Instance {
  readonly url: string
  readonly exit: Promise<unknown>
  stop(): void
  end(): void
}

/** Starts the process of `npm start` and waits until it listens. */
async function start(redisUrl: string): Promise<Instance> {
  const child = spawn(process.execPath, [USSD, 'serve', '--project', PROJECT], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      ADMIN_TOKEN,
      REDIS_URL: redisUrl,
      SECRETS_KEY: Buffer.alloc(32, 3).toString('base64'),
    },
  })
  const exit = once(child, 'exit')
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { event?: string; url?: string }
      if (entry.event === 'server.listening') resolve(entry.url ?? '')
    })
    void exit.then(() => reject(new Error('The process exited.')))
  })
  return { url, exit, stop: () => void child.kill('SIGTERM'), end: () => void child.kill('SIGKILL') }
}

/** Creates a round-robin load balancer over the instances that were ready at the last health check. */
function createBalancer() {
  const instances = new Set<Instance>()
  let ready: readonly Instance[] = []
  let turns = 0
  const over = new AbortController()
  const checkHealth = async () => {
    const answers = [...instances].map(async (instance) => {
      const status = await fetch(`${instance.url}/readyz`).then(
        (response) => response.status,
        () => 0,
      )
      return status === 200 ? [instance] : []
    })
    ready = (await Promise.all(answers)).flat()
  }
  const checking = (async () => {
    while (!over.signal.aborted) {
      await checkHealth()
      await sleep(HEALTH_CHECK_INTERVAL_MS)
    }
  })()
  return {
    add: (instance: Instance) => void instances.add(instance),
    remove: (instance: Instance) => void instances.delete(instance),
    ready: () => ready,
    async next() {
      // On a busy machine both may be unready for a moment.
      while (ready.length === 0) await sleep(10)
      return ready[turns++ % ready.length]?.url ?? ''
    },
    async close() {
      over.abort()
      await checking
    },
  }
}

describe('a gateway of two processes', () => {
  let redis: RedisServer
  const started: Instance[] = []
  beforeAll(async () => {
    redis = await startRedisServer()
  })
  afterAll(async () => {
    for (const instance of started) instance.end()
    await redis.stop()
  })

  it('is restarted one process at a time without a failed turn', async () => {
    const run = async () => {
      const instance = await start(redis.url)
      started.push(instance)
      return instance
    }
    const [first, second] = await Promise.all([run(), run()])
    const balancer = createBalancer()
    balancer.add(first)
    balancer.add(second)
    while (balancer.ready().length < 2) await sleep(10)

    const failed: string[] = []
    let turns = 0
    const over = new AbortController()
    /** Sends a turn to the next process; dialogues are not bound to a process. */
    const turn = async (msisdn: string, sessionId: string, text: string, screen: RegExp) => {
      turns += 1
      const body = new URLSearchParams({
        sessionId,
        phoneNumber: msisdn,
        serviceCode: '*141*3*6#',
        text,
      })
      const response = await fetch(`${await balancer.next()}/ussd/africastalking`, {
        method: 'POST',
        body,
      }).then(
        async (received) => `${received.status} ${await received.text()}`,
        (error: unknown) => String(error),
      )
      if (!screen.test(response)) failed.push(response)
    }
    const numbers = Array.from({ length: CLIENTS }, (_client, at) => `+3752910000${10 + at}`)
    for (const msisdn of numbers) {
      const registered = await fetch(`${first.url}/subscribers/${msisdn}`, {
        method: 'PUT',
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
        body: '{"language":"ru"}',
      })
      expect(registered.status).toBe(201)
    }
    const clients = numbers.map(async (msisdn, at) => {
      for (let dialogue = 0; !over.signal.aborted; dialogue++) {
        await turn(msisdn, `${at}-${dialogue}`, '', /^200 CON Доступ в личный кабинет открыт/)
        await turn(msisdn, `${at}-${dialogue}`, '1', /^200 CON Закрыть доступ/)
        await turn(msisdn, `${at}-${dialogue}`, '1*0', /^200 END /)
      }
    })

    for (const old of [first, second]) {
      old.stop()
      expect(await old.exit).toEqual([0, null])
      balancer.remove(old)
      const successor = await run()
      balancer.add(successor)
      while (!balancer.ready().includes(successor)) await sleep(10)
    }
    over.abort()
    await Promise.all(clients)
    await balancer.close()
    expect(failed).toEqual([])
    expect(turns).toBeGreaterThan(CLIENTS * 3)
  }, 120_000)
})

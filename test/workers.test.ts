import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { killAll, run } from './support/main-process.ts'
import { startRedisServer } from './support/redis/redis-server.ts'
import type { RedisServer } from './support/redis/redis-server.ts'

const WORKERS = 2
const SECRETS_KEY = Buffer.alloc(32, 9).toString('base64')

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedisServer()
})
afterAll(async () => {
  await killAll()
  await redis.stop()
})

/** Starts a gateway of two workers and waits until both accept requests. */
async function start(env: Record<string, string> = {}) {
  const gateway = run({ REDIS_URL: redis.url, SECRETS_KEY, WORKERS: String(WORKERS), ...env })
  const url = await gateway.listening
  await gateway.logged('server.listening', WORKERS)
  return { ...gateway, url }
}

interface Reply {
  readonly status: number
  readonly body: string
}

/** Sends a request. A connection without an agent is new, so the next worker gets it. */
function send(url: string, options: { method?: string; body?: string; agent?: Agent } = {}): Promise<Reply> {
  const { method = 'GET', body, agent = new Agent() } = options
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

let sessions = 0

/** The first callback of a new dialogue. */
const dial = (url: string, agent?: Agent): Promise<Reply> =>
  send(`${url}/ussd/africastalking`, {
    method: 'POST',
    body: new URLSearchParams({
      sessionId: `workers-${sessions++}`,
      phoneNumber: '+375291234567',
      serviceCode: '*141*3*6#',
      text: '',
      networkCode: '25701',
    }).toString(),
    ...(agent && { agent }),
  })

const turnsIn = (metrics: string): number =>
  [...metrics.matchAll(/^ussd_turns_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)

describe('several workers', () => {
  it('serve one phone, whichever of them gets its requests', async () => {
    const gateway = await start({ SIMULATOR: 'on', DEMO: 'on' })
    const phone = `${gateway.url}/handsets/+375291234563`
    const first = await send(phone, { method: 'POST', body: '*141*3*6#' })
    expect(first).toMatchObject({ status: 200, body: expect.stringMatching(/^Access to self-care is open/) })
    for (let connection = 0; connection < 2 * WORKERS; connection++) {
      expect(await send(phone)).toEqual(first)
    }
    expect((await send(phone, { method: 'POST', body: '1' })).body).toMatch(/^Close access/)
    expect((await send(phone, { method: 'DELETE' })).status).toBe(204)
    expect((await send(phone, { method: 'PUT' })).status).toBe(405)
    expect((await send(`${gateway.url}/handsets/12`)).status).toBe(400)
    gateway.child.kill('SIGTERM')
    expect(await gateway.exit).toEqual([0, null])
  })

  it('report the metrics of all of them', async () => {
    const gateway = await start({ DEMO: 'on' })
    const turns = 12
    for (let turn = 0; turn < turns; turn++) expect((await dial(gateway.url)).status).toBe(200)
    for (let scrape = 0; scrape < WORKERS; scrape++) {
      const { body } = await send(`${gateway.url}/metrics`)
      expect(turnsIn(body)).toBe(turns)
      expect(body).toMatch(/^ussd_store_nodes_away 0$/m)
    }
    gateway.child.kill('SIGINT')
    expect(await gateway.exit).toEqual([0, null])
  })

  it('finish every turn after SIGTERM, report not ready, and exit with 0', async () => {
    const gateway = await start({ DEMO: 'on' })
    const replies: Reply[] = []
    let underWay = () => {}
    const isUnderWay = new Promise<void>((resolve) => (underWay = resolve))
    const states: number[] = []
    let refused = false
    const caller = async () => {
      while (!refused) {
        try {
          if (replies.push(await dial(gateway.url)) === 10) underWay()
        } catch {
          refused = true
        }
      }
    }
    const prober = async () => {
      while (!refused) {
        const state = await send(`${gateway.url}/readyz`).catch(() => undefined)
        if (state) states.push(state.status)
      }
    }
    const calling = [caller(), caller(), caller(), prober()]
    await isUnderWay
    gateway.child.kill('SIGTERM')
    expect(await gateway.exit).toEqual([0, null])
    refused = true
    await Promise.all(calling)
    expect(replies.filter(({ status, body }) => status !== 200 || !body.startsWith('CON '))).toEqual([])
    expect(states[0]).toBe(200)
    expect(states.at(-1)).toBe(503)
  })

  it('end with 0 on a SIGTERM that comes while they start', async () => {
    const gateway = run({ REDIS_URL: redis.url, SECRETS_KEY, WORKERS: String(WORKERS) })
    await gateway.logged('worker.started', WORKERS)
    gateway.child.kill('SIGTERM')
    expect(await gateway.exit).toEqual([0, null])
  })

  it('are replaced when they crash', async () => {
    const gateway = await start({ SIMULATOR: 'on', DEMO: 'on' })
    const pid = gateway.log.find(({ event, worker }) => event === 'worker.started' && worker === 1)?.['pid']
    process.kill(Number(pid), 'SIGKILL')
    await gateway.logged('server.listening', WORKERS + 1)
    expect(gateway.log.filter(({ event }) => event === 'worker.exited')).toMatchObject([
      { worker: 1, signal: 'SIGKILL' },
    ])
    const phone = `${gateway.url}/handsets/+375291234563`
    for (let connection = 0; connection < WORKERS; connection++) {
      expect((await send(phone, { method: 'POST', body: '*141*3*6#' })).body).toMatch(/^Access to self-care/)
      expect((await send(phone, { method: 'DELETE' })).status).toBe(204)
    }
    gateway.child.kill('SIGTERM')
    expect(await gateway.exit).toEqual([0, null])
  })

  it('report a wrong configuration once, and exit with 1', async () => {
    const gateway = run({ REDIS_URL: `${redis.url}/99`, SECRETS_KEY, WORKERS: '4' })
    expect(await gateway.exit).toEqual([1, null])
    expect(gateway.stderr().match(/database 99 does not exist/g)).toHaveLength(1)
    expect(gateway.log.filter(({ event }) => event === 'worker.started')).toHaveLength(1)
  })
})

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startRedisServer } from '../../support/redis/redis-server.ts'

/** A gateway in a process of its own, on a Redis of its own. */
export interface Site {
  readonly port: number
  /** Registers subscribers who speak Russian. */
  register(count: number): Promise<readonly string[]>
  /** Bytes that the gateway's process has resident, as a stranger reads them from its metrics. */
  memory(): Promise<number>
  close(): Promise<void>
}

const ADMIN_TOKEN = randomBytes(16).toString('hex')

export async function startSite(env: Readonly<Record<string, string>>): Promise<Site> {
  const redis = await startRedisServer()
  const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...env,
      PATH: '/usr/bin:/bin',
      PORT: '0',
      ADMIN_TOKEN,
      REDIS_URL: redis.url,
      SECRETS_KEY: randomBytes(32).toString('base64'),
    },
  })
  const exited = once(child, 'exit')
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (text: Buffer) => {
      // The log goes nowhere, but it is written: it belongs to the cost of a turn.
      if (said.length > 10_000) return
      said += text.toString()
      const found = /"event":"listening".*?"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(said)
      if (found) resolve(Number(found[1]))
    })
    void exited.then(() => reject(new Error('the gateway did not start')))
  })
  return {
    port,

    async register(count) {
      const msisdns = Array.from({ length: count }, (_one, at) => `+37529${String(2_000_000 + at)}`)
      const left = [...msisdns]
      const put = async () => {
        for (let msisdn = left.pop(); msisdn; msisdn = left.pop()) {
          const { status } = await fetch(`http://127.0.0.1:${port}/subscribers/${msisdn}`, {
            method: 'PUT',
            headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
            body: '{"language":"ru"}',
          })
          if (status >= 500) left.push(msisdn)
        }
      }
      await Promise.all(Array.from({ length: 16 }, put))
      return msisdns
    },

    async memory() {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
    },

    async close() {
      child.kill('SIGKILL')
      await exited
      await redis.stop()
    },
  }
}

import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { startRedisServer } from '../../support/redis/redis-server.ts'

/** The gateway under load, in its own process and on its own Redis. */
export interface Target {
  readonly port: number
  /** Registers subscribers with the language `ru` and returns their numbers. */
  register(count: number): Promise<readonly string[]>
  /** Resident bytes of the gateway, from its metrics. */
  memory(): Promise<number>
  close(): Promise<void>
}

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const ADMIN_TOKEN = randomBytes(16).toString('hex')

/** Starts Redis and the gateway with these settings. Throws, and stops Redis, when the gateway does not start. */
export async function startTarget(env: Readonly<Record<string, string>>): Promise<Target> {
  const redis = await startRedisServer()
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
  async function close() {
    child.kill('SIGKILL')
    await exited
    await redis.stop()
  }
  try {
    const port = await listeningPort(child)
    const url = `http://127.0.0.1:${port}`
    return { port, register: (count) => register(url, count), memory: () => residentBytes(url), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Resolves with the port that the log names; rejects when the gateway exits first. */
function listeningPort(child: ChildProcessByStdio<null, Readable, null>): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = ''
    // Read to the end, although only the start is used: writing the log is part of the cost of a turn.
    child.stdout.on('data', (text: Buffer) => {
      if (log.length > 10_000) return
      log += text.toString()
      const found = /"event":"server.listening".*?"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(log)
      if (found) resolve(Number(found[1]))
    })
    child.once('exit', (code) => reject(new Error(`The gateway did not start (exit code ${code}).`)))
  })
}

async function register(url: string, count: number): Promise<readonly string[]> {
  const msisdns = Array.from({ length: count }, (_one, at) => `+37529${String(2_000_000 + at)}`)
  const left = [...msisdns]
  const put = async () => {
    for (let msisdn = left.pop(); msisdn; msisdn = left.pop()) {
      const { status } = await fetch(`${url}/subscribers/${msisdn}`, {
        method: 'PUT',
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
        body: '{"language":"ru"}',
      })
      if (status >= 500) left.push(msisdn)
    }
  }
  await Promise.all(Array.from({ length: 16 }, put))
  return msisdns
}

async function residentBytes(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1])
}

/** One run: a gateway and a Redis of its own, callbacks, and a look at everything that was written. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { dialects } from '../../../src/dialects/index.ts'
import { auditKeyspace } from '../../../src/store/redis/keyspace-audit.ts'
import type { KeyspaceReport } from '../../../src/store/redis/keyspace-audit.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import { startChild } from './child.ts'
import type { Memory } from './child.ts'
import { marks } from './corpus.ts'
import { spokenDialects } from '../chaos/dialects.ts'
import { createTally, fuzzLane } from './dialogues.ts'
import type { Tally } from './dialogues.ts'
import { filesIn, marksIn, searchFiles } from './leaks.ts'
import { createMutations } from './mutate.ts'

export interface Fuzzed {
  readonly tally: Tally
  readonly seconds: number
  /** At the start, after half of the callbacks, and at the end. */
  readonly memory: readonly [Memory, Memory, Memory]
  readonly crashed: boolean
  readonly census: KeyspaceReport
  /** Places in which a secret stands. */
  readonly leaks: readonly string[]
  /** Bytes of log and store that were looked through. */
  readonly searched: number
  /** Codes of faults in the log, and how often. */
  readonly faults: ReadonlyMap<string, number>
}

const [, , , , token] = marks

/** Every dialect, and the forms of Nalo and Hubtel whose callbacks carry no session id or no number. */
const spoken = [
  ...Object.values(dialects),
  ...spokenDialects.filter(({ name, dialect }) => name !== dialect.name).map(({ dialect }) => dialect),
]

/** What differs from a gateway's defaults: numbers to be served, and a log that tells all it can. */
export const settings = { CALLBACK_TOKEN: token, DEMO: 'on', LOG_LEVEL: 'debug' } as const

/** @param onProgress hears how many callbacks were answered, every two seconds */
export async function fuzz(options: {
  readonly callbacks: number
  readonly connections: number
  readonly seed: number
  readonly onProgress: (sent: number) => void
}): Promise<Fuzzed> {
  const { callbacks, connections, seed } = options
  // Everything that is written stays in its file, and every command in the slow log.
  const server = await startRedisServer({
    args: [
      '--appendfsync',
      'everysec',
      '--auto-aof-rewrite-percentage',
      '0',
      '--slowlog-log-slower-than',
      '0',
      '--slowlog-max-len',
      '2000',
    ],
  })
  const redis = new Redis(server.url)
  const logFile = join(server.dir, 'gateway.log')
  const env = {
    PORT: '0',
    REDIS_URL: server.url,
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    ...settings,
  }
  const child = await startChild(env, logFile)
  const tally = createTally()
  const mutate = createMutations(seed)
  const timer = setInterval(() => options.onProgress(tally.sent), 2000)
  try {
    const until = async (sent: number) =>
      void (await Promise.all(
        Array.from({ length: connections }, (_, lane) =>
          fuzzLane({
            url: child.url,
            token,
            dialects: spoken,
            mutate,
            seed: seed * 1_000_003 + sent + lane,
            until: sent,
            tally,
          }),
        ),
      ))
    // What a process needs once, caches and compiled code, is not what grows.
    await until(Math.floor(callbacks / 10))
    const start = await child.memory()
    const beganAt = performance.now()
    const before = tally.sent
    await until(Math.floor(callbacks / 2))
    const middle = await child.memory()
    await until(callbacks)
    const seconds = ((performance.now() - beganAt) / 1000) * (tally.sent / (tally.sent - before))
    const end = await child.memory()
    const metrics = await (await fetch(`${child.url}/metrics`)).text()
    const slow = JSON.stringify(await redis.slowlog('GET', '2000'))
    const census = await auditKeyspace({ redis })
    const crashed = child.hasEnded()
    await child.stop()
    const searched = await searchFiles(await filesIn(server.dir))
    const inText = (text: string, where: string) => marksIn(text).map((mark) => `${mark} in ${where}`)
    return {
      tally,
      seconds,
      memory: [start, middle, end],
      crashed,
      census,
      leaks: [...inText(metrics, '/metrics'), ...inText(slow, 'the slow log'), ...searched.found],
      searched: searched.bytes + metrics.length + slow.length,
      faults: await faultsIn(logFile),
    }
  } finally {
    clearInterval(timer)
    await child.stop()
    redis.disconnect()
    await server.stop()
  }
}

async function faultsIn(logFile: string): Promise<ReadonlyMap<string, number>> {
  const faults = new Map<string, number>()
  const file = await open(logFile)
  for await (const line of file.readLines()) {
    const code = /"fault":"(\w+)"/.exec(line)?.[1] ?? (line.startsWith('{') ? undefined : 'not JSON')
    if (code !== undefined) faults.set(code, (faults.get(code) ?? 0) + 1)
  }
  return faults
}

import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { dialects } from '../../../src/dialects/index.ts'
import { auditKeyspace } from '../../../src/store/redis/keyspace-audit.ts'
import type { KeyspaceReport } from '../../../src/store/redis/keyspace-audit.ts'
import { withCleanup } from '../../support/cleanup.ts'
import { startGatewayProcess } from '../../support/gateway-process.ts'
import type { GatewayProcess } from '../../support/gateway-process.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import { canaries } from './corpus.ts'
import { spokenDialects } from '../chaos/dialects.ts'
import { createTally, sendCallbacks } from './dialogues.ts'
import type { Tally } from './dialogues.ts'
import { filesIn, canariesIn, searchFiles } from './leaks.ts'
import { createMutations } from './mutate.ts'

/** Memory in bytes, after garbage collection. */
type Memory = Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed'>

/** The result of a fuzzing run. */
export interface FuzzResult {
  readonly tally: Tally
  readonly seconds: number
  /** After the warm-up, after half of the callbacks, and at the end. */
  readonly memory: readonly [Memory, Memory, Memory]
  readonly crashed: boolean
  readonly keyspace: KeyspaceReport
  /** Places where a secret was found. */
  readonly leaks: readonly string[]
  /** Bytes of log, store and metrics searched for secrets. */
  readonly searched: number
  /** Counts of fault codes in the log. */
  readonly faults: ReadonlyMap<string, number>
}

const token = canaries[4]
const MEMORY_TIMEOUT_MS = 30_000

/** Keeps every write in the append-only file and every command in the slow log, so that all of it can be searched. */
const REDIS_ARGS = (
  '--appendfsync everysec --auto-aof-rewrite-percentage 0 ' +
  '--slowlog-log-slower-than 0 --slowlog-max-len 2000'
).split(' ')

/** Every dialect, and the variants of Nalo and Hubtel without a session id or a sequence number. */
const testedDialects = [
  ...Object.values(dialects),
  ...spokenDialects.filter(({ name, dialect }) => name !== dialect.name).map(({ dialect }) => dialect),
]

/** Settings that differ from the defaults: demo subscribers and the most detailed log. */
export const settings = { CALLBACK_TOKEN: token, DEMO: 'on', LOG_LEVEL: 'debug' } as const

/** Runs the fuzzer once; `onProgress` gets the number of callbacks sent every two seconds. */
export function fuzz(options: {
  readonly callbacks: number
  readonly connections: number
  readonly seed: number
  readonly onProgress: (sent: number) => void
}): Promise<FuzzResult> {
  const { callbacks, connections, seed } = options
  return withCleanup(async (defer) => {
    const server = await startRedisServer({ args: REDIS_ARGS })
    defer(() => server.stop())
    const redis = new Redis(server.url)
    defer(() => redis.disconnect())
    const logFile = join(server.dir, 'gateway.log')
    const execArgv = ['--expose-gc', '--import', new URL('memory-probe.ts', import.meta.url).href]
    const gateway = await startGatewayProcess({ REDIS_URL: server.url, ...settings }, { logFile, execArgv })
    defer(() => gateway.stop())
    const tally = createTally()
    const timer = setInterval(() => options.onProgress(tally.sent), 2000)
    defer(() => clearInterval(timer))

    const mutate = createMutations(seed)
    const shared = { url: gateway.url, token, dialects: testedDialects, mutate, tally }
    const sendUntil = async (until: number) => {
      const lanes = Array.from({ length: connections }, (_, number) =>
        sendCallbacks({ ...shared, seed: seed * 1_000_003 + until + number, until }),
      )
      await Promise.all(lanes)
    }
    // Caches and compiled code grow during warm-up; only later growth is a leak.
    await sendUntil(Math.floor(callbacks / 10))
    const start = await memoryOf(gateway)
    const startedMs = performance.now()
    const warmUp = tally.sent
    await sendUntil(Math.floor(callbacks / 2))
    const middle = await memoryOf(gateway)
    await sendUntil(callbacks)
    const seconds = ((performance.now() - startedMs) / 1000) * (tally.sent / (tally.sent - warmUp))
    const end = await memoryOf(gateway)
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    const slowLog = JSON.stringify(await redis.slowlog('GET', '2000'))
    const keyspace = await auditKeyspace({ redis })
    const crashed = gateway.hasEnded()
    await gateway.stop()
    const files = await searchFiles(await filesIn(server.dir))
    const leaksIn = (text: string, where: string) => canariesIn(text).map((canary) => `${canary} in ${where}`)
    return {
      tally,
      seconds,
      memory: [start, middle, end],
      crashed,
      keyspace,
      leaks: [...leaksIn(metrics, '/metrics'), ...leaksIn(slowLog, 'the slow log'), ...files.found],
      searched: files.bytes + metrics.length + slowLog.length,
      faults: await faultsIn(logFile),
    }
  })
}

async function memoryOf({ process }: GatewayProcess): Promise<Memory> {
  const signal = AbortSignal.timeout(MEMORY_TIMEOUT_MS)
  process.send('memory')
  const [memory] = (await once(process, 'message', { signal })) as [Memory]
  return memory
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

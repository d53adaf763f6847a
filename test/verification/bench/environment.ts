/** The processes of a run: three Redis servers and one process for each server of the variants. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Defer } from '../../support/cleanup.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import { createCores } from './cores.ts'
import { startRedisCluster } from '../../support/redis/redis-cluster.ts'
import { observeRedis, observeTogether } from './redis-usage.ts'
import type { RedisObserver } from './redis-usage.ts'
import { compileServers, startServer } from './server-process.ts'
import type { BenchServer } from './server-process.ts'
import { serverSpecs } from './variants.ts'
import type { RedisUrls } from './variants.ts'

export interface Environment {
  readonly token: string
  readonly pinning: string
  readonly redis: Readonly<Record<keyof RedisUrls, RedisObserver>>
  /** Throws for a server that was not asked for. */
  readonly server: (name: string) => BenchServer
  readonly isGateway: (name: string) => boolean
}

/** Hashing shares a core with turns in production only when there is no other. Workers need a core each. */
const ON_BOTH_CORES = new Set(['passwords', 'workers-1', 'workers-2'])

/** Compiles and starts everything. `defer` stops it again. */
export async function startEnvironment(
  names: readonly string[],
  { defer, progress }: { readonly defer: Defer; readonly progress: (line: string) => void },
): Promise<Environment> {
  progress('compiling')
  await compileServers()
  const cores = createCores()
  // Children inherit the core.
  cores.moveAway(process.pid)
  const logs = await mkdtemp(join(tmpdir(), 'ussd-bench-'))
  defer(() => rm(logs, { recursive: true, force: true }))

  const startRedis = async () => {
    const server = await startRedisServer({ args: ['--appendonly', 'no'] })
    defer(() => server.stop())
    const observer = observeRedis(server.url)
    defer(() => observer.close())
    return { url: server.url, observer }
  }
  const main = await startRedis()
  const thousand = names.includes('sessions-1k') ? await startRedis() : main
  const million = names.includes('sessions-1m') ? await startRedis() : main

  const startCluster = async () => {
    const cluster = await startRedisCluster({ replicasEach: 0, args: ['--appendonly', 'no'] })
    defer(() => cluster.stop())
    const [first, ...rest] = cluster.addresses.map((address) => observeRedis(`redis://${address}`))
    if (!first) throw new Error('The cluster has no nodes.')
    const observer = observeTogether([first, ...rest])
    defer(() => observer.close())
    return { addresses: cluster.addresses, observer }
  }
  const cluster = names.includes('cluster')
    ? await startCluster()
    : { addresses: [], observer: main.observer }

  const token = randomBytes(16).toString('hex')
  const secretsKey = randomBytes(32).toString('base64')
  const urls = { main: main.url, thousand: thousand.url, million: million.url, cluster: cluster.addresses }
  const specs = serverSpecs(urls, { token, secretsKey })
  const servers = new Map<string, BenchServer>()
  for (const name of names) {
    const spec = specs[name]
    if (!spec) throw new Error(`There is no server '${name}'.`)
    const on = ON_BOTH_CORES.has(name) ? 'both' : 'server'
    const server = await startServer(spec, { logFile: join(logs, `${name}.log`), cores, on })
    defer(() => server.stop())
    servers.set(name, server)
  }
  progress(`started ${servers.size} servers. ${cores.description}`)
  return {
    token,
    pinning: cores.description,
    redis: {
      main: main.observer,
      thousand: thousand.observer,
      million: million.observer,
      cluster: cluster.observer,
    },
    server(name) {
      const server = servers.get(name)
      if (!server) throw new Error(`The server '${name}' is not started.`)
      return server
    },
    isGateway: (name) => specs[name]?.kind === 'ours',
  }
}

import type { Config, StoreConfig } from './config.ts'
import { UssdError } from './engine/errors.ts'
import type { Store } from './gateway/ports.ts'
import type { Log } from './log.ts'
import type { ReadinessCheck } from './http/readiness.ts'
import { createMemoryStore } from './store/memory.ts'
import { createRedisClient } from './store/redis/client.ts'
import { nodesOfBuckets } from './store/redis/nodes.ts'
import { checkRedisConfig } from './store/redis/config-check.ts'
import { createRedisProbe } from './store/redis/probe.ts'
import { createRedisStore } from './store/redis/store.ts'
import { createWriteCheck } from './store/write-check.ts'

export interface OpenedStore {
  readonly store: Store
  /** Checks the store at start. Rejects with `USSD_MISCONFIGURED` when it must not be used. */
  readonly check?: () => Promise<void>
  /** Readiness checks to repeat while the process runs, by name. */
  readonly checks?: Readonly<Record<string, ReadinessCheck>>
  /** Maps a bucket to its cluster node; `undefined` when the store is not a cluster. */
  readonly nodeOf?: ((bucket: number) => string) | undefined
}

/** Opens the configured store. */
export function openStore(config: Config, log: Log): OpenedStore {
  if (config.store.kind === 'embedded') {
    log.warning('the embedded store forgets everything on exit; set REDIS_URL to keep it')
    const store = createMemoryStore()
    return { store, checks: { writes: createWriteCheck(store) } }
  }
  // With Redis, these two are usually a mistake.
  if (config.demo)
    log.warning('DEMO is on: the demo subscribers, whose PUK1 codes are public, are registered in Redis')
  if (config.simulator) log.warning('SIMULATOR is on: clients of /handsets can act as any subscriber')
  const { replicas } = config.store
  const client = createRedisClient(
    config.store.kind === 'redis' ? { url: config.store.url } : { clusterNodes: config.store.nodes },
  )
  const probe = createRedisProbe({
    client,
    replicas,
    // Readiness does not cover a single master of a cluster.
    ...(config.store.kind === 'cluster' && {
      onChange: (node, verdict) =>
        verdict.kind === 'misconfigured'
          ? log.warning('a master is not used', { node, reason: verdict.message })
          : log.event('a master is used again', { node }),
    }),
  })
  return {
    store: probe.guard(createRedisStore({ client, replicas })),
    nodeOf: nodesOfBuckets(client),
    checks: { redis: () => probe.check() },
    /** Rejects a misconfigured Redis. An absent one is only a warning: turns retry by themselves. */
    async check() {
      const isUp = await client.whenReady(2000)
      const rejection = client.rejection()
      if (!isUp && rejection === undefined) {
        log.warning('Redis does not answer yet', { cause: client.lastFault() ?? 'unknown' })
        return
      }
      const problems = [...(await probe.run())].flatMap(([node, verdict]) =>
        verdict.kind === 'misconfigured'
          ? [`Redis at ${addressOf(config.store, node)}: ${verdict.message}`]
          : [],
      )
      if (!isUp && problems.length === 0) problems.push(`Redis: ${rejection}`)
      if (problems.length > 0) throw new UssdError('USSD_MISCONFIGURED', { detail: problems.join(' ') })
      for (const { kind, message } of await checkRedisConfig(client, replicas)) {
        if (kind === 'warning') log.warning(message)
      }
    },
  }
}

/** Returns the address for a message, without user and password. */
const addressOf = (store: StoreConfig, node: string): string =>
  store.kind === 'redis' ? new URL(store.url).host : node

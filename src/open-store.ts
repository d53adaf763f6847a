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
  /** Checks the store before the process serves: rejects with `USSD_MISCONFIGURED` when it must not be used. */
  readonly check?: () => Promise<void>
  /** What is checked again and again while the process serves, by name. */
  readonly checks?: Readonly<Record<string, ReadinessCheck>>
  /** Of a cluster: the node a bucket lies on. */
  readonly nodeOf?: ((bucket: number) => string) | undefined
}

/** The store that is configured. */
export function openStore(config: Config, log: Log): OpenedStore {
  if (config.store.kind === 'embedded') {
    log.warning('the embedded store forgets everything on exit; set REDIS_URL to keep it')
    const store = createMemoryStore()
    return { store, checks: { writes: createWriteCheck(store) } }
  }
  // On a Redis these are somebody's mistake more often than not.
  if (config.demo) log.warning('DEMO is on: subscribers whose PUK1 everybody knows are registered in Redis')
  if (config.simulator) log.warning('SIMULATOR is on: whoever may use /handsets is every subscriber at once')
  const { replicas } = config.store
  const client = createRedisClient(
    config.store.kind === 'redis' ? { url: config.store.url } : { clusterNodes: config.store.nodes },
  )
  const probe = createRedisProbe({
    client,
    replicas,
    // Of one master of several, readiness says nothing.
    ...(config.store.kind === 'cluster' && {
      onChange: (node, verdict) =>
        verdict.kind === 'misconfigured'
          ? log.warning('a master is not used', { node, reason: verdict.says })
          : log.event('a master is used again', { node }),
    }),
  })
  return {
    store: probe.guard(createRedisStore({ client, replicas })),
    nodeOf: nodesOfBuckets(client),
    checks: { redis: () => probe.check() },
    /** A Redis that is misconfigured is refused; one that is not there yet is waited for by the turns themselves. */
    async check() {
      const isUp = await client.whenReady(2000)
      const rejection = client.rejection()
      if (!isUp && rejection === undefined) {
        log.warning('Redis does not answer yet', { cause: client.lastFault() ?? 'unknown' })
        return
      }
      const found = [...(await probe.run())]
      const problems = found.flatMap(([node, verdict]) =>
        verdict.kind === 'misconfigured'
          ? [`Redis at ${addressOf(config.store, node)}: ${verdict.says}`]
          : [],
      )
      if (!isUp && problems.length === 0) problems.push(`Redis: ${rejection}`)
      if (problems.length > 0) throw new UssdError('USSD_MISCONFIGURED', { detail: problems.join(' ') })
      for (const { kind, message: says } of await checkRedisConfig(client, replicas)) {
        if (kind === 'warning') log.warning(says)
      }
    },
  }
}

/** The address for a sentence, without user and password. A cluster's nodes go by theirs. */
const addressOf = (store: StoreConfig, node: string): string =>
  store.kind === 'redis' ? new URL(store.url).host : node

import type { Config, StoreConfig } from './config.ts'
import { UssdError } from './engine/errors.ts'
import type { Store } from './gateway/ports.ts'
import type { Log } from './log.ts'
import type { ReadinessCheck } from './http/readiness.ts'
import { createMemoryStore } from './store/memory.ts'
import { createNodeLookup, createRedisClient } from './store/redis/client.ts'
import { checkRedisConfig } from './store/redis/config-check.ts'
import { createRedisProbe } from './store/redis/probe.ts'
import { createRedisStore } from './store/redis/store.ts'
import { createWriteCheck } from './store/write-check.ts'

export interface OpenedStore {
  readonly store: Store
  /** Checks the store once, before the process serves. Rejects with `USSD_MISCONFIGURED` when it must not be used. */
  readonly check?: () => Promise<void>
  /** Readiness checks, by name. */
  readonly checks?: Readonly<Record<string, ReadinessCheck>>
  /** The node of a cluster that holds a bucket. */
  readonly nodeOf?: ((bucket: number) => string) | undefined
}

/** Opens the configured store. `warns`: logs settings that are unsafe; one of several workers is enough. */
export function openStore(config: Config, log: Log, { warns }: { readonly warns: boolean }): OpenedStore {
  if (config.store.kind === 'embedded') {
    log.warning('store.ephemeral')
    const store = createMemoryStore()
    return { store, checks: { writes: createWriteCheck(store) } }
  }
  // With Redis these settings are usually a mistake.
  if (warns && config.demo) {
    const message = 'DEMO is on: subscribers with publicly known PUK1 codes are registered in Redis'
    log.warning('config.insecure', { message })
  }
  if (warns && config.simulator) {
    const message = 'SIMULATOR is on: callers of /handsets can act as any subscriber'
    log.warning('config.insecure', { message })
  }
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
          ? log.warning('store.node.suspended', { node, reason: verdict.message })
          : log.event('store.node.restored', { node }),
    }),
  })
  return {
    store: probe.guard(createRedisStore({ client, replicas })),
    nodeOf: createNodeLookup(client),
    checks: { redis: () => probe.check() },
    /** Rejects a misconfigured Redis. Does not wait for one that is down: turns fail until it answers. */
    async check() {
      const isUp = await client.whenReady(2000)
      const rejection = client.rejection()
      if (!isUp && rejection === undefined) {
        log.warning('store.unavailable', { cause: client.lastFault() ?? 'unknown' })
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
        if (warns && kind === 'warning') log.warning('store.config.weak', { message })
      }
    },
  }
}

/** The address for messages, without user and password. */
const addressOf = (store: StoreConfig, node: string): string =>
  store.kind === 'redis' ? new URL(store.url).host : node

import type { Config } from './config.ts'
import { UssdError } from './engine/errors.ts'
import type { Store } from './gateway/ports.ts'
import type { Log } from './log.ts'
import { createMemoryStore } from './store/memory.ts'
import { createRedisClient } from './store/redis/client.ts'
import { nodesOfBuckets } from './store/redis/nodes.ts'
import { checkRedisPolicy } from './store/redis/policy.ts'
import { createRedisStore } from './store/redis/store.ts'

export interface Opened {
  readonly store: Store
  /** What is to be looked at before it is relied on; it rejects what loses records. */
  readonly check: () => Promise<void>
  /** Of a cluster: the node a bucket lies on. */
  readonly nodeOf?: ((bucket: number) => string) | undefined
}

/** The store that is configured. */
export function openStore(config: Config, log: Log): Opened {
  if (config.store.kind === 'embedded') {
    log.warning('the embedded store forgets everything on exit; set REDIS_URL to keep it')
    return { store: createMemoryStore(), check: async () => {} }
  }
  // On a Redis these are somebody's mistake more often than not.
  if (config.demo) log.warning('DEMO is on: subscribers whose PUK1 everybody knows are registered in Redis')
  if (config.simulator) log.warning('SIMULATOR is on: whoever may use /handsets is every subscriber at once')
  const client = createRedisClient(
    config.store.kind === 'redis' ? { url: config.store.url } : { clusterNodes: config.store.nodes },
  )
  return {
    store: createRedisStore({ client }),
    nodeOf: nodesOfBuckets(client),
    /** A Redis that drops records is refused; one that is not there yet is waited for by the turns themselves. */
    async check() {
      if (!(await client.whenReady(2000))) {
        log.warning('Redis does not answer yet', { cause: client.lastFault() ?? 'unknown' })
        return
      }
      const findings = await checkRedisPolicy(client)
      for (const { kind, says } of findings) if (kind === 'warning') log.warning(says)
      const problems = findings.filter(({ kind }) => kind === 'problem').map(({ says }) => says)
      if (problems.length > 0) throw new UssdError('USSD_MISCONFIGURED', { detail: problems.join(' ') })
    },
  }
}

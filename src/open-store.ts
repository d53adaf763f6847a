import type { Config } from './config.ts'
import { UssdError } from './engine/errors.ts'
import type { Store } from './gateway/ports.ts'
import type { Log } from './log.ts'
import { createMemoryStore } from './store/memory.ts'
import { createRedisClient } from './store/redis/client.ts'
import { checkRedisPolicy } from './store/redis/policy.ts'
import { createRedisStore } from './store/redis/store.ts'

/** The store that is configured, and what is to be looked at before it is relied on; `check` rejects what loses records. */
export function openStore(config: Config, log: Log): { store: Store; check: () => Promise<void> } {
  if (config.store.kind === 'embedded') {
    log.warning('the embedded store forgets everything on exit; set REDIS_URL to keep it')
    return { store: createMemoryStore(), check: async () => {} }
  }
  const { replicas } = config.store
  const client = createRedisClient(
    config.store.kind === 'redis' ? { url: config.store.url } : { clusterNodes: config.store.nodes },
  )
  return {
    store: createRedisStore({ client, replicas }),
    /** A Redis that drops records is refused; one that is not there yet is waited for by the turns themselves. */
    async check() {
      if (!(await client.whenReady(2000))) {
        log.warning('Redis does not answer yet', { cause: client.lastFault() ?? 'unknown' })
        return
      }
      const findings = await checkRedisPolicy(client, replicas)
      for (const { kind, says } of findings) if (kind === 'warning') log.warning(says)
      const problems = findings.filter(({ kind }) => kind === 'problem').map(({ says }) => says)
      if (problems.length > 0) throw new UssdError('USSD_MISCONFIGURED', { detail: problems.join(' ') })
    },
  }
}

import { Cluster, type Redis } from 'ioredis'
import type { RedisClient } from './client.ts'

/** What speaks against a Redis: a problem loses records that were confirmed, a warning may. A sentence each. */
export interface PolicyFinding {
  readonly kind: 'problem' | 'warning'
  readonly says: string
}

/**
 * Looks at the settings of Redis that decide whether a commit lasts: eviction, the append-only file, the version, and whether
 * `replicas` (how many must have a commit) fits those that are attached. Asks every master of a cluster. What a managed
 * Redis does not let us read becomes a warning; it never rejects.
 */
export async function checkRedisPolicy(
  { redis }: RedisClient,
  replicas = 0,
): Promise<readonly PolicyFinding[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  return (await Promise.all(nodes.map((node) => check(node, replicas)))).flat()
}

async function check(redis: Redis, replicas: number): Promise<readonly PolicyFinding[]> {
  const where = `Redis at ${redis.options.host}:${redis.options.port}`
  const info = fieldsOf(await redis.info().catch(() => ''))
  const version = info.get('redis_version')
  const eviction = info.get('maxmemory_policy') ?? (await setting(redis, 'maxmemory-policy'))
  const appendOnly = info.get('aof_enabled')
  const fsync = await setting(redis, 'appendfsync')

  const findings: PolicyFinding[] = []
  const problem = (says: string) => findings.push({ kind: 'problem', says: `${where}: ${says}` })
  const warning = (says: string) => findings.push({ kind: 'warning', says: `${where}: ${says}` })

  if (version && !atLeast(version, [6, 2]))
    problem(`version ${version} is too old, 6.2 is the first that serves.`)
  if (!eviction) warning('maxmemory-policy could not be read; it must be noeviction.')
  else if (eviction !== 'noeviction') {
    problem(`maxmemory-policy is ${eviction} and may drop subscriber records; it must be noeviction.`)
  }
  if (!appendOnly) warning('appendonly could not be read; it should be yes.')
  else if (appendOnly !== '1') warning('appendonly is no: a restart loses every record; it should be yes.')
  else if (!fsync) warning('appendfsync could not be read; it should be always.')
  else if (fsync !== 'always') {
    warning(`appendfsync is ${fsync}: a power cut loses changes already confirmed; it should be always.`)
  }
  const attached = [...info].filter(([name, of]) => /^slave\d+$/.test(name) && of.includes('state=online'))
  const leastToWrite = replicas > 0 ? await setting(redis, 'min-replicas-to-write') : undefined
  if (attached.length < replicas) {
    // No problem: it is how a cluster looks after a failover, and whoever starts then can still serve the other nodes' part.
    warning(
      `${attached.length} replicas are attached and REDIS_REPLICAS is ${replicas}: until there are as many, nothing is changed.`,
    )
  } else if (replicas === 0 && attached.length > 0) {
    warning(
      'it has replicas and REDIS_REPLICAS is 0: a failover may lose changes already confirmed; it should be 1.',
    )
  }
  if (leastToWrite === '0') {
    warning('min-replicas-to-write is 0: cut off from its replicas it goes on writing; it should be 1.')
  }
  const isCluster = info.get('redis_mode') === 'cluster'
  if (isCluster && (await setting(redis, 'cluster-require-full-coverage')) === 'yes') {
    warning(
      'cluster-require-full-coverage is yes: while one master is replaced no other serves; it should be no.',
    )
  }
  return findings
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const reply: unknown = await redis.config('GET', name).catch(() => undefined)
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined
}

function fieldsOf(info: string): Map<string, string> {
  return new Map(
    info.split('\r\n').map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1)]),
  )
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}

import { Cluster, type Redis } from 'ioredis'
import { isLoopback } from '../../loopback.ts'
import type { RedisClient } from './client.ts'

/** What speaks against a Redis: a problem loses records that were confirmed, a warning may. A sentence each. */
export interface ConfigFinding {
  readonly kind: 'problem' | 'warning'
  readonly message: string
}

/**
 * Looks at the settings of Redis that decide whether a commit lasts: version, eviction, append-only file, and whether `replicas`
 * (how many must have a commit) fits those that are attached; and whether strangers may change it. Asks every master of a
 * cluster. What a managed Redis does not let us read becomes a warning; it never rejects. Only what loses records while all goes
 * well is a problem: what a restart, a power cut or a failover loses is the operator's to weigh, and the stock settings of Redis
 * do not stop anybody from trying the gateway out.
 */
export async function checkRedisConfig(
  { redis }: RedisClient,
  replicas = 0,
): Promise<readonly ConfigFinding[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  return (await Promise.all(nodes.map((node) => check(node, replicas)))).flat()
}

async function check(redis: Redis, replicas: number): Promise<readonly ConfigFinding[]> {
  const where = `Redis at ${redis.options.host}:${redis.options.port}`
  const info = fieldsOf(await redis.info().catch(() => ''))
  const version = info.get('redis_version')
  const eviction = info.get('maxmemory_policy') ?? (await setting(redis, 'maxmemory-policy'))
  const appendOnly = info.get('aof_enabled')
  const fsync = await setting(redis, 'appendfsync')

  const findings: ConfigFinding[] = []
  const problem = (says: string) => findings.push({ kind: 'problem', message: `${where}: ${says}` })
  const warning = (says: string) => findings.push({ kind: 'warning', message: `${where}: ${says}` })

  for (const says of requirementProblem({ version, eviction })) problem(says)
  if (!eviction) warning('maxmemory-policy could not be read; it must be noeviction.')
  if (!appendOnly) warning('appendonly could not be read; it should be yes.')
  else if (appendOnly !== '1') warning('appendonly is no: a restart loses every record; it should be yes.')
  else if (!fsync) warning('appendfsync could not be read; it should be always.')
  else if (fsync !== 'always') {
    warning(`appendfsync is ${fsync}: a power cut loses changes already confirmed; it should be always.`)
  } else if ((await setting(redis, 'no-appendfsync-on-rewrite')) === 'yes') {
    warning(
      'no-appendfsync-on-rewrite is yes: while the file is rewritten, a power cut loses changes; it should be no.',
    )
  }
  if (!isLoopback(redis.options.host ?? 'localhost') && (await allowsAnyone(redis))) {
    warning('it serves without a password: whoever reaches it may read and change every record.')
  }
  const attached = [...info].filter(([name, of]) => /^slave\d+$/.test(name) && of.includes('state=online'))
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
  if (replicas > 0 && (await setting(redis, 'min-replicas-to-write')) === '0') {
    const why = 'a master that is cut off goes on confirming changes, and a failover loses them'
    warning(`min-replicas-to-write is 0: ${why}; it should be 1 or more.`)
  }
  const isCluster = info.get('redis_mode') === 'cluster'
  if (isCluster && (await setting(redis, 'cluster-require-full-coverage')) === 'yes') {
    warning(
      'cluster-require-full-coverage is yes: while one master is replaced no other serves; it should be no.',
    )
  }
  return findings
}

/** The reasons, a sentence each, not to use a Redis of this version and `maxmemory-policy`. What could not be read is no reason. */
export function requirementProblem({
  version,
  eviction,
}: {
  readonly version: string | undefined
  readonly eviction: string | undefined
}): readonly string[] {
  const reasons: string[] = []
  if (version && !atLeast(version, [6, 2])) {
    reasons.push(`version ${version} is too old, 6.2 is the first that serves.`)
  }
  if (eviction && eviction !== 'noeviction') {
    reasons.push(`maxmemory-policy is ${eviction} and may drop subscriber records; it must be noeviction.`)
  }
  return reasons
}

/** Whether the default user needs no password: we gave none, or may see that others need not. */
async function allowsAnyone(redis: Redis): Promise<boolean> {
  if (redis.options.password === undefined) return true
  const user: unknown = await redis.acl('GETUSER', 'default').catch(() => undefined)
  const flags: unknown = Array.isArray(user) ? user[user.indexOf('flags') + 1] : undefined
  return Array.isArray(flags) && flags.includes('on') && flags.includes('nopass')
}

/** A setting of Redis, `undefined` where it may not be read. */
export async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const reply: unknown = await redis.config('GET', name).catch(() => undefined)
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined
}

/** The fields of a reply of `INFO`. */
export function fieldsOf(info: string): Map<string, string> {
  return new Map(
    info.split('\r\n').map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1)]),
  )
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}

import { Cluster, type Redis } from 'ioredis'
import { isLoopback } from '../../loopback.ts'
import type { RedisClient } from './client.ts'

/** A finding about the configuration of Redis. A `problem` loses confirmed records; a `warning` may lose them. */
export interface ConfigFinding {
  readonly kind: 'problem' | 'warning'
  readonly message: string
}

/**
 * Checks the configuration of Redis, on every master of a cluster: version, eviction, append-only file, replicas and access.
 * `replicas` is the number of replicas that must have a commit. A setting that a managed Redis hides becomes a warning. Never
 * rejects.
 *
 * Only a setting that loses records in normal operation is a problem. Losses on a restart, a power cut or a failover are the
 * operator's choice, and a Redis with default settings must be good enough to try the gateway out.
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
  const problem = (text: string) => findings.push({ kind: 'problem', message: `${where}: ${text}` })
  const warning = (text: string) => findings.push({ kind: 'warning', message: `${where}: ${text}` })

  for (const text of requirementProblems({ version, eviction })) problem(text)
  if (!eviction) warning('maxmemory-policy cannot be read; it must be noeviction.')
  if (!appendOnly) warning('appendonly cannot be read; it should be yes.')
  else if (appendOnly !== '1') warning('appendonly is no: a restart loses every record; it should be yes.')
  else if (!fsync) warning('appendfsync cannot be read; it should be always.')
  else if (fsync !== 'always') {
    warning(`appendfsync is ${fsync}: a power cut loses confirmed changes; it should be always.`)
  } else if ((await setting(redis, 'no-appendfsync-on-rewrite')) === 'yes') {
    warning(
      'no-appendfsync-on-rewrite is yes: a power cut during a rewrite loses confirmed changes; it should be no.',
    )
  }
  if (!isLoopback(redis.options.host ?? 'localhost') && (await allowsAnyone(redis))) {
    warning('it requires no password: every client on the network can read and change every record.')
  }
  const attached = [...info].filter(
    ([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online'),
  )
  if (attached.length < replicas) {
    // Not a problem: a cluster is in this state after a failover, and a gateway that starts then can use the other masters.
    warning(
      `${attached.length} replicas are attached and REDIS_REPLICAS is ${replicas}: every commit fails until enough are attached.`,
    )
  } else if (replicas === 0 && attached.length > 0) {
    warning('it has replicas and REDIS_REPLICAS is 0: a failover may lose confirmed changes; it should be 1.')
  }
  if (replicas > 0 && (await setting(redis, 'min-replicas-to-write')) === '0') {
    const why = 'a master cut off from its replicas still confirms changes, which a failover loses'
    warning(`min-replicas-to-write is 0: ${why}; it should be 1 or more.`)
  }
  const isCluster = info.get('redis_mode') === 'cluster'
  if (isCluster && (await setting(redis, 'cluster-require-full-coverage')) === 'yes') {
    warning('cluster-require-full-coverage is yes: one failed master stops all others; it should be no.')
  }
  return findings
}

/** Lists the reasons to reject a Redis for its version and `maxmemory-policy`; `undefined` means unreadable and passes. */
export function requirementProblems({
  version,
  eviction,
}: {
  readonly version: string | undefined
  readonly eviction: string | undefined
}): readonly string[] {
  const reasons: string[] = []
  if (version && !atLeast(version, [6, 2])) {
    reasons.push(`version ${version} is too old; use 6.2 or newer.`)
  }
  if (eviction && eviction !== 'noeviction') {
    reasons.push(`maxmemory-policy is ${eviction} and may drop subscriber records; it must be noeviction.`)
  }
  return reasons
}

/** Tests whether Redis accepts clients without a password: this one sent none, or the ACL says so. */
async function allowsAnyone(redis: Redis): Promise<boolean> {
  if (redis.options.password === undefined) return true
  const user: unknown = await redis.acl('GETUSER', 'default').catch(() => undefined)
  const flags: unknown = Array.isArray(user) ? user[user.indexOf('flags') + 1] : undefined
  return Array.isArray(flags) && flags.includes('on') && flags.includes('nopass')
}

/** Reads a setting of Redis; `undefined` when the ACL denies it. */
export async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const reply: unknown = await redis.config('GET', name).catch(() => undefined)
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined
}

/** Parses the fields of an `INFO` reply. */
export function fieldsOf(info: string): Map<string, string> {
  return new Map(
    info.split('\r\n').map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1)]),
  )
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}

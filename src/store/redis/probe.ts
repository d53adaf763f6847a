import { Cluster, type Redis } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import type { Store } from '../../gateway/ports.ts'
import { BUCKETS } from '../../gateway/records/records.ts'
import { nameFault } from './client.ts'
import { probeNode, silent, unconnected, type NodeProbeOptions, type Verdict } from './node-probe.ts'
import { nodesOfBuckets } from './nodes.ts'

/** The name of the only master where there is no cluster. */
const THE_NODE = 'redis'
/** A new connection is probed by itself, but connections that keep breaking are not probed more often than this. */
const PROBE_AFTER_MS = 900

export interface RedisProbe {
  /** Probes every master, or waits for the probe under way. Never rejects. The key is `host:port` in a cluster. */
  run(): Promise<ReadonlyMap<string, Verdict>>
  /** Probes, and returns a sentence when no turn can be taken. One usable master of a cluster is enough. */
  check(): Promise<string | undefined>
  /**
   * The store behind the verdicts. It sends nothing to a misconfigured master and rejects with `USSD_MISCONFIGURED`. The first
   * command on a new connection waits for a probe of it.
   */
  guard(store: Store): Store
}

export interface RedisProbeOptions extends NodeProbeOptions {
  /** Called when a master becomes misconfigured, and when it no longer is. */
  readonly onChange?: (node: string, verdict: Verdict) => void
}

/**
 * Probes Redis for what a turn needs: the version, `maxmemory-policy`, every command of the scripts and of the code, and a real
 * write. Whoever creates it calls `check` once a second.
 */
export function createRedisProbe(options: RedisProbeOptions): RedisProbe {
  const { client, onChange = () => {} } = options
  const { redis } = client
  const nodeOf = nodesOfBuckets(client) ?? (() => THE_NODE)
  const verdicts = new Map<string, Verdict>()
  /** Counts lost connections: a probe over an earlier connection says nothing about the present one. */
  const generations = new Map<string, number>()
  const generationOf = (name: string) => generations.get(name) ?? 0
  const misconfiguredNodes = new Set<string>()
  let underWay: Promise<ReadonlyMap<string, Verdict>> | undefined
  let startedMs = -Infinity

  const run = () => {
    underWay ??= probeAll().finally(() => (underWay = undefined))
    return underWay
  }

  async function probeAll(): Promise<ReadonlyMap<string, Verdict>> {
    startedMs = performance.now()
    const found = await Promise.all(
      mastersOf(redis, nodeOf).map(async ({ node, name, bucket }) => {
        const generation = generationOf(name)
        const verdict = await probeNode(node, bucket, options).catch((error: unknown) =>
          silent(nameFault(error)),
        )
        if (generation === generationOf(name)) conclude(name, verdict)
        return [name, verdict] as const
      }),
    )
    return new Map(found)
  }

  function conclude(name: string, verdict: Verdict): void {
    // A connection that was found usable stays usable while it is slow.
    if (verdict.kind === 'silent') return
    verdicts.set(name, verdict)
    if (misconfiguredNodes.has(name) !== (verdict.kind === 'misconfigured')) onChange(name, verdict)
    if (verdict.kind === 'misconfigured') misconfiguredNodes.add(name)
    else misconfiguredNodes.delete(name)
    // A master was demoted: its name may lead to the new one by now. The client of a cluster asks for the new one itself.
    if (verdict.kind === 'refusing' && verdict.fault === 'READONLY' && !(redis instanceof Cluster)) {
      redis.disconnect(true)
    }
  }

  const watch = (node: Redis, name: string) => {
    node.on('ready', () => {
      if (performance.now() - startedMs > PROBE_AFTER_MS) void run()
    })
    node.on('close', () => {
      generations.set(name, generationOf(name) + 1)
      verdicts.delete(name)
    })
  }
  if (redis instanceof Cluster) redis.on('+node', (node: Redis) => watch(node, addressOf(node)))
  else watch(redis, THE_NODE)

  async function permit(bucket: number): Promise<void> {
    const name = nodeOf(bucket)
    let verdict: Verdict | undefined
    // The probe under way may be one of the connection before.
    for (let runs = 0; verdict === undefined && runs < 2; runs++) {
      const found = await run()
      const latest = found.get(name)
      verdict = verdicts.get(name) ?? (latest?.kind === 'silent' ? latest : undefined)
    }
    if (verdict?.kind === 'misconfigured') {
      throw new UssdError('USSD_MISCONFIGURED', { detail: `Redis: ${verdict.says}` })
    }
    // The client of a cluster finds out who serves in the place of a node that does not answer.
    if (redis instanceof Cluster || verdict?.kind === 'usable' || verdict?.kind === 'refusing') return
    throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: verdict?.fault ?? 'not connected' })
  }

  const guarded = <T>(bucket: number, command: () => Promise<T>): Promise<T> => {
    const kind = verdicts.get(nodeOf(bucket))?.kind
    return kind === 'usable' || kind === 'refusing' ? command() : permit(bucket).then(command)
  }

  return {
    run,

    async check() {
      const found = [...(await run()).values()]
      if (found.some(({ kind }) => kind === 'usable')) return undefined
      const first = found[0] ?? unconnected(client)
      if (first.kind === 'usable') return undefined
      return first.kind === 'silent' ? first.says : `Redis: ${first.says}`
    },

    guard: (store) => ({
      ...store,
      load: (bucket, names) => guarded(bucket, () => store.load(bucket, names)),
      commit: (commit) => guarded(commit.bucket, () => store.commit(commit)),
      ensureReplicated: (bucket, records) => guarded(bucket, () => store.ensureReplicated(bucket, records)),
      readJournal: (bucket, after, limit) => guarded(bucket, () => store.readJournal(bucket, after, limit)),
    }),
  }
}

interface Master {
  readonly node: Redis
  readonly name: string
  /** A bucket that lies on it. */
  readonly bucket: number
}

/** The masters on which buckets lie. */
function mastersOf(redis: Redis | Cluster, nodeOf: (bucket: number) => string): readonly Master[] {
  if (!(redis instanceof Cluster)) return [{ node: redis, name: THE_NODE, bucket: 0 }]
  const buckets = new Map<string, number>()
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) buckets.set(nodeOf(bucket), bucket)
  return redis.nodes('master').flatMap((node) => {
    const bucket = buckets.get(addressOf(node))
    return bucket === undefined ? [] : [{ node, name: addressOf(node), bucket }]
  })
}

const addressOf = ({ options }: Redis): string => `${options.host}:${options.port}`

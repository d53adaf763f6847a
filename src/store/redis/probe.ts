import { Cluster, type Redis } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import type { Store } from '../../gateway/ports.ts'
import { BUCKETS } from '../../gateway/records/records.ts'
import { createNodeLookup, nameFault } from './client.ts'
import { probeNode, silent, unconnected, type NodeProbeOptions, type Verdict } from './node-probe.ts'

/** The name of the only master when Redis is not a cluster. */
const ONLY_NODE = 'redis'
/** The minimum interval between probes that new connections trigger. */
const MIN_PROBE_INTERVAL_MS = 900

export interface RedisProbe {
  /** Probes every master, or joins the probe in progress. Never rejects. In a cluster, the keys are `host:port`. */
  run(): Promise<ReadonlyMap<string, Verdict>>
  /** Probes, and resolves to a reason when no turn can be served. One usable master of a cluster is enough. */
  check(): Promise<string | undefined>
  /**
   * Wraps a store. It sends nothing to a misconfigured master and rejects with `USSD_MISCONFIGURED`. The first command on a new
   * connection waits for a probe of it.
   */
  guard(store: Store): Store
}

export interface RedisProbeOptions extends NodeProbeOptions {
  /** Called when a master becomes misconfigured, and when it no longer is. */
  readonly onChange?: (node: string, verdict: Verdict) => void
}

/**
 * Probes Redis for what a turn needs: the version, `maxmemory-policy`, every command of the scripts and of the code, and a
 * real write. The caller runs `check` once a second.
 */
export function createRedisProbe(options: RedisProbeOptions): RedisProbe {
  const { client } = options
  const { redis } = client
  const nodeOf = createNodeLookup(client) ?? (() => ONLY_NODE)
  const verdicts = createVerdicts(redis, options.onChange)
  let inProgress: Promise<ReadonlyMap<string, Verdict>> | undefined
  let startedMs = -Infinity

  const run = () => {
    inProgress ??= probeAll().finally(() => (inProgress = undefined))
    return inProgress
  }

  async function probeAll(): Promise<ReadonlyMap<string, Verdict>> {
    startedMs = performance.now()
    const results = await Promise.all(
      mastersOf(redis, nodeOf).map(async ({ node, name, bucket }) => {
        const record = verdicts.recorderFor(name)
        const verdict = await probeNode(node, bucket, options).catch((error: unknown) =>
          silent(nameFault(error)),
        )
        record(verdict)
        return [name, verdict] as const
      }),
    )
    return new Map(results)
  }

  const watch = (node: Redis, name: string) => {
    node.on('ready', () => {
      if (performance.now() - startedMs > MIN_PROBE_INTERVAL_MS) void run()
    })
    node.on('close', () => verdicts.forget(name))
  }
  if (redis instanceof Cluster) redis.on('+node', (node: Redis) => watch(node, addressOf(node)))
  else watch(redis, ONLY_NODE)

  /** Waits for a verdict on the master of a bucket. Throws unless commands may be sent to it. */
  async function assertUsable(bucket: number): Promise<void> {
    const name = nodeOf(bucket)
    let verdict: Verdict | undefined
    // Twice: the probe in progress may be of the previous connection.
    for (let runs = 0; verdict === undefined && runs < 2; runs++) {
      const results = await run()
      const latest = results.get(name)
      verdict = verdicts.get(name) ?? (latest?.kind === 'silent' ? latest : undefined)
    }
    if (verdict?.kind === 'misconfigured') {
      throw new UssdError('USSD_MISCONFIGURED', { detail: `Redis: ${verdict.message}` })
    }
    // The cluster client itself finds the new master of a silent node.
    if (redis instanceof Cluster || verdict?.kind === 'usable' || verdict?.kind === 'refusing') return
    throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: verdict?.fault ?? 'not connected' })
  }

  const guarded = <T>(bucket: number, command: () => Promise<T>): Promise<T> => {
    const kind = verdicts.get(nodeOf(bucket))?.kind
    return kind === 'usable' || kind === 'refusing' ? command() : assertUsable(bucket).then(command)
  }

  return {
    run,

    async check() {
      const results = [...(await run()).values()]
      if (results.some(({ kind }) => kind === 'usable')) return undefined
      const first = results[0] ?? unconnected(client)
      if (first.kind === 'usable') return undefined
      return first.kind === 'silent' ? first.message : `Redis: ${first.message}`
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

/** Keeps the verdict on each master's present connection. */
function createVerdicts(redis: Redis | Cluster, onChange: RedisProbeOptions['onChange'] = () => {}) {
  const verdicts = new Map<string, Verdict>()
  /** Counts lost connections: a probe over an earlier connection does not apply to the present one. */
  const generations = new Map<string, number>()
  const generationOf = (name: string) => generations.get(name) ?? 0
  const misconfiguredNodes = new Set<string>()

  function record(name: string, verdict: Verdict): void {
    // A usable connection stays usable while it is slow.
    if (verdict.kind === 'silent') return
    verdicts.set(name, verdict)
    if (misconfiguredNodes.has(name) !== (verdict.kind === 'misconfigured')) onChange(name, verdict)
    if (verdict.kind === 'misconfigured') misconfiguredNodes.add(name)
    else misconfiguredNodes.delete(name)
    // The master was demoted, and its host name may point to the new one by now. A cluster client finds it by itself.
    if (verdict.kind === 'refusing' && verdict.fault === 'READONLY' && !(redis instanceof Cluster)) {
      redis.disconnect(true)
    }
  }

  return {
    get: (name: string) => verdicts.get(name),

    /** Returns a function that records a verdict, unless the connection was lost in between. */
    recorderFor(name: string): (verdict: Verdict) => void {
      const generation = generationOf(name)
      return (verdict) => {
        if (generation === generationOf(name)) record(name, verdict)
      }
    },

    forget(name: string): void {
      generations.set(name, generationOf(name) + 1)
      verdicts.delete(name)
    },
  }
}

interface Master {
  readonly node: Redis
  readonly name: string
  /** A bucket that the master holds. */
  readonly bucket: number
}

/** Lists the masters that hold buckets. */
function mastersOf(redis: Redis | Cluster, nodeOf: (bucket: number) => string): readonly Master[] {
  if (!(redis instanceof Cluster)) return [{ node: redis, name: ONLY_NODE, bucket: 0 }]
  const buckets = new Map<string, number>()
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) buckets.set(nodeOf(bucket), bucket)
  return redis.nodes('master').flatMap((node) => {
    const bucket = buckets.get(addressOf(node))
    return bucket === undefined ? [] : [{ node, name: addressOf(node), bucket }]
  })
}

const addressOf = ({ options }: Redis): string => `${options.host}:${options.port}`

import { setTimeout as pause } from 'node:timers/promises'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { slotOf } from '../../../src/store/redis/keys.ts'
import { withCleanup } from '../../support/cleanup.ts'
import { startRedisCluster } from '../../support/redis/redis-cluster.ts'
import type { RedisCluster } from '../../support/redis/redis-cluster.ts'
import { openGateways } from './gateways.ts'
import { startLoad } from './load.ts'
import type { Load } from './load.ts'

const MASTERS = 3

/** A fault of the cluster under load. */
export interface Scenario {
  readonly name: string
  /** A control shows what is lost without protection. */
  readonly kind: 'safe' | 'control'
  /** The setting `REDIS_REPLICAS`: replicas that must have each commit. */
  readonly replicas: number
  /** Replicas of each master. */
  readonly replicasEach: number
  /**
   * Injects the fault into the first master. Resolves when the cluster is left alone again, with the time
   * (`performance.now()`) at which a replica took over, if one had to.
   */
  readonly strike: (cluster: RedisCluster, load: Load) => Promise<number | undefined>
}

/** The result of a scenario. A part is a third of the slots. */
export interface Outcome {
  readonly name: string
  readonly turns: number
  /** Closings shown to a subscriber. */
  readonly acknowledged: number
  /** Turns answered with "unavailable", in the failed part and in the others. */
  readonly failedThere: number
  readonly failedElsewhere: number
  /** From the fault to the last "unavailable" in the failed part; 0 without any. */
  readonly recoveryMs: number
  /** From the fault to the takeover by a replica. */
  readonly takenOverMs: number | undefined
  readonly worstMs: number
  /** Acknowledged closings missing from the journals, and dialogues that closed twice. */
  readonly lost: number
  readonly doubles: number
  /** Dialogues and openings that were acknowledged and then forgotten. */
  readonly forgotten: number
  readonly odd: readonly string[]
  /** Reasons of failures outside the failed part, with counts. */
  readonly whyElsewhere: Readonly<Record<string, number>>
  /** Error replies of the nodes: MOVED, ASK, TRYAGAIN, NOSCRIPT … */
  readonly errors: Readonly<Record<string, number>>
}

/** Runs a scenario on a new cluster, with load before, during and after the fault. */
export function runScenario(
  scenario: Scenario,
  options: { readonly writers: number; readonly calmMs: number; readonly progress: (line: string) => void },
): Promise<Outcome> {
  const { writers, calmMs, progress } = options
  const { name, replicas, replicasEach } = scenario
  return withCleanup(async (defer) => {
    progress(`${name}: starting ${MASTERS * (1 + replicasEach)} servers`)
    const cluster = await startRedisCluster({ masters: MASTERS, replicasEach })
    defer(() => cluster.stop())
    const whyElsewhere: Record<string, number> = {}
    const onFailed = (msisdn: string, detail: string) => {
      if (cluster.partOf(slotOf(bucketOf(msisdn))) !== 0)
        whyElsewhere[detail] = (whyElsewhere[detail] ?? 0) + 1
    }
    const opened = await openGateways(cluster.addresses, { count: 2, replicas, onFailed })
    defer(() => opened.close())
    const load = startLoad(opened, { writers, parts: MASTERS, partOf: (slot) => cluster.partOf(slot) })
    await Promise.all(cluster.masters.map((_, part) => load.serves(part)))
    await pause(calmMs)
    progress(`${name}: ${load.turns()} turns, injecting the fault`)
    const struckMs = performance.now()
    const takenOverAtMs = await scenario.strike(cluster, load)
    await load.serves(0)
    await pause(calmMs)
    await load.stop()
    progress(`${name}: ${load.turns()} turns, reading the journals`)
    const there = load.failures.filter(({ part }) => part === 0)
    const { lost, doubles } = await load.ledger.audit(opened.store, load.msisdns)
    return {
      name,
      turns: load.turns(),
      acknowledged: load.ledger.acknowledged(),
      failedThere: there.length,
      failedElsewhere: load.failures.length - there.length,
      recoveryMs: Math.max(0, ...there.map(({ atMs }) => atMs - struckMs)),
      takenOverMs: takenOverAtMs === undefined ? undefined : takenOverAtMs - struckMs,
      worstMs: load.worstMs(),
      lost,
      doubles,
      forgotten: load.forgotten(),
      odd: load.odd,
      whyElsewhere,
      errors: await errorsOf(cluster),
    }
  })
}

async function errorsOf({ masters, replicas }: RedisCluster): Promise<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { admin } of [...masters, ...replicas.flat()]) {
    const info = await admin.info('errorstats').catch(() => '')
    for (const [, word = '', count] of info.matchAll(/^errorstat_(\w+):count=(\d+)/gm)) {
      sums[word] = (sums[word] ?? 0) + Number(count)
    }
  }
  return sums
}

import { setTimeout as pause } from 'node:timers/promises'
import { withCleanup } from '../../support/cleanup.ts'
import { progress } from '../../support/harness.ts'
import { startRedisCluster } from '../../support/redis/redis-cluster.ts'
import type { RedisCluster } from '../../support/redis/redis-cluster.ts'
import { openGateways } from './gateways.ts'
import { Load, partOfNumber } from './load.ts'
import { watchStalls } from './stalls.ts'

const MASTERS = 3
/** After a stall, connections are closed and circuits stay open for a while. */
const AFTERMATH_MS = 3000

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
  readonly inject: (cluster: RedisCluster, load: Load) => Promise<number | undefined>
}

/** The result of a scenario. A part is a third of the slots. */
export type Outcome = Awaited<ReturnType<typeof runScenario>>

/** Runs a scenario on a new cluster, with load before, during and after the fault. */
export function runScenario(
  { name, replicas, replicasEach, inject }: Scenario,
  { writers, calmMs }: { readonly writers: number; readonly calmMs: number },
) {
  return withCleanup(async (defer) => {
    progress(`${name}: starting ${MASTERS * (1 + replicasEach)} servers`)
    const cluster = await startRedisCluster({ masters: MASTERS, replicasEach })
    defer(() => cluster.stop())
    const partOf = partOfNumber((slot) => cluster.partOf(slot))
    const whyElsewhere: Record<string, number> = {}
    const opened = await openGateways(cluster.addresses, replicas, (msisdn, detail) => {
      if (partOf(msisdn) !== 0) whyElsewhere[detail] = (whyElsewhere[detail] ?? 0) + 1
    })
    defer(() => opened.close())
    const stalls = watchStalls(
      cluster.masters.slice(1).map(
        ({ admin }) =>
          () =>
            admin.ping(),
      ),
    )
    defer(() => stalls.stop())
    const load = new Load(opened, { writers, parts: MASTERS, partOf })
    await Promise.all(cluster.masters.map((_, part) => load.serves(part)))
    await pause(calmMs)
    progress(`${name}: ${load.turns} turns, injecting the fault`)
    const injectedMs = performance.now()
    const takenOverAtMs = await inject(cluster, load)
    await load.serves(0)
    await pause(calmMs)
    await load.stop()
    progress(`${name}: ${load.turns} turns, reading the journals`)
    const there = load.failures.filter(({ part }) => part === 0)
    const elsewhere = load.failures.filter(({ part }) => part !== 0)
    const inStalls = elsewhere.filter(({ sentMs, atMs }) => stalls.during(sentMs - AFTERMATH_MS, atMs) > 0)
    const { turns, acknowledged, worstMs, forgotten, unexpected } = load
    return {
      name,
      turns,
      acknowledged,
      /** Turns answered with "unavailable" in the failed part. */
      failedThere: there.length,
      /** The same in the other parts: during stalls of the machine, and at other times. */
      failedInStalls: inStalls.length,
      failedElsewhere: elsewhere.length - inStalls.length,
      /** From the fault to the last "unavailable" in the failed part; 0 without any. */
      recoveryMs: Math.max(0, ...there.map(({ atMs }) => atMs - injectedMs)),
      /** From the fault to the takeover by a replica. */
      takenOverMs: takenOverAtMs === undefined ? undefined : takenOverAtMs - injectedMs,
      worstMs,
      /** The length of all stalls of the machine. */
      stalledMs: stalls.during(0, Infinity),
      ...(await load.audit(opened.store)),
      forgotten,
      unexpected,
      /** Reasons of failures outside the failed part, with counts. */
      whyElsewhere,
      errors: await errorsOf(cluster),
    }
  })
}

/** Counts the error replies of all nodes: MOVED, ASK, TRYAGAIN, NOSCRIPT … */
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

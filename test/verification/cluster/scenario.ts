import { setTimeout as pause } from 'node:timers/promises'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { slotOf } from '../../../src/store/redis/keys.ts'
import { startRedisCluster } from '../../support/redis/redis-cluster.ts'
import type { RedisCluster } from '../../support/redis/redis-cluster.ts'
import { openGateways } from './gateways.ts'
import { startLoad } from './load.ts'
import type { Load } from './load.ts'

const MASTERS = 3

/** What is done to the cluster while the load runs, and with how many replicas each, and how many that must have a commit. */
export interface Scenario {
  readonly name: string
  /** A control shows what is lost where nothing is done against it. */
  readonly kind: 'safe' | 'control'
  /** `REDIS_REPLICAS`. */
  readonly replicas: number
  readonly replicasEach: number
  /**
   * Strikes the part of the first master. Resolves when nothing more is done to the cluster, with the time
   * (`performance.now()`) at which a replica had taken over, where one had to.
   */
  readonly strike: (cluster: RedisCluster, load: Load) => Promise<number | undefined>
}

/** What came of it. Parts are thirds of the slots. */
export interface Outcome {
  readonly name: string
  readonly turns: number
  /** Closings that a subscriber was told of. */
  readonly acknowledged: number
  /** Turns that were answered "unavailable", in the part that was struck and in the others. */
  readonly failedThere: number
  readonly failedElsewhere: number
  /** From the strike to the last turn of the struck part that was answered "unavailable"; 0 where none was. */
  readonly backMs: number
  /** From the strike to the moment a replica had taken over. */
  readonly takenOverMs: number | undefined
  readonly worstMs: number
  /** Closings told of that are in no journal, and dialogues that closed twice. */
  readonly lost: number
  readonly doubles: number
  /** Dialogues, and openings of access, that were acknowledged and then forgotten. */
  readonly forgotten: number
  readonly odd: readonly string[]
  /** What the log says of turns that failed outside the struck part, and how often. */
  readonly whyElsewhere: Readonly<Record<string, number>>
  /** Errors that the nodes answered: MOVED, ASK, TRYAGAIN, NOSCRIPT … */
  readonly errors: Readonly<Record<string, number>>
}

export async function play(
  scenario: Scenario,
  options: { readonly writers: number; readonly calmMs: number; readonly say: (line: string) => void },
): Promise<Outcome> {
  const { writers, calmMs, say } = options
  const { name, replicas, replicasEach } = scenario
  say(`${name}: starting ${MASTERS * (1 + replicasEach)} servers`)
  const cluster = await startRedisCluster({ masters: MASTERS, replicasEach })
  try {
    const whyElsewhere: Record<string, number> = {}
    const failed = (msisdn: string, why: string) => {
      if (cluster.partOf(slotOf(bucketOf(msisdn))) !== 0) whyElsewhere[why] = (whyElsewhere[why] ?? 0) + 1
    }
    const opened = await openGateways(cluster.addresses, { count: 2, replicas, failed })
    try {
      const load = startLoad(opened, { writers, parts: MASTERS, partOf: (slot) => cluster.partOf(slot) })
      await Promise.all(cluster.masters.map((_, part) => load.serves(part)))
      await pause(calmMs)
      say(`${name}: ${load.turns()} turns, striking`)
      const struckMs = performance.now()
      const takenOverAtMs = await scenario.strike(cluster, load)
      await load.serves(0)
      await pause(calmMs)
      await load.stop()
      say(`${name}: ${load.turns()} turns, reading the journals`)
      const there = load.failures.filter(({ part }) => part === 0)
      const { lost, doubles } = await load.ledger.audit(opened.store, load.msisdns)
      return {
        name,
        turns: load.turns(),
        acknowledged: load.ledger.acknowledged(),
        failedThere: there.length,
        failedElsewhere: load.failures.length - there.length,
        backMs: Math.max(0, ...there.map(({ atMs }) => atMs - struckMs)),
        takenOverMs: takenOverAtMs === undefined ? undefined : takenOverAtMs - struckMs,
        worstMs: load.worstMs(),
        lost,
        doubles,
        forgotten: load.forgotten(),
        odd: load.odd,
        whyElsewhere,
        errors: await errorsOf(cluster),
      }
    } finally {
      await opened.close()
    }
  } finally {
    await cluster.stop()
  }
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

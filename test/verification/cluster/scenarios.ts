import { setTimeout as pause } from 'node:timers/promises'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { slotOf } from '../../../src/store/redis/keys.ts'
import { moveSlot } from '../../support/redis/move-slot.ts'
import type { RedisCluster } from '../../support/redis/redis-cluster.ts'
import type { Load } from './load.ts'
import type { Scenario } from './scenario.ts'

const REPLICATION_CUT_MS = 1000

/** The first master, and its replicas. */
function failing({ masters, replicas }: RedisCluster) {
  const [master] = masters
  if (!master) throw new Error('The cluster has no master.')
  return { master, replicas: replicas[0] ?? [] }
}

async function promoted(cluster: RedisCluster): Promise<number> {
  await Promise.any(failing(cluster).replicas.map((replica) => cluster.promoted(replica)))
  return performance.now()
}

async function kill(cluster: RedisCluster): Promise<number> {
  await failing(cluster).master.kill()
  return promoted(cluster)
}

/** Restarts the master as a supervisor would: with one replica each, commits wait until a replica is back. */
async function killAndRestart(cluster: RedisCluster): Promise<number> {
  const atMs = await kill(cluster)
  await failing(cluster).master.restart()
  return atMs
}

async function freezeAndThaw(cluster: RedisCluster): Promise<number> {
  const { master } = failing(cluster)
  master.freeze()
  const atMs = await promoted(cluster)
  master.thaw()
  return atMs
}

/** Cuts replication for a second, then kills the master; a stale replica takes over. */
async function cutAndKill(cluster: RedisCluster, afterCut?: () => Promise<void>): Promise<number> {
  const { master, replicas } = failing(cluster)
  await cluster.breakReplication(0)
  await pause(REPLICATION_CUT_MS)
  await afterCut?.()
  await master.kill()
  for (const replica of replicas) replica.thaw()
  const atMs = await promoted(cluster)
  await master.restart()
  return atMs
}

/** Moves the slots of three subscribers from the first master to the second, key by key. */
async function reshard(cluster: RedisCluster, load: Load): Promise<undefined> {
  const slots = [...new Set(load.msisdns.map((msisdn) => slotOf(bucketOf(msisdn))))]
  for (const slot of slots.filter((each) => cluster.partOf(each) === 0).slice(0, 3)) {
    await moveSlot(cluster, { slot, from: 0, to: 1, betweenKeysMs: 10 })
    await load.serves(0)
  }
}

async function forgetScripts(cluster: RedisCluster): Promise<undefined> {
  for (let times = 0; times < 20; times++) {
    await Promise.all(cluster.masters.map(({ admin }) => admin.script('FLUSH')))
    await pause(20)
  }
}

const safe = (
  name: string,
  inject: Scenario['inject'],
  { replicas = 1, replicasEach = 1 }: Partial<Scenario> = {},
): Scenario => ({ kind: 'safe', name, replicas, replicasEach, inject })

export const scenarios: Readonly<Record<string, Scenario>> = {
  kill: safe('kill -9 of a master', kill, { replicas: 0 }),
  'kill-waiting': safe(
    'kill -9 of a master, commits on one replica, the killed node started again',
    killAndRestart,
  ),
  'kill-two': safe('kill -9 of a master, commits on one replica of two', kill, { replicasEach: 2 }),
  freeze: safe(
    'SIGSTOP of a master, commits on one replica, thawed after its replica took over',
    freezeAndThaw,
  ),
  cut: safe('replication cut 1 s before kill -9, commits on one replica', (cluster) => cutAndKill(cluster)),
  'cut-control': {
    ...safe('control: replication cut 1 s before kill -9, commits on no replica', (cluster, load) =>
      // A busy machine may acknowledge nothing within a second, and there would be nothing to lose.
      cutAndKill(cluster, () => load.closes(0, 3)),
    ),
    kind: 'control',
    replicas: 0,
  },
  reshard: safe('slots moved under load', reshard),
  scripts: safe('scripts forgotten', forgetScripts),
}

import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort, startRedisServer, type RedisServer } from './redis-server.ts'

/** A master unseen for this long is failed over: 3 to 4.5 seconds pass until its replica serves. */
const NODE_TIMEOUT_MS = 2000
const SLOTS = 16_384
const LOOK_MS = 20
const ADMIN_WITHIN_MS = 5000
const START_WITHIN_MS = 30_000

/** One server of the cluster. What it was at the start is in its place among the nodes; what it is now, it says itself. */
export interface ClusterNode {
  readonly address: string
  readonly port: number
  /** A connection for looking and arranging; not of a gateway. */
  readonly admin: Redis
  /** As a crash does. */
  kill(): Promise<void>
  /** Starts it again, on what its folder holds. */
  restart(): Promise<void>
  freeze(): void
  thaw(): void
}

/** A private cluster on loopback: masters with their replicas, all of them real servers, their files synced always. */
export interface RedisCluster {
  /** `masters[i]` serves the i-th part of the slots at the start, and `replicas[i]` are its replicas. */
  readonly masters: readonly ClusterNode[]
  readonly replicas: readonly (readonly ClusterNode[])[]
  /** `host:port` of every node, for `REDIS_CLUSTER`. */
  readonly addresses: readonly string[]
  /** Which of the masters a slot, 0 to 16383, was given to at the start. */
  partOf(slot: number): number
  /** Resolves when a node says that it is a master with slots: its failover is over. */
  promoted(node: ClusterNode): Promise<void>
  /** Resolves when a node is a replica that has all its master has. */
  inSync(node: ClusterNode): Promise<void>
  /** No replica of the master's gets anything more, until the replicas are thawed. */
  breakReplication(part: number): Promise<void>
  /** Ends all of it and removes its folders. */
  stop(): Promise<void>
}

export async function startRedisCluster(
  options: {
    /** 3 by default. */
    readonly masters?: number
    /** Of each master; 1 by default. */
    readonly replicasEach?: number
    /** Further arguments of each server. */
    readonly args?: readonly string[]
  } = {},
): Promise<RedisCluster> {
  const { masters: count = 3, replicasEach = 1, args = [] } = options
  const started: (ClusterNode & { stop(): Promise<void> })[] = []
  const stop = async () => void (await Promise.all(started.map((node) => node.stop())))
  try {
    // One after the other: two that ask for a free port at once may be told the same.
    while (started.length < count * (1 + replicasEach)) started.push(await startNode(args))
    const masters = started.slice(0, count)
    const replicas = masters.map((_, at) =>
      Array.from({ length: replicasEach }, (__, nth) => at + count * (nth + 1)).map(
        (index) => started[index] as ClusterNode,
      ),
    )
    const firstSlot = (part: number) => Math.ceil((part * SLOTS) / count)
    await join(started, masters, replicas, firstSlot)
    return {
      masters,
      replicas,
      addresses: started.map(({ address }) => address),
      partOf: (slot) => masters.findLastIndex((_, part) => slot >= firstSlot(part)),
      promoted: (node) => until(async () => /\bmyself,master\b.* \d+/.test(await linesOf(node, 'myself'))),
      inSync,
      async breakReplication(part) {
        for (const replica of replicas[part] ?? []) replica.freeze()
        await masters[part]?.admin.call('CLIENT', 'KILL', 'TYPE', 'replica')
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startNode(args: readonly string[]): Promise<ClusterNode & { stop(): Promise<void> }> {
  const port = await freePort()
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)]
  // Otherwise the whole cluster refuses while one part of it has no master.
  const apart = ['--cluster-require-full-coverage', 'no']
  const quick = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1']
  const place = ['--cluster-announce-ip', '127.0.0.1', '--cluster-announce-port', String(port)]
  const start = (dir?: string) =>
    startRedisServer({
      port,
      ...(dir !== undefined && { dir }),
      args: [...cluster, ...apart, ...quick, ...place, ...args],
    })
  let server: RedisServer = await start()
  const admin = new Redis(port, '127.0.0.1', {
    retryStrategy: () => LOOK_MS,
    maxRetriesPerRequest: null,
    commandTimeout: ADMIN_WITHIN_MS,
  })
  // It is killed on purpose.
  admin.on('error', () => {})
  return {
    address: `127.0.0.1:${port}`,
    port,
    admin,
    kill: () => server.kill(),
    async restart() {
      await server.kill()
      server = await start(server.dir)
    },
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    async stop() {
      admin.disconnect()
      await server.stop()
    },
  }
}

/** By the commands of a cluster, not by redis-cli: where there is a server there need not be that. */
async function join(
  all: readonly ClusterNode[],
  masters: readonly ClusterNode[],
  replicas: readonly (readonly ClusterNode[])[],
  firstSlot: (part: number) => number,
): Promise<void> {
  const [first, ...others] = all
  for (const [part, { admin }] of masters.entries()) {
    const slots = Array.from(
      { length: firstSlot(part + 1) - firstSlot(part) },
      (_, at) => firstSlot(part) + at,
    )
    await admin.cluster('ADDSLOTS', ...slots)
    // Masters that all begin with epoch 0 take seconds to agree on others.
    await admin.cluster('SET-CONFIG-EPOCH', part + 1)
  }
  for (const { port } of others) await first?.admin.cluster('MEET', '127.0.0.1', port)
  for (const node of all) {
    await until(async () => (await linesOf(node, 'connected')).split('\n').length >= all.length)
  }
  for (const [part, of] of replicas.entries()) {
    const id = await masters[part]?.admin.cluster('MYID')
    for (const { admin } of of) await admin.cluster('REPLICATE', String(id))
  }
  for (const node of replicas.flat()) await inSync(node)
  for (const node of all) {
    await until(async () => String(await node.admin.cluster('INFO')).includes('cluster_state:ok'))
    await until(
      async () => (await linesOf(node, 'slave')).split('\n').filter(Boolean).length >= replicas.flat().length,
    )
  }
}

const inSync = (node: ClusterNode) =>
  until(async () => {
    const info = await node.admin.info('replication')
    return /role:slave/.test(info) && /master_link_status:up/.test(info)
  })

/** The lines of CLUSTER NODES that hold a word. */
async function linesOf({ admin }: ClusterNode, word: string): Promise<string> {
  const nodes = String(await admin.cluster('NODES'))
  return nodes
    .split('\n')
    .filter((line) => new RegExp(`\\b${word}\\b`).test(line))
    .join('\n')
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + START_WITHIN_MS
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > endMs) throw new Error('the cluster did not write what was waited for in 30 s')
    await pause(LOOK_MS)
  }
}

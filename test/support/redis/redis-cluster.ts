import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort, startRedisServer, type RedisServer } from './redis-server.ts'

/** The failover timeout of the cluster; a replica serves after 3 to 4.5 s. */
const NODE_TIMEOUT_MS = 2000
const SLOTS = 16_384
const POLL_MS = 20
const ADMIN_TIMEOUT_MS = 5000
const START_TIMEOUT_MS = 30_000

/** One server of the cluster. Its initial role is fixed by its position; its current role may differ. */
export type ClusterNode = Awaited<ReturnType<typeof startNode>>

/** A private cluster of real servers on loopback, with `appendfsync always`. */
export type RedisCluster = Awaited<ReturnType<typeof startRedisCluster>>

export async function startRedisCluster(
  options: {
    /** 3 by default. */
    readonly masters?: number
    /** Of each master; 1 by default. */
    readonly replicasEach?: number
    /** Further arguments of each server. */
    readonly args?: readonly string[]
  } = {},
) {
  const { masters: count = 3, replicasEach = 1, args = [] } = options
  const started: ClusterNode[] = []
  const stop = async () => void (await Promise.all(started.map((node) => node.stop())))
  try {
    // Sequentially: parallel requests for a free port may return the same one.
    while (started.length < count * (1 + replicasEach)) started.push(await startNode(args))
    const masters = started.slice(0, count)
    const replicas = masters.map((_, at) => started.slice(count).filter((__, nth) => nth % count === at))
    const firstSlot = (part: number) => Math.ceil((part * SLOTS) / count)
    await join(started, masters, replicas, firstSlot)
    return {
      /** `masters[i]` serves the i-th part of the slots at the start, and `replicas[i]` are its replicas. */
      masters,
      replicas,
      /** `host:port` of every node, for `REDIS_CLUSTER`. */
      addresses: started.map(({ address }) => address),
      /** Returns the index of the initial master of a slot, 0 to 16383. */
      partOf: (slot: number) => masters.findLastIndex((_, part) => slot >= firstSlot(part)),
      /** Resolves when a node is a master with slots. */
      promoted: (node: ClusterNode) =>
        until(async () => /\bmyself,master\b.* \d+/.test(await nodesWith(node, 'myself'))),
      inSync,
      /** Stops replication to the replicas of a master until they are thawed. */
      async breakReplication(part: number) {
        for (const replica of replicas[part] ?? []) replica.freeze()
        await masters[part]?.admin.call('CLIENT', 'KILL', 'TYPE', 'replica')
      },
      /** Stops all servers and removes their folders. */
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startNode(args: readonly string[]) {
  const port = await freePort()
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-node-timeout': NODE_TIMEOUT_MS,
    // Otherwise the whole cluster rejects commands while one part has no master.
    'cluster-require-full-coverage': 'no',
    'cluster-announce-ip': '127.0.0.1',
    'cluster-announce-port': port,
    'repl-ping-replica-period': 1,
  }
  const clusterArgs = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const start = (folder: { readonly dir?: string } = {}) =>
    startRedisServer({ port, ...folder, args: [...clusterArgs, ...args] })
  let server: RedisServer = await start()
  const admin = new Redis(port, '127.0.0.1', {
    retryStrategy: () => POLL_MS,
    maxRetriesPerRequest: null,
    commandTimeout: ADMIN_TIMEOUT_MS,
  })
  // Errors are expected: the server is killed on purpose.
  admin.on('error', () => {})
  return {
    address: `127.0.0.1:${port}`,
    port,
    /** A connection for administration. */
    admin,
    kill: () => server.kill(),
    /** Restarts it with the data of its folder. */
    async restart() {
      await server.kill()
      server = await start({ dir: server.dir })
    },
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    async stop() {
      admin.disconnect()
      await server.stop()
    },
  }
}

/** Joins the nodes with cluster commands, because redis-cli may not be installed. */
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
    // Masters that all start with epoch 0 take seconds to agree.
    await admin.cluster('SET-CONFIG-EPOCH', part + 1)
  }
  for (const { port } of others) await first?.admin.cluster('MEET', '127.0.0.1', port)
  for (const node of all) {
    await until(async () => (await nodesWith(node, 'connected')).split('\n').length >= all.length)
  }
  for (const [part, of] of replicas.entries()) {
    const id = await masters[part]?.admin.cluster('MYID')
    for (const { admin } of of) await admin.cluster('REPLICATE', String(id))
  }
  for (const node of replicas.flat()) await inSync(node)
  for (const node of all) {
    await until(async () => String(await node.admin.cluster('INFO')).includes('cluster_state:ok'))
    await until(
      async () =>
        (await nodesWith(node, 'slave')).split('\n').filter(Boolean).length >= replicas.flat().length,
    )
  }
}

/** Resolves when a replica is in sync with its master. */
const inSync = (node: ClusterNode) =>
  until(async () => {
    const info = await node.admin.info('replication')
    return /role:slave/.test(info) && /master_link_status:up/.test(info)
  })

/** Returns the lines of CLUSTER NODES with a word, such as a role or a state. */
async function nodesWith({ admin }: ClusterNode, word: string): Promise<string> {
  const nodes = String(await admin.cluster('NODES'))
  return nodes
    .split('\n')
    .filter((line) => new RegExp(`\\b${word}\\b`).test(line))
    .join('\n')
}

async function until(isReached: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + START_TIMEOUT_MS
  while (!(await isReached().catch(() => false))) {
    if (performance.now() > endMs)
      throw new Error('The cluster did not reach the expected state within 30 s.')
    await pause(POLL_MS)
  }
}

import { afterAll, beforeAll } from '@jest/globals'
import { startRedisCluster, type RedisCluster } from '../support/redis/redis-cluster.ts'
import { conforms } from '../store/store.conformance.ts'
import { openClusterStore } from '../support/redis/cluster.ts'
import { gatewayConforms } from './gateway.conformance.ts'

let cluster: RedisCluster
beforeAll(async () => void (cluster = await startRedisCluster()), 60_000)
afterAll(() => cluster.stop())

// As in production: three masters, and every commit replicated before the answer.
conforms('Redis Cluster', () => openClusterStore(cluster, { replicas: 1 }))
gatewayConforms('Redis Cluster', () => openClusterStore(cluster, { replicas: 1 }))

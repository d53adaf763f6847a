import { Cluster } from 'ioredis'
import type { RedisClient } from './client.ts'

const SLOTS = 16_384

/**
 * Which node of a cluster a bucket lies on now, as `host:port`; after a failover another one. `undefined` where there is no
 * cluster.
 */
export function nodesOfBuckets({ redis }: RedisClient): ((bucket: number) => string) | undefined {
  if (!(redis instanceof Cluster)) return undefined
  return (bucket) => redis.slots[slotOf(`b${bucket}`)]?.[0] ?? 'unknown'
}

/** The slot of a hash tag: CRC-16/XMODEM of it (Redis Cluster specification, "Key distribution model"). */
export function slotOf(hashTag: string): number {
  let crc = 0
  for (const byte of Buffer.from(hashTag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  }
  return (crc & 0xffff) % SLOTS
}

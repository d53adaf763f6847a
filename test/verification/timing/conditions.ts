import { Redis } from 'ioredis'
import type { RedisServer } from '../../support/redis/redis-server.ts'

/** A state of Redis in which attempts are measured. While it rejects writes, every attempt must be rejected alike. */
export interface Condition {
  readonly name: 'normal' | 'OOM' | 'NOREPLICAS' | 'READONLY'
  readonly writes: 'accepted' | 'rejected'
  /** Redis commands sent after the numbers are registered. */
  readonly commands: readonly (readonly [string, ...string[]])[]
}

export const conditions: readonly Condition[] = [
  { name: 'normal', writes: 'accepted', commands: [] },
  { name: 'OOM', writes: 'rejected', commands: [['CONFIG', 'SET', 'maxmemory', '1']] },
  { name: 'NOREPLICAS', writes: 'rejected', commands: [['CONFIG', 'SET', 'min-replicas-to-write', '1']] },
  // The master does not exist; a replica goes on serving the data it has.
  { name: 'READONLY', writes: 'rejected', commands: [['REPLICAOF', '127.0.0.1', '1']] },
]

export async function applyCondition({ commands }: Condition, { url }: RedisServer): Promise<void> {
  const admin = new Redis(url)
  try {
    for (const [name, ...args] of commands) await admin.call(name, ...args)
  } finally {
    admin.disconnect()
  }
}

import type { RedisServer } from '../../support/redis/redis-server.ts'

/** A state of Redis in which attempts are measured. `refusing`: it takes no write, so every attempt must be refused alike. */
export interface Condition {
  readonly name: 'normal' | 'OOM' | 'NOREPLICAS' | 'READONLY'
  readonly kind: 'writing' | 'refusing'
  /** What Redis is told, once the numbers are registered. */
  readonly commands: readonly (readonly [string, ...string[]])[]
}

export const conditions: readonly Condition[] = [
  { name: 'normal', kind: 'writing', commands: [] },
  { name: 'OOM', kind: 'refusing', commands: [['CONFIG', 'SET', 'maxmemory', '1']] },
  { name: 'NOREPLICAS', kind: 'refusing', commands: [['CONFIG', 'SET', 'min-replicas-to-write', '1']] },
  // The master it follows does not exist; what it has it goes on serving.
  { name: 'READONLY', kind: 'refusing', commands: [['REPLICAOF', '127.0.0.1', '1']] },
]

export async function bringAbout({ commands }: Condition, { url }: RedisServer): Promise<void> {
  const { Redis } = await import('ioredis')
  const admin = new Redis(url)
  try {
    for (const [name, ...args] of commands) await admin.call(name, ...args)
  } finally {
    admin.disconnect()
  }
}

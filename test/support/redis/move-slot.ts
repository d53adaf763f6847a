import { setTimeout as pause } from 'node:timers/promises'
import type { RedisCluster } from './redis-cluster.ts'

const MIGRATE_TIMEOUT_MS = 5000

/** Moves a slot from one master to another, key by key, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  { masters }: RedisCluster,
  move: {
    readonly slot: number
    readonly from: number
    readonly to: number
    /** The pause between two keys, during which the slot is split. */
    readonly betweenKeysMs: number
  },
): Promise<void> {
  const { slot, betweenKeysMs } = move
  const [from, to] = [masters[move.from], masters[move.to]]
  if (!from || !to) throw new Error('There is no such master.')
  const [fromId, toId] = await Promise.all([from, to].map(({ admin }) => admin.cluster('MYID')))
  await to.admin.cluster('SETSLOT', slot, 'IMPORTING', String(fromId))
  await from.admin.cluster('SETSLOT', slot, 'MIGRATING', String(toId))
  for (;;) {
    const [key] = await from.admin.cluster('GETKEYSINSLOT', slot, 1)
    if (key === undefined) break
    await from.admin.migrate('127.0.0.1', to.port, String(key), 0, MIGRATE_TIMEOUT_MS)
    await pause(betweenKeysMs)
  }
  // The new owner first, so that the slot always has an owner.
  await to.admin.cluster('SETSLOT', slot, 'NODE', String(toId))
  await from.admin.cluster('SETSLOT', slot, 'NODE', String(toId))
}

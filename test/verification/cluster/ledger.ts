import type { Store } from '../../../src/gateway/ports.ts'
import { bucketOf, handleOf } from '../../../src/gateway/records/records.ts'
import { journalOfBucket } from '../../support/journal.ts'

/** The dialect name of the load; no real aggregator uses it. */
export const LOAD_DIALECT = 'load'

/** Acknowledged changes, to compare with the journals. */
export interface Ledger {
  /** A subscriber was shown that access is closed. */
  acknowledge(sessionId: string): void
  acknowledged(): number
  /** Counts acknowledged changes missing from the journal, and dialogues that closed access more than once. */
  audit(store: Store, msisdns: readonly string[]): Promise<{ lost: number; doubles: number; effects: number }>
}

export function createLedger(): Ledger {
  const acknowledged = new Set<string>()
  return {
    acknowledge: (sessionId) => void acknowledged.add(handleOf(LOAD_DIALECT, sessionId)),
    acknowledged: () => acknowledged.size,
    async audit(store, msisdns) {
      const effects = new Map<string, number>()
      for (const bucket of new Set(msisdns.map(bucketOf))) {
        for (const { id, change } of await journalOfBucket(store, bucket)) {
          const [dialogue = ''] = id.split(':')
          if (change === 'access-closed') effects.set(dialogue, (effects.get(dialogue) ?? 0) + 1)
        }
      }
      return {
        lost: [...acknowledged].filter((dialogue) => !effects.has(dialogue)).length,
        doubles: [...effects.values()].filter((times) => times > 1).length,
        effects: [...effects.values()].reduce((sum, times) => sum + times, 0),
      }
    },
  }
}

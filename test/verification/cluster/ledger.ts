import type { Store } from '../../../src/gateway/ports.ts'
import { bucketOf, handleOf } from '../../../src/gateway/records/records.ts'
import type { JournalRecord } from '../../../src/gateway/records/subscriber.ts'

const PAGE = 1000

/** The dialect that the load speaks: none of an aggregator's. */
export const LOAD_DIALECT = 'load'

/** What subscribers were told, for holding the journals against it. */
export interface Ledger {
  /** The subscriber read that access is closed. */
  acknowledge(msisdn: string, sessionId: string): void
  acknowledged(): number
  /** Acknowledged, and not in the journal; and dialogues that closed access more than once. */
  audit(store: Store, msisdns: readonly string[]): Promise<{ lost: number; doubles: number; effects: number }>
}

export function createLedger(): Ledger {
  const told = new Set<string>()
  return {
    acknowledge: (_msisdn, sessionId) => void told.add(handleOf(LOAD_DIALECT, sessionId)),
    acknowledged: () => told.size,
    async audit(store, msisdns) {
      const done = new Map<string, number>()
      for (const bucket of new Set(msisdns.map(bucketOf))) {
        for await (const { id, change } of journalOf(store, bucket)) {
          const [dialogue = ''] = id.split(':')
          if (change === 'access-closed') done.set(dialogue, (done.get(dialogue) ?? 0) + 1)
        }
      }
      return {
        lost: [...told].filter((dialogue) => !done.has(dialogue)).length,
        doubles: [...done.values()].filter((times) => times > 1).length,
        effects: [...done.values()].reduce((sum, times) => sum + times, 0),
      }
    },
  }
}

async function* journalOf(store: Store, bucket: number): AsyncGenerator<JournalRecord> {
  let after: string | undefined
  for (;;) {
    const entries = await store.readJournal(bucket, after, PAGE)
    for (const { entry } of entries) yield JSON.parse(entry) as JournalRecord
    if (entries.length < PAGE) return
    after = entries.at(-1)?.id
  }
}

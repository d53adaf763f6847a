import type { Store } from '../../src/gateway/ports.ts'
import { bucketOf } from '../../src/gateway/records/records.ts'
import type { JournalRecord } from '../../src/gateway/records/draft.ts'

const PAGE = 1000

/** Reads the whole journal of a bucket, oldest entry first. */
export async function journalOfBucket(store: Store, bucket: number): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  let after: string | undefined
  for (;;) {
    const page = await store.readJournal(bucket, after, PAGE)
    records.push(...page.map(({ entry }) => JSON.parse(entry) as JournalRecord))
    if (page.length < PAGE) return records
    after = page.at(-1)?.id
  }
}

/** Reads the journal entries of a subscriber, oldest first. */
export const journalOf = async (store: Store, msisdn: string): Promise<JournalRecord[]> =>
  (await journalOfBucket(store, bucketOf(msisdn))).filter((entry) => entry.msisdn === msisdn)

import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '../../../src/engine/secret.ts'
import { bucketOf, subscriberName } from '../../../src/gateway/records/records.ts'
import type { SubscriberFormat } from '../../../src/gateway/records/subscriber-format.ts'
import { parseSubscriber, subscriberFormat } from '../../support/record.ts'
import type { Subscriber } from '../../../menus/record.ts'
import type { JournalRecord } from '../../../src/gateway/records/draft.ts'
import type { Hashing } from '../../../src/services/hashing/hashing.ts'
import { record } from '../../../menus/record.ts'
import { createSubscribers } from '../../../src/services/subscribers.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { createRedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { journalOfBucket } from '../../support/journal.ts'
import type { StoredSubscriber } from './check.ts'
import type { SubscriberHistory } from './history.ts'
import { drawDigits } from './script.ts'

const RETRY_TIMEOUT_MS = 30_000

export type Register = ReturnType<typeof openRegister>

/** Opens the operator's side of a run, directly on Redis. */
export function openRegister(url: string, hashing: Hashing) {
  const client = createRedisClient({ url }, { commandTimeoutMs: 2000 })
  const store = createRedisStore({ client })
  const subscribers = createSubscribers({
    store,
    hashing,
    definition: record,
    format: subscriberFormat() as unknown as SubscriberFormat,
    defaultLanguage: 'ru',
    budgetMs: 10_000,
  })
  const registered: string[] = []

  const recordOf = async (msisdn: string): Promise<Subscriber | undefined> => {
    const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
    return records[0] && parseSubscriber(records[0].value)
  }

  return {
    /** Registers a subscriber, retrying until it is acknowledged. */
    async add(msisdn: string, access: SubscriberHistory['registered'], random: Random) {
      const puk1 = drawDigits(random)
      await retry(() => subscribers.put(msisdn, { language: 'en', access, puk1: new Secret(puk1) }))
      registered.push(msisdn)
      const passwordGeneration = (await retry(() => recordOf(msisdn)))?.passwordGeneration ?? 0
      const history: SubscriberHistory = { msisdn, passwordGeneration, registered: access, dialogues: [] }
      return { puk1, history }
    },

    /** Reads every record and the whole journal. */
    async readAll() {
      const buckets = new Map<number, readonly JournalRecord[]>()
      for (const bucket of new Set(registered.map(bucketOf)))
        buckets.set(bucket, await retry(() => journalOfBucket(store, bucket)))
      const records = new Map<string, Subscriber | undefined>()
      for (const msisdn of registered) records.set(msisdn, await retry(() => recordOf(msisdn)))
      return {
        of: (msisdn: string): StoredSubscriber => ({
          record: records.get(msisdn),
          journal: (buckets.get(bucketOf(msisdn)) ?? []).filter((entry) => entry.msisdn === msisdn),
        }),
      }
    },

    close: () => store.close(),
  }
}

/** Retries a job while Redis is down on purpose. */
async function retry<T>(job: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + RETRY_TIMEOUT_MS
  for (;;) {
    try {
      return await job()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await sleep(100)
    }
  }
}

import { randomBytes } from 'node:crypto'
import { createDigestArgon2 } from './digest-argon2.ts'
import { journalOf } from './journal.ts'
import { Secret } from '../../src/engine/secret.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import type { Keyring } from '../../src/gateway/records/keyring.ts'
import type { Subscriber } from '../../src/gateway/records/subscriber.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../src/gateway/records/records.ts'
import { createHashing } from '../../src/services/hashing/hashing.ts'
import type { Hashing } from '../../src/services/hashing/hashing.ts'
import { createPasswords } from '../../src/services/password.ts'
import { createPuk1 } from '../../src/services/puk1.ts'
import { createSelfCare } from '../../src/services/self-care.ts'
import { createSubscribers } from '../../src/services/subscribers.ts'
import type { SubscriberPatch } from '../../src/services/subscribers.ts'
import { createMemoryStore } from '../../src/store/memory.ts'

/** Creates fast hashing, for tests that compare thousands of secrets. */
export const createQuickHashing = (keyring: Keyring = createKeyring({ current: randomBytes(32) })): Hashing =>
  createHashing({ keyring, argon2: createDigestArgon2(), maxQueued: 100_000 })

/** Counts comparisons with a stored hash and with none. */
function createCountedHashing(hashing: Hashing) {
  const asked = { stored: 0, nothing: 0 }
  const counted: Hashing = {
    ...hashing,
    verify(stored, ...rest) {
      asked[stored ? 'stored' : 'nothing'] += 1
      return hashing.verify(stored, ...rest)
    },
  }
  return { hashing: counted, asked }
}

/** Wraps a store and records every commit. */
function createRecordedStore(store: Store) {
  const written: string[] = []
  const recorded: Store = {
    ...store,
    commit(commit) {
      written.push(JSON.stringify(commit))
      return store.commit(commit)
    },
  }
  return { store: recorded, written }
}

type Clear = Omit<SubscriberPatch, 'puk1' | 'password'> & { puk1?: string; password?: string }

/** Creates subscribers and self-care over the embedded store, with a manual clock. */
export function createBench(options: { hashing?: Hashing; keyring?: Keyring } = {}) {
  let nowMs = Date.UTC(2026, 0, 15, 12)
  const keyring = options.keyring ?? createKeyring({ current: randomBytes(32) })
  const { hashing, asked } = createCountedHashing(options.hashing ?? createQuickHashing(keyring))
  const { store, written } = createRecordedStore(createMemoryStore({ now: () => nowMs }))
  const passwords = createPasswords(hashing)
  // Generous, so that a busy machine does not fail tests.
  const shared = { hashing, passwords, keyring, puk1: createPuk1(hashing), budgetMs: 15_000 }
  const subscribers = createSubscribers({ store, ...shared })

  return {
    keyring,
    asked,
    written,
    store,
    subscribers,
    selfCare: createSelfCare({ store, ...shared }),
    /** Creates the self-care of another process, or over a faulty store. */
    another: (over: Store = store, by: Partial<typeof shared> = {}) =>
      createSelfCare({ store: over, ...shared, ...by }),
    elapse: (ms: number) => void (nowMs += ms),
    register(msisdn: string, { puk1, password, ...fields }: Clear = {}) {
      return subscribers.put(msisdn, {
        ...fields,
        ...(puk1 !== undefined && { puk1: new Secret(puk1) }),
        ...(password !== undefined && { password: new Secret(password) }),
      })
    },
    /** Returns the stored record. */
    async recordOf(msisdn: string): Promise<Subscriber | undefined> {
      const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
      return records[0] && (JSON.parse(records[0].value) as Subscriber)
    },
    /** Returns the journal entries of a number, oldest first. */
    journalOf: (msisdn: string) => journalOf(store, msisdn),
  }
}

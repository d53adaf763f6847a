import { randomBytes } from 'node:crypto'
import { createDigestArgon2 } from './digest-argon2.ts'
import { Secret } from '../../src/engine/secret.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import type { Keyring } from '../../src/gateway/records/keyring.ts'
import type { JournalRecord, Subscriber } from '../../src/gateway/records/subscriber.ts'
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

/** Hashing without its cost, where thousands of secrets are compared and their hashes are not what is tested. */
export const createQuickHashing = (keyring: Keyring = createKeyring({ current: randomBytes(32) })): Hashing =>
  createHashing({ keyring, argon2: createDigestArgon2(), maxQueued: 100_000 })

/** What was asked of the hashing: how many secrets were compared with a stored hash, and how many with nothing. */
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

/** A store and a note of everything that was ever to be written to it. */
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

/** Subscribers and self-care over the embedded store, whose clock moves only when told. */
export function createBench(options: { hashing?: Hashing; keyring?: Keyring } = {}) {
  let nowMs = Date.UTC(2026, 0, 15, 12)
  const keyring = options.keyring ?? createKeyring({ current: randomBytes(32) })
  const { hashing, asked } = createCountedHashing(options.hashing ?? createQuickHashing(keyring))
  const { store, written } = createRecordedStore(createMemoryStore({ now: () => nowMs }))
  const passwords = createPasswords(hashing)
  // Generous: a busy machine is not what is tested.
  const shared = { hashing, passwords, keyring, puk1: createPuk1(hashing), budgetMs: 15_000 }
  const subscribers = createSubscribers({ store, ...shared })

  return {
    keyring,
    asked,
    written,
    store,
    subscribers,
    selfCare: createSelfCare({ store, ...shared }),
    /** Self-care as another process over the same store has it, or over a store that misbehaves. */
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
    /** The record as it is stored. */
    async recordOf(msisdn: string): Promise<Subscriber | undefined> {
      const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
      return records[0] && (JSON.parse(records[0].value) as Subscriber)
    },
    /** What the journal says of a number, oldest first. */
    async journalOf(msisdn: string): Promise<JournalRecord[]> {
      const entries = await store.readJournal(bucketOf(msisdn), undefined, 10_000)
      return entries
        .map(({ entry }) => JSON.parse(entry) as JournalRecord)
        .filter((entry) => entry.msisdn === msisdn)
    },
  }
}

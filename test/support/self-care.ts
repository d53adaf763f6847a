import { randomBytes } from 'node:crypto'
import { createDigestArgon2 } from './digest-argon2.ts'
import { recordOf, sealed } from './gateway.ts'
import type { PlainPatch } from './gateway.ts'
import { journalOf } from './journal.ts'
import { subscriberFormat } from './record.ts'
import type { ShippedSubscribers } from './record.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import type { SubscriberFormat } from '../../src/gateway/records/subscriber-format.ts'
import type { Keyring } from '../../src/gateway/records/keyring.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { createHashing } from '../../src/services/hashing/hashing.ts'
import type { Hashing } from '../../src/services/hashing/hashing.ts'
import { record } from '../../menus/record.ts'
import type { Routes } from '../../menus/record.ts'
import { createSelfCare } from '../../menus/services/self-care.ts'
import { createSecrets } from '../../src/services/secrets.ts'
import { createSubscribers } from '../../src/services/subscribers.ts'
import { createMemoryStore } from '../../src/store/memory.ts'

/** Creates fast hashing, for tests that compare thousands of secrets. */
export const createQuickHashing = (keyring: Keyring = createKeyring({ current: randomBytes(32) })): Hashing =>
  createHashing({ keyring, argon2: createDigestArgon2(), maxQueued: 100_000 })

/** Creates subscribers and self-care over the embedded store, with a manual clock. */
export function createBench(options: { hashing?: Hashing; keyring?: Keyring } = {}) {
  let nowMs = Date.UTC(2026, 0, 15, 12)
  const keyring = options.keyring ?? createKeyring({ current: randomBytes(32) })
  const quick = options.hashing ?? createQuickHashing(keyring)
  /** Comparisons with a stored hash, and with none. */
  const asked = { stored: 0, nothing: 0 }
  const hashing: Hashing = {
    ...quick,
    verify(stored, ...rest) {
      asked[stored ? 'stored' : 'nothing'] += 1
      return quick.verify(stored, ...rest)
    },
  }
  const memory = createMemoryStore({ now: () => nowMs })
  const written: string[] = []
  const store: Store = {
    ...memory,
    commit(commit) {
      written.push(JSON.stringify(commit))
      return memory.commit(commit)
    },
  }
  const format = subscriberFormat()
  // Generous, so that a busy machine does not fail tests.
  const budgetMs = 15_000
  const kit = { store, hashing, keyring, secrets: createSecrets(record, hashing), format, budgetMs }
  const subscribers = createSubscribers({
    store,
    hashing,
    definition: record,
    format: format as unknown as SubscriberFormat,
    defaultLanguage: 'ru',
    budgetMs,
  }) as ShippedSubscribers

  return {
    keyring,
    asked,
    written,
    store,
    subscribers,
    selfCare: createSelfCare(kit),
    /** Creates the self-care of another process, or over a faulty store. */
    another: (over: Store = store, by: Partial<Pick<Routes, 'hashing' | 'keyring' | 'budgetMs'>> = {}) =>
      createSelfCare({
        ...kit,
        store: over,
        ...by,
        ...(by.hashing && { secrets: createSecrets(record, by.hashing) }),
      }),
    elapse: (ms: number) => void (nowMs += ms),
    register: (msisdn: string, patch: PlainPatch = {}) => subscribers.put(msisdn, sealed(patch)),
    recordOf: (msisdn: string) => recordOf(store, msisdn),
    /** Returns the journal entries of a number, oldest first. */
    journalOf: (msisdn: string) => journalOf(store, msisdn),
  }
}

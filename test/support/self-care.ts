import { randomBytes } from 'node:crypto'
import { createDigestArgon2 } from './digest-argon2.ts'
import { recordOf, sealed } from './gateway.ts'
import type { PlainPatch } from './gateway.ts'
import { journalOf } from './journal.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import type { RecordFormat } from '../../src/gateway/records/record-format.ts'
import type { Keyring } from '../../src/gateway/records/keyring.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { createHashing } from '../../src/services/hashing/hashing.ts'
import type { Hashing } from '../../src/services/hashing/hashing.ts'
import { createPasswords } from '../../src/services/password.ts'
import { createPuk1 } from '../../src/services/puk1.ts'
import { createSelfCare } from '../../src/services/self-care.ts'
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
  const passwords = createPasswords(hashing)
  // Generous, so that a busy machine does not fail tests.
  const shared = {
    hashing,
    passwords,
    keyring,
    puk1: createPuk1(hashing),
    defaultLanguage: 'ru',
    recordFormat: 'compact' as RecordFormat,
    budgetMs: 15_000,
  }
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
    register: (msisdn: string, patch: PlainPatch = {}) => subscribers.put(msisdn, sealed(patch)),
    recordOf: (msisdn: string) => recordOf(store, msisdn),
    /** Returns the journal entries of a number, oldest first. */
    journalOf: (msisdn: string) => journalOf(store, msisdn),
  }
}

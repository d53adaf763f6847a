import { availableParallelism } from 'node:os'
import type { Keyring } from '../gateway/keyring.ts'
import { createGate } from './gate.ts'
import { createHashing } from './hashing.ts'
import type { Hashing } from './hashing.ts'
import { createHashingThreads } from './hashing-threads.ts'

/** What waits to be hashed must still be committed within its turn. An operator who registers thousands has more time. */
const TURNS_WAITING = { most: 64, withinMs: 400 }
const REGISTRATIONS_WAITING = { most: 64 }
const REQUESTS_WAITING = { most: 32, withinMs: 1000 }

/**
 * The hashing of a process, as many at once as there are cores, less one. Subscribers in a dialogue go first, then what an
 * operator registers, and last the requests of self-care: anybody may ask for a login, and each asks for a hash (decision 0019).
 */
export function createHashingLanes(keyring: Keyring): {
  readonly turns: Hashing
  readonly registrations: Hashing
  readonly requests: Hashing
  close(): Promise<void>
} {
  const argon2 = createHashingThreads()
  const gate = createGate(Math.max(1, availableParallelism() - 1))
  return {
    turns: createHashing({ keyring, argon2, gate: gate.lane(TURNS_WAITING) }),
    registrations: createHashing({ keyring, argon2, gate: gate.lane(REGISTRATIONS_WAITING) }),
    requests: createHashing({ keyring, argon2, gate: gate.lane(REQUESTS_WAITING) }),
    close: () => argon2.close(),
  }
}

import { availableParallelism } from 'node:os'
import type { Keyring } from '../../gateway/records/keyring.ts'
import { createPrioritySemaphore } from './priority-semaphore.ts'
import { createHashing } from './hashing.ts'
import type { Argon2, Hashing } from './hashing.ts'
import { createHashingThreads } from './threads.ts'

/** What waits to be hashed must still be committed within its turn. An operator who registers thousands has more time. */
const MAX_TURNS_QUEUED = { most: 64, withinMs: 400 }
const MAX_REGISTRATIONS_QUEUED = { most: 64 }
const MAX_REQUESTS_QUEUED = { most: 32, withinMs: 1000 }

/** Hashing for each kind of caller, over one limit of parallel hashes. */
export interface HashingLanes {
  readonly turns: Hashing
  readonly registrations: Hashing
  readonly requests: Hashing
  close(): Promise<void>
}

/**
 * The hashing of a process, as many at once as there are cores, less one. Subscribers in a dialogue go first, then what an
 * operator registers, and last the requests of self-care: anybody may ask for a login, and each asks for a hash (decision 0019).
 */
export function createHashingLanes(
  keyring: Keyring,
  options: { readonly argon2?: Argon2 | undefined; readonly parallel?: number | undefined } = {},
): HashingLanes {
  const threads = options.argon2 ? undefined : createHashingThreads()
  const argon2 = options.argon2 ?? (threads as Argon2)
  const gate = createPrioritySemaphore(options.parallel ?? Math.max(1, availableParallelism() - 1))
  return {
    turns: createHashing({ keyring, argon2, gate: gate.lane(MAX_TURNS_QUEUED) }),
    registrations: createHashing({ keyring, argon2, gate: gate.lane(MAX_REGISTRATIONS_QUEUED) }),
    requests: createHashing({ keyring, argon2, gate: gate.lane(MAX_REQUESTS_QUEUED) }),
    close: async () => threads?.close(),
  }
}

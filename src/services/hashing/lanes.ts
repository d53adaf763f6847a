import { availableParallelism } from 'node:os'
import type { Keyring } from '../../gateway/records/keyring.ts'
import { createPrioritySemaphore } from './priority-semaphore.ts'
import { createHashing } from './hashing.ts'
import type { Argon2, Hashing } from './hashing.ts'
import { createHashingThreads } from './threads.ts'

/** A turn must still commit after its hash. Registrations in bulk may wait for longer. */
const TURNS = { maxQueued: 64, maxWaitMs: 400 }
const REGISTRATIONS = { maxQueued: 64 }
const REQUESTS = { maxQueued: 32, maxWaitMs: 1000 }

/** One `Hashing` per kind of caller, under one limit of parallel hashes. */
export interface HashingLanes {
  readonly turns: Hashing
  readonly registrations: Hashing
  readonly requests: Hashing
  close(): Promise<void>
}

/**
 * Creates the hashing of a process: one hash per core, less one, unless `parallel` is given. Dialogues have the highest
 * priority, then registrations. Self-care requests come last: anyone may send a login, and each costs a hash (decision 0019).
 */
export function createHashingLanes(
  keyring: Keyring,
  options: { readonly argon2?: Argon2 | undefined; readonly parallel?: number | undefined } = {},
): HashingLanes {
  const threads = options.argon2 ? undefined : createHashingThreads()
  const argon2 = options.argon2 ?? (threads as Argon2)
  const semaphore = createPrioritySemaphore(options.parallel ?? Math.max(1, availableParallelism() - 1))
  return {
    turns: createHashing({ keyring, argon2, lane: semaphore.lane(TURNS) }),
    registrations: createHashing({ keyring, argon2, lane: semaphore.lane(REGISTRATIONS) }),
    requests: createHashing({ keyring, argon2, lane: semaphore.lane(REQUESTS) }),
    close: async () => threads?.close(),
  }
}

import { hash, parseOptions, verify } from '@node-rs/argon2'
import type { Options } from '@node-rs/argon2'
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { UssdError } from '../../engine/errors.ts'
import type { Secret } from '../../engine/secret.ts'
import { macUnder } from '../../gateway/records/keyring.ts'
import type { Keyring, Purpose } from '../../gateway/records/keyring.ts'
import { createPrioritySemaphore } from './priority-semaphore.ts'
import type { Lane } from './priority-semaphore.ts'

/** What a hashed secret is. A hash made in one domain never matches in the other. */
export type HashDomain = Extract<Purpose, 'password' | 'puk1'>

/** A secret in the only form that may be stored: an argon2id PHC string, and the id of the key under it. */
export type SealedHash = { hash: string; key: string }

/**
 * The outcome of comparing a secret with a stored hash. `stale`: not of today's parameters or key; hash anew when
 * it matches.
 */
type Verdict = { matches: boolean; stale: boolean }

/**
 * Slow hashing of passwords and PUK1, bounded so that other turns keep their pace: each hash takes about 20 ms of a core
 * and 19 MiB. Both methods reject with `UssdError` USSD_BUSY, at once, when the queue is full, and with USSD_TURN_TIMED_OUT when
 * the signal is aborted before their turn comes; a hash that has begun runs to its end.
 * The MSISDN is part of what is hashed: give it in one form, the stored one.
 */
export interface Hashing {
  /** How many hashes run now, and how many wait for a place. */
  readonly running: number
  readonly waiting: number
  /** The keyring holds retired keys: stored hashes are being moved to the current one. */
  readonly isRotating: boolean
  /** True for a hash under a key that the keyring holds. */
  isKnown(stored: SealedHash): boolean
  /** Throws USSD_KEY_UNKNOWN for a hash under a key that the keyring does not hold. */
  assertKnown(stored: SealedHash): void
  hash(
    domain: HashDomain,
    msisdn: string,
    secret: Secret,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<SealedHash>
  /**
   * Compares. With nothing stored it works as long and says no, so that time does not tell who is a subscriber. Rejects with
   * USSD_KEY_UNKNOWN for a key the keyring does not hold, and with USSD_RECORD_CORRUPT when what is stored is no argon2 hash
   * we would make.
   */
  verify(
    stored: SealedHash | undefined,
    domain: HashDomain,
    msisdn: string,
    secret: Secret,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Verdict>
}

/** Where argon2 runs. Both reject when it fails; nobody bounds how many are given to it but the gate in front. */
export interface Argon2 {
  /** The PHC string of a digest, salted anew. */
  hash(digest: string, cost: Options): Promise<string>
  verify(phc: string, digest: string): Promise<boolean>
}

/** On libuv's pool. */
export const pooledArgon2: Argon2 = { hash, verify }

/**
 * OWASP Password Storage Cheat Sheet: argon2id (the library's default, version 19), 19 MiB, 2 passes, 1 lane;
 * random 16-byte salt.
 */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
const CURRENT = { algorithm: 2, version: 1, saltLen: 16, ...COST }
/** Whoever can write a record must not be able to make us spend gigabytes on it. */
const CEILING = { memoryCost: 16 * COST.memoryCost, timeCost: 16, parallelism: 16 }

/**
 * Hashing as OWASP and ASVS 5.0 11.4.2 have it: argon2id over HMAC-SHA-256(key, MSISDN ‖ digits), the key outside the
 * database and its own per domain. The key is what protects: 10^5 passwords under argon2id alone are an hour's work.
 * `parallel` (at least 1, default one core less than there are) run at once; `waiting` (default 64, about two
 * seconds of work) may wait. Or it goes through a `gate` it shares with others. `argon2` is libuv's pool unless given.
 */
export function createHashing({
  keyring,
  parallel = Math.max(1, availableParallelism() - 1),
  waiting = 64,
  gate = createPrioritySemaphore(parallel).lane({ most: waiting }),
  argon2 = pooledArgon2,
}: {
  keyring: Keyring
  parallel?: number
  waiting?: number
  gate?: Lane
  argon2?: Argon2
}): Hashing {
  const dummy = hashOfNothing()

  return {
    get running() {
      return gate.running
    },
    get waiting() {
      return gate.waiting
    },

    isRotating: keyring.ids.length > 1,

    isKnown: ({ key }) => keyring.ids.includes(key),

    assertKnown: ({ key }) => void macUnder(keyring, key, 'password', []),

    async hash(domain, msisdn, secret, { signal } = {}) {
      const digest = asText(keyring.mac(domain, [msisdn, secret.reveal()]))
      return { hash: await gate.run(() => argon2.hash(digest, COST), signal), key: keyring.id }
    },

    async verify(stored, domain, msisdn, secret, { signal } = {}) {
      const parts = [msisdn, secret.reveal()]
      if (!stored) {
        const other = asText(keyring.mac(domain, parts))
        await gate.run(() => argon2.verify(dummy, other), signal)
        return { matches: false, stale: false }
      }
      const digest = macUnder(keyring, stored.key, domain, parts)
      const stale = stored.key !== keyring.id || !isCurrent(stored.hash)
      return { matches: await gate.run(() => argon2.verify(stored.hash, asText(digest)), signal), stale }
    },
  }
}

/**
 * The digest as argon2 is given it: base64, because the library's `verify` refuses bytes that are not UTF-8 (its
 * `hash` does not).
 */
function asText(digest: Buffer): string {
  return digest.toString('base64')
}

/** A well-formed hash that no secret has, at today's cost. */
function hashOfNothing(): string {
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '')
  const { memoryCost, timeCost, parallelism, outputLen } = COST
  const cost = `m=${memoryCost},t=${timeCost},p=${parallelism}`
  return `$argon2id$v=19$${cost}$${base64(CURRENT.saltLen)}$${base64(outputLen)}`
}

function isCurrent(phc: string): boolean {
  const found = parsed(phc)
  if (Object.entries(CEILING).some(([name, limit]) => found[name as keyof typeof CEILING] > limit)) {
    throw corrupt('a stored hash asks for more work than is ever given')
  }
  return Object.entries(CURRENT).every(([name, value]) => found[name as keyof typeof CURRENT] === value)
}

function parsed(phc: string): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(phc)
  } catch {
    throw corrupt('a stored hash is not an argon2 PHC string')
  }
}

function corrupt(detail: string): UssdError {
  return new UssdError('USSD_RECORD_CORRUPT', { detail })
}

import { hash, parseOptions, verify } from '@node-rs/argon2'
import type { Options } from '@node-rs/argon2'
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { UssdError } from '../../engine/errors.ts'
import type { Secret } from '../../engine/secret.ts'
import { macUnder } from '../../gateway/records/keyring.ts'
import type { Keyring } from '../../gateway/records/keyring.ts'
import type { SealedHash } from '../../gateway/records/record.ts'
import { createPrioritySemaphore } from './priority-semaphore.ts'
import type { Lane } from './priority-semaphore.ts'

/** The name of a secret, such as `pin`. A hash of one domain never matches in another. */
export type HashDomain = string

/** The result of a comparison. `stale`: the hash uses old parameters or a retired key; rehash if it matches. */
type Verdict = { matches: boolean; stale: boolean }

/**
 * Slow hashing of secrets. A hash takes about 20 ms of a core and 19 MiB, so the number of parallel hashes is
 * limited. `hash` and `verify` reject with USSD_BUSY, at once, when the queue is full, and with USSD_TURN_TIMED_OUT when the signal is
 * aborted before the hash starts. A started hash runs to its end.
 * The MSISDN is part of the input: always pass it in its stored form.
 */
export interface Hashing {
  /** The hashes running now, of all lanes. */
  readonly running: number
  /** The hashes queued in this lane. */
  readonly waiting: number
  /** True while the keyring holds retired keys and stored hashes migrate to the current key. */
  readonly isRotating: boolean
  /** Returns true if the keyring holds the key of the hash. */
  isKnown(stored: SealedHash): boolean
  /** Throws USSD_KEY_UNKNOWN if the keyring does not hold the key of the hash. */
  assertKnown(stored: SealedHash): void
  hash(
    domain: HashDomain,
    msisdn: string,
    secret: Secret,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<SealedHash>
  /**
   * Compares a secret with a stored hash. If nothing is stored, it takes as long and never matches, so timing does not reveal
   * subscribers. Rejects with USSD_KEY_UNKNOWN for an unknown key, and with USSD_RECORD_CORRUPT for a stored value that is not
   * one of our argon2 hashes.
   */
  verify(
    stored: SealedHash | undefined,
    domain: HashDomain,
    msisdn: string,
    secret: Secret,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Verdict>
}

/** A runner of argon2. Both methods reject when argon2 fails. Only the lane in front of it limits parallel calls. */
export interface Argon2 {
  /** Returns the PHC string of a digest with a fresh salt. */
  hash(digest: string, cost: Options): Promise<string>
  verify(phc: string, digest: string): Promise<boolean>
}

/** Argon2 on libuv's thread pool. */
export const pooledArgon2: Argon2 = { hash, verify }

/**
 * OWASP Password Storage Cheat Sheet: argon2id (the library's default, version 19), 19 MiB, 2 passes, 1 lane;
 * random 16-byte salt.
 */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
const CURRENT = { algorithm: 2, version: 1, saltLen: 16, ...COST }
/** Limits the cost of a stored hash: a forged record must not make the gateway allocate gigabytes. */
const MAX_COST = { memoryCost: 16 * COST.memoryCost, timeCost: 16, parallelism: 16 }

/**
 * Creates hashing as recommended by OWASP and ASVS 5.0 11.4.2: argon2id over HMAC-SHA-256(key, MSISDN ‖ digits). The key is
 * kept outside the database, one per domain. It is the protection: without it, trying 10^5 passwords under argon2id takes an hour.
 *
 * `parallel`: hashes at once, at least 1; by default the number of cores less one. `maxQueued`: 64 by default, about two
 * seconds of work. `lane`: replaces both, to share a semaphore. `argon2`: libuv's pool by default.
 */
export function createHashing({
  keyring,
  parallel = Math.max(1, availableParallelism() - 1),
  maxQueued = 64,
  lane = createPrioritySemaphore(parallel).lane({ maxQueued }),
  argon2 = pooledArgon2,
}: {
  keyring: Keyring
  parallel?: number
  maxQueued?: number
  lane?: Lane
  argon2?: Argon2
}): Hashing {
  const dummy = dummyHash()

  return {
    get running() {
      return lane.running
    },
    get waiting() {
      return lane.waiting
    },

    isRotating: keyring.ids.length > 1,

    isKnown: ({ key }) => keyring.ids.includes(key),

    // Any purpose would do: only the key matters.
    assertKnown: ({ key }) => void macUnder(keyring, key, 'secret', []),

    async hash(domain, msisdn, secret, { signal } = {}) {
      const digest = toBase64(keyring.mac(domain, [msisdn, secret.reveal()]))
      return { hash: await lane.run(() => argon2.hash(digest, COST), signal), key: keyring.id }
    },

    async verify(stored, domain, msisdn, secret, { signal } = {}) {
      const parts = [msisdn, secret.reveal()]
      if (!stored) {
        const digest = toBase64(keyring.mac(domain, parts))
        await lane.run(() => argon2.verify(dummy, digest), signal)
        return { matches: false, stale: false }
      }
      const digest = toBase64(macUnder(keyring, stored.key, domain, parts))
      const stale = stored.key !== keyring.id || !isCurrent(stored.hash)
      return { matches: await lane.run(() => argon2.verify(stored.hash, digest), signal), stale }
    },
  }
}

/** Encodes a digest for argon2: the library's `verify` rejects bytes that are not UTF-8, though its `hash` does not. */
function toBase64(digest: Buffer): string {
  return digest.toString('base64')
}

/** Returns a well-formed hash at the current cost that no secret matches. */
function dummyHash(): string {
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '')
  const { memoryCost, timeCost, parallelism, outputLen } = COST
  const cost = `m=${memoryCost},t=${timeCost},p=${parallelism}`
  return `$argon2id$v=19$${cost}$${base64(CURRENT.saltLen)}$${base64(outputLen)}`
}

function isCurrent(phc: string): boolean {
  const options = parse(phc)
  if (Object.entries(MAX_COST).some(([name, limit]) => options[name as keyof typeof MAX_COST] > limit)) {
    throw corrupt('the cost of a stored hash exceeds the limit')
  }
  return Object.entries(CURRENT).every(([name, value]) => options[name as keyof typeof CURRENT] === value)
}

function parse(phc: string): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(phc)
  } catch {
    throw corrupt('a stored hash is not an argon2 PHC string')
  }
}

function corrupt(detail: string): UssdError {
  return new UssdError('USSD_RECORD_CORRUPT', { detail })
}

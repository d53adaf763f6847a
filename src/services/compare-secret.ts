import { UssdError } from '../engine/errors.ts'
import type { Secret } from '../engine/secret.ts'
import type { SealedHash } from '../gateway/records/record.ts'
import type { HashDomain, Hashing } from './hashing/hashing.ts'

export interface Comparison {
  readonly matches: boolean
  /** The secret rehashed, if it matches and its hash uses a retired key or old parameters. */
  readonly renewed: SealedHash | undefined
}

/**
 * Compares a secret with a stored hash, or with a dummy if nothing is stored. The work depends on the configuration and the
 * stored hash, never on whether the secret matches: during a key rotation every comparison rehashes, and the result of a wrong
 * secret is dropped.
 */
export async function compareSecret(
  hashing: Hashing,
  of: {
    readonly stored: SealedHash | null | undefined
    readonly domain: HashDomain
    readonly msisdn: string
    readonly secret: Secret
    readonly signal: AbortSignal
  },
): Promise<Comparison> {
  const { stored, domain, msisdn, secret, signal } = of
  const { matches, stale } = await hashing.verify(stored ?? undefined, domain, msisdn, secret, { signal })
  if (!stale && !hashing.isRotating) return { matches, renewed: undefined }
  // The comparison is done: a full queue must not hide its result. A later one can rehash.
  const renewed = await hashing.hash(domain, msisdn, secret, { signal }).catch(() => undefined)
  return { matches, renewed: matches && stale ? renewed : undefined }
}

/**
 * Returns an error that means that no comparison started: the queue was full, or the turn timed out in it. Throws any other
 * error.
 */
export function asRejection(error: unknown): UssdError {
  const isRejection =
    error instanceof UssdError && (error.code === 'USSD_BUSY' || error.code === 'USSD_TURN_TIMED_OUT')
  if (!isRejection) throw error
  return error
}

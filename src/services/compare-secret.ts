import { UssdError } from '../engine/errors.ts'
import type { Secret } from '../engine/secret.ts'
import type { HashDomain, Hashing, SealedHash } from './hashing/hashing.ts'

export interface Comparison {
  readonly matches: boolean
  /** The secret hashed anew, where it matches and its hash is of an older key or of older parameters. */
  readonly renewed: SealedHash | undefined
}

/**
 * Compares a secret with a stored hash, or with a dummy where nothing is stored. The work done depends on the configuration
 * and on what is stored, never on whether the secret is right: while keys rotate, every comparison hashes anew as well, and
 * what a wrong one made is dropped.
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
  // The verdict is out: a full lane must not hide it, and the hash can be renewed another time.
  const renewed = await hashing.hash(domain, msisdn, secret, { signal }).catch(() => undefined)
  return { matches, renewed: matches && stale ? renewed : undefined }
}

/**
 * Returns a fault that says that no hash was begun, so nothing was compared: the lane was full, or the turn gave up before its
 * place came. Throws any other.
 */
export function isRejected(error: unknown): UssdError {
  const isTurnedAway =
    error instanceof UssdError && (error.code === 'USSD_BUSY' || error.code === 'USSD_TURN_TIMED_OUT')
  if (!isTurnedAway) throw error
  return error
}

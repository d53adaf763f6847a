import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'
import { UssdError } from '../../engine/errors.ts'

/** The purposes of the gateway's own digests. */
export const ownPurposes = ['seal', 'transcript', 'token', 'pseudonym', 'handle', 'throttle'] as const
/**
 * What a digest is for: one of the gateway's own purposes, or the name of a secret of the project. Each has its own sub-key, so
 * that a digest for one purpose is never valid for another.
 */
export type Purpose = (typeof ownPurposes)[number] | (string & {})

/** Creates keyed digests with keys that are kept outside the store. */
export interface Keyring {
  /** Id of the current key: the first 8 hex digits of its SHA-256. Stored beside each digest. */
  readonly id: string
  /** The ids of all keys, the current one first. */
  readonly ids: readonly string[]
  /**
   * HMAC-SHA-256 (32 bytes) over the parts, under the current key. Other parts, or the same text split differently, give
   * another digest.
   */
  mac(purpose: Purpose, parts: readonly string[]): Buffer
  /** The digest under the key with this id, current or retired; `undefined` for an unknown id. */
  mac(purpose: Purpose, parts: readonly string[], keyId: string): Buffer | undefined
}

const KEY_BYTES = 32

/**
 * Creates a keyring of one current key and any number of retired ones, 32 random bytes each. Retired keys only verify older
 * digests; a record moves to the current key at the next correct secret. Sub-keys are derived at their first use, by
 * HKDF-SHA-256 (RFC 5869) with the purpose as info.
 *
 * @throws UssdError USSD_MISCONFIGURED when a key is not 32 bytes, or two different keys have the same id
 */
export function createKeyring({
  current,
  retired = [],
}: {
  current: Uint8Array
  retired?: readonly Uint8Array[]
}): Keyring {
  const subkeys = new Map<string, (purpose: Purpose) => KeyObject>()
  const fingerprints = new Map<string, Buffer>()
  for (const key of [current, ...retired]) {
    if (key.byteLength !== KEY_BYTES)
      throw misconfigured(`a secrets key must be ${KEY_BYTES} bytes, not ${key.byteLength}`)
    const fingerprint = createHash('sha256').update(key).digest()
    const id = idOf(fingerprint)
    if (!(fingerprints.get(id) ?? fingerprint).equals(fingerprint)) {
      throw misconfigured(`two secrets keys have the id ${id}; replace one of them`)
    }
    fingerprints.set(id, fingerprint)
    subkeys.set(id, createSubkeys(key))
  }
  const id = idOf(createHash('sha256').update(current).digest())

  function mac(purpose: Purpose, parts: readonly string[]): Buffer
  function mac(purpose: Purpose, parts: readonly string[], keyId: string): Buffer | undefined
  function mac(purpose: Purpose, parts: readonly string[], keyId = id): Buffer | undefined {
    const key = subkeys.get(keyId)?.(purpose)
    return key && createHmac('sha256', key).update(joined(parts), 'utf16le').digest()
  }
  return { id, ids: [...subkeys.keys()], mac }
}

/**
 * The digest under the key with this id.
 *
 * @throws UssdError USSD_KEY_UNKNOWN when the keyring lacks the key: another process used a key that is not configured here
 */
export function macUnder(
  keyring: Keyring,
  keyId: string,
  purpose: Purpose,
  parts: readonly string[],
): Buffer {
  const digest = keyring.mac(purpose, parts, keyId)
  if (!digest) throw new UssdError('USSD_KEY_UNKNOWN', { detail: keyId })
  return digest
}

/** True when two values are equal. Takes constant time, whatever their contents and lengths. Text is compared as UTF-8. */
export function sameBytes(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}

function createSubkeys(key: Uint8Array): (purpose: Purpose) => KeyObject {
  // A KeyObject shows no bytes when it is printed by accident.
  const master = createSecretKey(key)
  const derived = new Map<Purpose, KeyObject>()
  return (purpose) => {
    const known = derived.get(purpose)
    if (known) return known
    const info = `ussd-gateway/1/${purpose}`
    const subkey = createSecretKey(new Uint8Array(hkdfSync('sha256', master, '', info, KEY_BYTES)))
    derived.set(purpose, subkey)
    return subkey
  }
}

/**
 * Prefixes each part with its length, so that `['12', '3']` and `['1', '23']` differ. Hashed as UTF-16, because UTF-8 makes
 * all lone surrogates equal.
 */
function joined(parts: readonly string[]): string {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return text
}

function idOf(fingerprint: Buffer): string {
  return fingerprint.toString('hex', 0, 4)
}

function misconfigured(detail: string): UssdError {
  return new UssdError('USSD_MISCONFIGURED', { detail })
}

import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'
import { UssdError } from '../../engine/errors.ts'

/**
 * What a digest is for. Each purpose has its own sub-key, so that a digest made for one never holds for another.
 */
export const purposes = [
  'password',
  'puk1',
  'seal',
  'transcript',
  'token',
  'pseudonym',
  'handle',
  'throttle',
] as const
export type Purpose = (typeof purposes)[number]

/** The keys that live outside the store, and the only thing done with them: keyed digests. */
export interface Keyring {
  /** Id of the current key: the first 8 hex digits of its SHA-256. Stored beside what was made with it. */
  readonly id: string
  /** The ids of all keys it holds, the current one first. */
  readonly ids: readonly string[]
  /**
   * HMAC-SHA-256 (32 bytes) over the parts, under the current key. Other parts, or the same text cut otherwise,
   * give another digest.
   */
  mac(purpose: Purpose, parts: readonly string[]): Buffer
  /** The same under the key with this id, current or retired; `undefined` when the keyring does not hold it. */
  mac(purpose: Purpose, parts: readonly string[], keyId: string): Buffer | undefined
}

const KEY_BYTES = 32

/**
 * A keyring of one current key and any number of retired ones, 32 random bytes each. Retired keys only verify what was
 * made before; a record is moved to the current key when its subscriber next gives the right answer.
 * The keys themselves are not kept: sub-keys are derived here, once, by HKDF-SHA-256 (RFC 5869) with the purpose as info.
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
  const subkeys = new Map<string, Record<Purpose, KeyObject>>()
  const fingerprints = new Map<string, Buffer>()
  for (const key of [current, ...retired]) {
    if (key.byteLength !== KEY_BYTES) throw misconfigured(`a secrets key is ${KEY_BYTES} bytes`)
    const fingerprint = createHash('sha256').update(key).digest()
    const id = idOf(fingerprint)
    if (!(fingerprints.get(id) ?? fingerprint).equals(fingerprint)) {
      throw misconfigured(`two secrets keys have the id ${id}; replace one`)
    }
    fingerprints.set(id, fingerprint)
    subkeys.set(id, deriveSubkeys(key))
  }
  const id = idOf(createHash('sha256').update(current).digest())

  function mac(purpose: Purpose, parts: readonly string[]): Buffer
  function mac(purpose: Purpose, parts: readonly string[], keyId: string): Buffer | undefined
  function mac(purpose: Purpose, parts: readonly string[], keyId = id): Buffer | undefined {
    const key = subkeys.get(keyId)?.[purpose]
    return key && createHmac('sha256', key).update(joined(parts), 'utf16le').digest()
  }
  return { id, ids: [...subkeys.keys()], mac }
}

/**
 * The digest under a key by its id.
 *
 * @throws UssdError USSD_KEY_UNKNOWN when the keyring does not hold it: another process made the value under a key that this
 * one was not given, so this one cannot tell right from wrong
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

/**
 * Whether two values are the same, in a time that tells neither where nor in what length they differ. Text counts
 * as its UTF-8 bytes.
 */
export function sameBytes(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}

function deriveSubkeys(key: Uint8Array): Record<Purpose, KeyObject> {
  const derive = (purpose: Purpose) =>
    // A KeyObject rather than bytes: printed by accident, it shows none of them.
    createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', `ussd-gateway/1/${purpose}`, KEY_BYTES)))
  return {
    password: derive('password'),
    puk1: derive('puk1'),
    seal: derive('seal'),
    transcript: derive('transcript'),
    token: derive('token'),
    pseudonym: derive('pseudonym'),
    handle: derive('handle'),
    throttle: derive('throttle'),
  }
}

/**
 * Each part behind its length, so that `['12', '3']` and `['1', '23']` differ. Hashed as UTF-16: UTF-8 would make
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

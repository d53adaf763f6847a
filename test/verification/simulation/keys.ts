import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Keyring, Purpose } from '../../../src/gateway/records/keyring.ts'
import type { KeyName } from './plan.ts'

const MAX_CACHED = 100_000

const bytesOf: Record<KeyName, Uint8Array> = {
  old: new Uint8Array(32).fill(7),
  new: new Uint8Array(32).fill(8),
}

/** Digests of all keyrings: the same ones are requested in every schedule. */
const digests = new Map<string, Buffer>()
const keyrings = new Map<string, Keyring>()

/** Returns the real keyring with fixed keys, the current one first. */
export function keysOf(names: readonly [KeyName, ...KeyName[]]): Keyring {
  const known = keyrings.get(names.join())
  if (known) return known
  const [current, ...retired] = names
  const keyring = memoised(
    createKeyring({ current: bytesOf[current], retired: retired.map((name) => bytesOf[name]) }),
  )
  keyrings.set(names.join(), keyring)
  return keyring
}

function memoised(keyring: Keyring): Keyring {
  function mac(purpose: Purpose, parts: readonly string[]): Buffer
  function mac(purpose: Purpose, parts: readonly string[], keyId: string): Buffer | undefined
  function mac(purpose: Purpose, parts: readonly string[], keyId = keyring.id): Buffer | undefined {
    if (!keyring.ids.includes(keyId)) return undefined
    const request = `${keyId} ${purpose} ${JSON.stringify(parts)}`
    const known = digests.get(request)
    if (known) return known
    if (digests.size >= MAX_CACHED) digests.clear()
    const digest = keyring.mac(purpose, parts, keyId)
    if (digest) digests.set(request, digest)
    return digest
  }
  return { id: keyring.id, ids: keyring.ids, mac }
}

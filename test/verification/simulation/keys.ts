import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Keyring, Purpose } from '../../../src/gateway/records/keyring.ts'
import type { KeyName } from './schedule.ts'

const MOST_KEPT = 100_000

const bytesOf: Record<KeyName, Uint8Array> = {
  old: new Uint8Array(32).fill(7),
  new: new Uint8Array(32).fill(8),
}

/** Of all keyrings. The same digests are asked for again and again: each is made once. */
const made = new Map<string, Buffer>()
const keyrings = new Map<string, Keyring>()

/** The real keyring under keys that are always the same, the current one first. */
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
    const asked = `${keyId} ${purpose} ${JSON.stringify(parts)}`
    const known = made.get(asked)
    if (known) return known
    if (made.size >= MOST_KEPT) made.clear()
    const digest = keyring.mac(purpose, parts, keyId)
    if (digest) made.set(asked, digest)
    return digest
  }
  return { id: keyring.id, ids: keyring.ids, mac }
}

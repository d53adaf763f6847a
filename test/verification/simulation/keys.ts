import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'
import type { KeyName } from './plan.ts'

const bytesOf: Record<KeyName, Uint8Array> = {
  old: new Uint8Array(32).fill(7),
  new: new Uint8Array(32).fill(8),
}

/** Returns the real keyring with fixed keys, the current one first. */
export function keysOf([current, ...retired]: readonly [KeyName, ...KeyName[]]): Keyring {
  return createKeyring({ current: bytesOf[current], retired: retired.map((name) => bytesOf[name]) })
}

import type { Keyring } from '../../src/gateway/keyring.ts'
import { sameBytes } from '../../src/gateway/keyring.ts'
import type { Hashing } from '../../src/services/hashing.ts'

/**
 * Hashing without argon2, for runs of thousands of dialogues: the keyed digest alone, after a pause as long as a hash takes
 * when nothing else runs, so that turns lie open as long as they do otherwise. Nothing that guards a real secret may use it.
 */
export function createQuickHashing(keyring: Keyring, pauseMs: number): Hashing {
  const pause = () => new Promise<void>((resolve) => void setTimeout(resolve, pauseMs))
  return {
    running: 0,
    waiting: 0,
    async hash(domain, msisdn, secret) {
      await pause()
      return { hash: keyring.mac(domain, [msisdn, secret.reveal()]).toString('base64'), key: keyring.id }
    },
    async verify(stored, domain, msisdn, secret) {
      await pause()
      const digest = keyring.mac(domain, [msisdn, secret.reveal()]).toString('base64')
      return { matches: stored !== undefined && sameBytes(stored.hash, digest), stale: false }
    },
  }
}

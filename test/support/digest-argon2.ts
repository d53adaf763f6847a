import { sameBytes } from '../../src/gateway/records/keyring.ts'
import type { Argon2 } from '../../src/services/hashing/hashing.ts'

/** A PHC string of today's parameters; the digest stands where the hash would. */
const PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$'

/**
 * Argon2 without its cost, for runs of thousands of dialogues: the keyed digest itself, after a pause as long as a hash takes
 * on an idle machine, so that turns lie open as long as they do otherwise. It must never guard a real secret.
 *
 * @param pause resolves when the "hash" is done; at once by default
 */
export function createDigestArgon2(pause: () => Promise<void> = async () => {}): Argon2 {
  const phcOf = (digest: string) => PREFIX + digest.replaceAll('=', '')
  return {
    async hash(digest) {
      await pause()
      return phcOf(digest)
    },
    async verify(phc, digest) {
      await pause()
      return sameBytes(phc, phcOf(digest))
    },
  }
}

export const pauseOf = (ms: number) => (): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, ms))

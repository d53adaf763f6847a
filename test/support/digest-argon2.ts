import { sameBytes } from '../../src/gateway/records/keyring.ts'
import type { Argon2 } from '../../src/services/hashing/hashing.ts'

/** A PHC string with the current parameters; the digest replaces the hash. */
const PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$'

/**
 * Creates a fake Argon2 that stores the keyed digest after a pause, for runs of thousands of dialogues. It must never protect a
 * real secret.
 *
 * @param pause resolves when the fake hash is done; at once by default
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

import type { Secret } from '../engine/secret.ts'
import type { EffectContext } from '../gateway/effects.ts'
import { macUnder, sameBytes } from '../gateway/records/keyring.ts'
import type { Keyring } from '../gateway/records/keyring.ts'
import type { Draft } from '../gateway/records/draft.ts'
import type { Hashing } from './hashing/hashing.ts'
import { passwordFormat, weakness } from './weak-password.ts'
import type { Weakness } from './weak-password.ts'

/** The handling of weak passwords: `warn` asks for confirmation, `reject` refuses them, `allow` accepts them. */
export type WeakPasswordPolicy = 'warn' | 'reject' | 'allow'

type Assessment =
  | { verdict: 'accepted'; sealed: string }
  | { verdict: 'malformed' }
  | { verdict: 'doubtful'; weakness: Weakness; sealed: string }
  | { verdict: 'too-weak'; weakness: Weakness }

export interface Passwords {
  /** Hashes a password into the draft. This ends every self-care session of the number (L10). */
  set(
    password: Secret,
    of: { readonly msisdn: string; readonly subscriber: Draft; readonly signal: AbortSignal },
  ): Promise<void>
}

export const createPasswords = (hashing: Hashing): Passwords => ({
  async set(password, { msisdn, subscriber, signal }) {
    const hash = await hashing.hash('password', msisdn, password, { signal })
    const passwordGeneration = subscriber.current.passwordGeneration + 1
    subscriber.change({ password: hash, passwordGeneration }, 'password-set')
  },
})

/** Services of `*141*0#`: setting the self-care password (L2, L4). Between the two entries, the dialogue keeps a keyed digest. */
export function passwordServices(options: {
  readonly passwords: Passwords
  readonly keyring: Keyring
  readonly weakPasswords: WeakPasswordPolicy
}) {
  const { passwords, keyring, weakPasswords } = options

  /**
   * Computes a digest that only shows whether the same password is entered again in the same dialogue. It uses the dialogue's
   * own key, so processes with a newer key compare alike.
   */
  const seal = (password: Secret, { msisdn, dialogue, keyId }: EffectContext): string =>
    macUnder(keyring, keyId, 'seal', [msisdn, dialogue, password.reveal()]).toString('base64url').slice(0, 22)

  return {
    async assessPassword(
      input: { password: Secret; warned: string | null },
      call: EffectContext,
    ): Promise<Assessment> {
      const digits = input.password.reveal()
      if (passwordFormat(digits) !== 'ok') return { verdict: 'malformed' }
      const sealed = seal(input.password, call)
      const thisYear = new Date(call.nowMs).getUTCFullYear()
      const weak = weakPasswords !== 'allow' && weakness(digits, { msisdn: call.msisdn, thisYear })
      if (!weak) return { verdict: 'accepted', sealed }
      if (weakPasswords === 'reject') return { verdict: 'too-weak', weakness: weak }
      if (input.warned !== null && sameBytes(input.warned, sealed)) return { verdict: 'accepted', sealed }
      return { verdict: 'doubtful', weakness: weak, sealed }
    },

    async savePassword(
      input: { repeated: Secret; sealed: string },
      call: EffectContext,
    ): Promise<{ outcome: 'saved' | 'different' | 'access-closed' }> {
      if (!sameBytes(seal(input.repeated, call), input.sealed)) return { outcome: 'different' }
      if (call.subscriber.current.access !== 'open') return { outcome: 'access-closed' }
      await passwords.set(input.repeated, call)
      return { outcome: 'saved' }
    },
  }
}

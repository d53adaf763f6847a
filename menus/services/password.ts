import { sameBytes, weakness } from '../../src/services/index.ts'
import type { Secret, Weakness } from '../../src/services/index.ts'
import type { Call, Kit } from '../record.ts'

/** The result of a format check. */
export type PasswordFormat = 'ok' | 'length' | 'not-digits'

/**
 * Checks the format of a password (L2): 5 to 10 digits 0-9. Surrounding whitespace is ignored: the password is `text.trim()`.
 * Digits of other scripts are `not-digits`; an empty entry is `length`.
 */
export function passwordFormat(text: string): PasswordFormat {
  const entry = text.trim()
  if (/[^0-9]/.test(entry)) return 'not-digits'
  return entry.length >= 5 && entry.length <= 10 ? 'ok' : 'length'
}

type Assessment =
  | { verdict: 'accepted'; sealed: string }
  | { verdict: 'malformed' }
  | { verdict: 'doubtful'; weakness: Weakness; sealed: string }
  | { verdict: 'too-weak'; weakness: Weakness }

/** Services of `*141*0#`: setting the self-care password (L2, L4). Between the two entries, the dialogue keeps a keyed digest. */
export function passwordServices({ secrets, seal, weakPasswords }: Kit) {
  return {
    async assessPassword(
      input: { password: Secret; warned: string | null },
      call: Call,
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
      call: Call,
    ): Promise<{ outcome: 'saved' | 'different' | 'access-closed' }> {
      if (!sameBytes(seal(input.repeated, call), input.sealed)) return { outcome: 'different' }
      if (call.subscriber.current.access !== 'open') return { outcome: 'access-closed' }
      await secrets.password.set(input.repeated, call)
      return { outcome: 'saved' }
    },
  }
}

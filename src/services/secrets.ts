/** The secrets of a project's record: hashed, compared and counted. */
import type { Secret } from '../engine/secret.ts'
import { Deferral, claim, settled } from '../gateway/attempts.ts'
import type { Attempt, PendingAttempt } from '../gateway/attempts.ts'
import { attemptsLeftOf, generationOf, pendingOf } from '../gateway/records/record.ts'
import type { RecordDefinition, SealedHash, SecretForm } from '../gateway/records/record.ts'
import type { Draft } from '../gateway/records/draft.ts'
import { compareSecret, asRejection } from './compare-secret.ts'
import type { Hashing } from './hashing/hashing.ts'

/** The outcome of a guess. */
export type Guess =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly attemptsLeft: number }
  /** All attempts are used up; only the operator can unlock the secret. Nothing was compared. */
  | { readonly kind: 'locked' }

interface SetOptions {
  /** E.164 with `+`. */
  readonly msisdn: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a draft of any record
  readonly subscriber: Draft<any>
  readonly signal: AbortSignal
}

/** One secret of a record. */
export interface StoredSecret {
  /**
   * Hashes a new secret into the draft, restores its attempts, and adds `<name>-set` to the journal. Rejects with `USSD_BUSY`
   * and `USSD_TURN_TIMED_OUT`.
   */
  set(secret: Secret, of: SetOptions): Promise<void>
  /** As `set`, without an entry in the journal. */
  setSilently(secret: Secret, of: SetOptions): Promise<void>
}

/** A secret with attempts. */
export interface GuessedSecret extends StoredSecret {
  /**
   * Compares a guess with the stored secret. The first run defers the turn to reserve the attempt. The next run compares and
   * settles the attempt in the draft, so one commit writes the count and the outcome. A right guess restores all attempts. No
   * more guesses are compared than there are attempts, whatever fails. Adds `<name>-refused` or `<name>-locked` to the journal.
   *
   * Rejects with `Deferral`, which a service must not catch, and with `USSD_KEY_UNKNOWN` before a reservation.
   */
  guess(secret: Secret, of: SetOptions & { readonly attempt: Attempt }): Promise<Guess>
}

/** The secrets of a record, by name. */
export type SecretsOf<D extends RecordDefinition> = {
  readonly [Name in keyof D['secrets'] & string]: D['secrets'][Name] extends { attempts: number }
    ? GuessedSecret
    : StoredSecret
}

/** Creates the secrets of a record over one lane of hashing. */
export const createSecrets = <D extends RecordDefinition>({ secrets }: D, hashing: Hashing): SecretsOf<D> =>
  Object.fromEntries(
    Object.entries(secrets).map(([name, form]) => [name, createSecret(name, form, hashing)]),
  ) as unknown as SecretsOf<D>

function createSecret(name: string, { attempts, generation }: SecretForm, hashing: Hashing): GuessedSecret {
  const [leftField, pendingField, generationField] = [
    attemptsLeftOf(name),
    pendingOf(name),
    generationOf(name),
  ]
  const restored = attempts === undefined ? {} : { [leftField]: attempts, [pendingField]: [] }

  async function patchOf(secret: Secret, { msisdn, subscriber, signal }: SetOptions) {
    const hash = await hashing.hash(name, msisdn, secret, { signal })
    const fields: Readonly<Record<string, unknown>> = subscriber.current
    return {
      [name]: hash,
      ...restored,
      ...(generation && { [generationField]: (fields[generationField] as number) + 1 }),
    }
  }

  return {
    async set(secret, of) {
      of.subscriber.change(await patchOf(secret, of), `${name}-set`)
    },

    async setSilently(secret, of) {
      of.subscriber.patchSilently(await patchOf(secret, of))
    },

    async guess(secret, { msisdn, subscriber, attempt, signal }) {
      const fields: Readonly<Record<string, unknown>> = subscriber.current
      const stored = fields[name] as SealedHash | null
      const left = fields[leftField] as number
      const pending = fields[pendingField] as readonly PendingAttempt[]
      const claimed = claim(pending, left, attempt)
      if (claimed.kind === 'exhausted') return { kind: 'locked' }
      if (claimed.kind === 'in-progress') throw new Deferral({ kind: 'wait' })
      if (claimed.kind === 'unreserved') {
        if (stored) hashing.assertKnown(stored)
        const patch = { [leftField]: claimed.left, [pendingField]: claimed.pending }
        throw new Deferral({ kind: 'reserve', patch })
      }

      const others = settled(pending, attempt.turn)
      const { matches, renewed } = await attempt
        .once(`${name} ${stored?.hash ?? ''}`, () =>
          compareSecret(hashing, { stored, domain: name, msisdn, secret, signal }),
        )
        .catch((error: unknown) => {
          const fault = asRejection(error)
          // An earlier run may have compared before it died, so the attempt is spent.
          if (!claimed.isFresh) throw fault
          const patch = { [leftField]: left + 1, [pendingField]: others }
          throw new Deferral({ kind: 'release', patch, fault })
        })
      if (matches) {
        if (renewed) subscriber.patchSilently({ [name]: renewed })
        subscriber.patchSilently(restored)
        return { kind: 'right' }
      }
      subscriber.change({ [pendingField]: others }, claimed.left === 0 ? `${name}-locked` : `${name}-refused`)
      return claimed.left === 0 ? { kind: 'locked' } : { kind: 'wrong', attemptsLeft: claimed.left }
    },
  }
}

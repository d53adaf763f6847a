import type { Secret } from '../engine/secret.ts'
import type { EffectContext } from '../gateway/effects.ts'
import { macUnder } from '../gateway/records/keyring.ts'
import type { Keyring } from '../gateway/records/keyring.ts'

/**
 * Computes a digest of a secret, 22 characters, that may be kept in the context of a menu. It only shows whether the same secret
 * is entered again in the same dialogue. It uses the dialogue's own key, so processes with a newer key compare alike.
 */
export type Seal = (secret: Secret, of: Pick<EffectContext, 'msisdn' | 'dialogue' | 'keyId'>) => string

export const createSeal =
  (keyring: Keyring): Seal =>
  (secret, { msisdn, dialogue, keyId }) =>
    macUnder(keyring, keyId, 'seal', [msisdn, dialogue, secret.reveal()]).toString('base64url').slice(0, 22)

import { menus as shippedMenus } from '../../../menus/index.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { UssdError } from '../../../src/engine/errors.ts'
import { Secret } from '../../../src/engine/secret.ts'
import type { RecordName } from '../../../src/gateway/ports.ts'
import { newSubscriber } from '../../support/record.ts'
import type { Subscriber } from '../../../menus/record.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import type { Argon2 } from '../../../src/services/hashing/hashing.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { keysOf } from './keys.ts'
import { msisdnOf, subscriberOf } from './delivery.ts'
import type { KeyName } from './plan.ts'
import { counterMenu } from './counter-menu.ts'
import { PUK1 } from './typed.ts'

/** Hashing time plays no part in a commit, so a digest is enough. */
const quick = createDigestArgon2()

/** A comparison with the PUK1 of a subscriber. */
export interface Comparison {
  readonly record: RecordName
  /** The digest of the guess: equal for equal digits. */
  readonly guess: string
  readonly isRight: boolean
}

const hashes = new Map<string, Subscriber['puk1']>()
/** The subscriber of each stored PUK1 hash; hashes are deterministic here. */
const owners = new Map<string, RecordName>()

for (const key of ['old', 'new'] as const) {
  const hashing = createHashing({ keyring: keysOf([key]), argon2: quick })
  for (const subscriber of [0, 1]) {
    const sealed = await hashing.hash('puk1', msisdnOf(subscriber), new Secret(PUK1))
    hashes.set(`${subscriber} ${key}`, sealed)
    owners.set(sealed.hash, subscriberOf(subscriber))
  }
}

/**
 * Creates an Argon2 that reports every comparison with a stored PUK1, but none with a dummy. While `isBusy` returns true, it
 * rejects comparisons before they start, as a full lane does.
 */
export const createArgon2 = (options: {
  readonly compared: (compared: Comparison) => void
  readonly isBusy: () => boolean
}): Argon2 => ({
  hash: (digest, cost) => quick.hash(digest, cost),
  async verify(phc, digest) {
    const record = owners.get(phc)
    if (record !== undefined && options.isBusy()) throw new UssdError('USSD_BUSY', { detail: 'hashing' })
    const isRight = await quick.verify(phc, digest)
    if (record !== undefined) options.compared({ record, guess: digest, isRight })
    return isRight
  },
})

export const menus = { ...shippedMenus, '*100#': counterMenu } satisfies Record<string, Menu>

/** Returns the stored record of a subscriber at the start. */
export const subscriberRecord = (
  subscriber: number,
  of: { readonly key: KeyName; readonly attempts: number },
): string =>
  JSON.stringify({
    ...newSubscriber,
    language: 'en',
    // Every second number starts closed, so that PUK1 is needed.
    access: subscriber % 2 === 0 ? 'open' : 'closed-by-subscriber',
    puk1: hashes.get(`${subscriber} ${of.key}`) ?? null,
    puk1AttemptsLeft: of.attempts,
  } satisfies Subscriber)

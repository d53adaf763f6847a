import { menus as shippedMenus } from '../../../menus/index.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { UssdError } from '../../../src/engine/errors.ts'
import { Secret } from '../../../src/engine/secret.ts'
import type { Services } from '../../../src/gateway/effects.ts'
import type { RecordName } from '../../../src/gateway/ports.ts'
import { newSubscriber } from '../../../src/gateway/records/subscriber.ts'
import type { Subscriber } from '../../../src/gateway/records/subscriber.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import type { Argon2 } from '../../../src/services/hashing/hashing.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { keysOf } from './keys.ts'
import { msisdnOf, subscriberOf } from './delivery.ts'
import type { KeyName } from './schedule.ts'
import { tally, tallyServices } from './counter-menu.ts'
import { PUK1 } from './typed.ts'

/** How slow hashing is has its own benchmarks, and it takes no part in a commit. */
const quick = createDigestArgon2()

/** A comparison with the PUK1 of a subscriber. */
export interface Compared {
  readonly record: RecordName
  /** Names the guess: the same for the same digits. */
  readonly guess: string
  readonly isRight: boolean
}

const MOST_SUBSCRIBERS = 2
const numbers = Array.from({ length: MOST_SUBSCRIBERS }, (_, subscriber) => subscriber)

const hashes = new Map<string, Subscriber['puk1']>()
/** Whose PUK1 a stored hash is; the digest stands in it, so that it is the same whenever it is made. */
const owners = new Map<string, RecordName>()

for (const key of ['old', 'new'] as const) {
  const hashing = createHashing({ keyring: keysOf([key]), argon2: quick })
  for (const subscriber of numbers) {
    const sealed = await hashing.hash('puk1', msisdnOf(subscriber), new Secret(PUK1))
    hashes.set(`${subscriber} ${key}`, sealed)
    owners.set(sealed.hash, subscriberOf(subscriber))
  }
}

/**
 * Argon2 that says every comparison with a PUK1, but none with a dummy. Where `isBusy` says so it turns a comparison away
 * before it is begun, as a full lane does.
 */
export const createArgon2 = (options: {
  readonly compared: (compared: Compared) => void
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

export const menus = { ...shippedMenus, '*100#': tally } satisfies Record<string, Menu>

/** The shipped services and those of the counting menu. */
export const withTally = (services: Services): Services => ({ ...services, ...tallyServices })

/** The records everything begins with. */
export const subscriberRecord = (
  subscriber: number,
  of: { readonly key: KeyName; readonly attempts: number },
): string =>
  JSON.stringify({
    ...newSubscriber,
    language: 'en',
    // Half of the numbers begin closed, so that PUK1 is asked for.
    access: subscriber % 2 === 0 ? 'open' : 'closed-by-subscriber',
    puk1: hashes.get(`${subscriber} ${of.key}`) ?? null,
    puk1AttemptsLeft: of.attempts,
  } satisfies Subscriber)

import { menus as shippedMenus } from '../../menus/index.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { Secret } from '../../src/engine/secret.ts'
import type { Services } from '../../src/gateway/effects.ts'
import { newSubscriber } from '../../src/gateway/subscriber.ts'
import type { Subscriber } from '../../src/gateway/subscriber.ts'
import { createHashing } from '../../src/services/hashing.ts'
import { createDigestArgon2 } from '../core/digest-argon2.ts'
import { keys } from './keys.ts'
import { msisdnOf } from './delivery.ts'
import { PUK1 } from './plan.ts'
import { tally, tallyServices } from './tally.ts'

/** How slow hashing is has its own benchmarks, and it takes no part in a commit. */
export const argon2 = createDigestArgon2()

const hashing = createHashing({ keyring: keys, argon2 })

const hashOf = (domain: 'password' | 'puk1', msisdn: string, digits: string) =>
  hashing.hash(domain, msisdn, new Secret(digits))

export const menus = { ...shippedMenus, '*100#': tally } satisfies Record<string, Menu>

/** The shipped services and those of the counting menu. */
export const withTally = (services: Services): Services => ({ ...services, ...tallyServices })

/** The records everything begins with. */
export const subscriberRecord = async (subscriber: number): Promise<string> =>
  JSON.stringify({
    ...newSubscriber,
    language: 'en',
    // Half of the numbers begin closed, so that PUK1 is asked for.
    access: subscriber % 2 === 0 ? 'open' : 'closed-by-subscriber',
    puk1: await hashOf('puk1', msisdnOf(subscriber), PUK1),
  } satisfies Subscriber)

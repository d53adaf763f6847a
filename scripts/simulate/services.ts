import { menus as realMenus } from '../../menus/index.ts'
import type { EffectsOfAll } from '../../src/engine/authoring.ts'
import type { Menu } from '../../src/engine/menu.ts'
import type { Secret } from '../../src/engine/secret.ts'
import type { Call } from '../../src/gateway/effects.ts'
import { newSubscriber } from '../../src/gateway/subscriber.ts'
import type { Subscriber } from '../../src/gateway/subscriber.ts'
import type { Hashing } from '../../src/services/hashing.ts'
import { createServices } from '../../src/services/index.ts'
import { createPasswords } from '../../src/services/password.ts'
import { createPuk1 } from '../../src/services/puk1.ts'
import { keys } from './keys.ts'
import { msisdnOf } from './delivery.ts'
import { PUK1 } from './plan.ts'
import { tally, tallyServices } from './tally.ts'

const digestOf = (domain: 'password' | 'puk1', msisdn: string, digits: string): string =>
  keys.mac(domain, [msisdn, digits]).toString('base64url')

/** A digest in place of argon2: how slow hashing is has its own benchmarks, and it takes no part in a commit. */
const hashing: Hashing = {
  running: 0,
  waiting: 0,
  hash: async (domain, msisdn, secret: Secret) => ({
    hash: digestOf(domain, msisdn, secret.reveal()),
    key: keys.id,
  }),
  verify: async (stored, domain, msisdn, secret) => ({
    matches: stored?.hash === digestOf(domain, msisdn, secret.reveal()),
    stale: false,
  }),
}

export const menus = { ...realMenus, '*100#': tally } satisfies Record<string, Menu>

export const services = {
  ...createServices({
    passwords: createPasswords(hashing),
    puk1: createPuk1(hashing),
    keyring: keys,
    weakPasswords: 'warn',
  }),
  ...tallyServices,
} satisfies EffectsOfAll<typeof menus, Call>

/** The records everything begins with. */
export const subscriberRecord = (subscriber: number): string =>
  JSON.stringify({
    ...newSubscriber,
    language: 'en',
    // Half of the numbers begin closed, so that PUK1 is asked for.
    access: subscriber % 2 === 0 ? 'open' : 'closed-by-subscriber',
    puk1: { hash: digestOf('puk1', msisdnOf(subscriber), PUK1), key: keys.id },
  } satisfies Subscriber)

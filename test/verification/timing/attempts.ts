/** Attempts at secrets over HTTP, each kind refused for another reason, and none of them throttled. */
import { Secret } from '../../../src/engine/secret.ts'
import type { Subscribers } from '../../../src/services/subscribers.ts'

/** What is compared; the first of each is the right secret. */
export const groups = {
  'logging in': ['right', 'wrong', 'unknown', 'closed', 'without password'],
  'setting a password with PUK1': [
    'right PUK1',
    'wrong PUK1',
    'unknown number',
    'not entitled',
    'closed access',
    'locked',
  ],
} as const

export type Kind = (typeof groups)[keyof typeof groups][number]

/** A request whose number was tried less often than what is throttled. */
type Attempt = (round: number) => Promise<{ readonly path: string; readonly body: object }>

const PASSWORD = '80291'
const PUK1 = '13579246'
/** Fewer than the five that are free, and than the ten there are of PUK1. */
const TRIES = 4

/**
 * @param counts `every attempt` where the store takes writes, so that a number lasts for a few only; `none` where it refuses
 * them: then one number lasts, and none could be registered anew
 */
export async function prepare(
  subscribers: Subscribers,
  counts: 'every attempt' | 'none',
): Promise<Readonly<Record<Kind, Attempt>>> {
  let numbers = 0
  const fresh = () => `+37529${String(2_000_000 + numbers++)}`
  const register = async (patch: Parameters<Subscribers['put']>[1]) => {
    const msisdn = fresh()
    await subscribers.put(msisdn, patch)
    return msisdn
  }
  const secret = (digits: string) => new Secret(digits)
  const entitled = { registrationByPuk1: true } as const

  const logIn = (msisdn: string, password: string) => ({
    path: '/self-care/sessions',
    body: { msisdn, password },
  })
  const setPassword = (msisdn: string, puk1: string) => ({
    path: '/self-care/password',
    body: { msisdn, puk1, password: PASSWORD },
  })

  /** A number that lasts for a few tries, then another. */
  const lasting = async (make: () => Promise<string>) => {
    let msisdn = await make()
    return async (round: number) => {
      if (counts === 'every attempt' && round % TRIES === 0) msisdn = await make()
      return msisdn
    }
  }
  const withPassword = await lasting(() => register({ password: secret(PASSWORD), access: 'open' }))
  const nobody = await lasting(async () => fresh())
  const closed = await lasting(() => register({ password: secret(PASSWORD), access: 'closed-by-subscriber' }))
  const without = await lasting(() => register({ access: 'open' }))
  const right = await register({ password: secret(PASSWORD), access: 'open' })

  const rightPuk1 = await register({ puk1: secret(PUK1), access: 'open', ...entitled })
  const withPuk1 = await lasting(() => register({ puk1: secret(PUK1), access: 'open', ...entitled }))
  const notEntitled = await register({ puk1: secret(PUK1), access: 'open' })
  const closedToPuk1 = await register({ puk1: secret(PUK1), access: 'closed-by-operator', ...entitled })
  const locked = await register({ puk1: secret(PUK1), access: 'open', ...entitled })

  return {
    right: async () => logIn(right, PASSWORD),
    wrong: async (round) => logIn(await withPassword(round), '70000'),
    unknown: async (round) => logIn(await nobody(round), '70000'),
    closed: async (round) => logIn(await closed(round), PASSWORD),
    'without password': async (round) => logIn(await without(round), '70000'),
    'right PUK1': async () => setPassword(rightPuk1, PUK1),
    'wrong PUK1': async (round) => setPassword(await withPuk1(round), '20000000'),
    'unknown number': async () => setPassword(fresh(), '20000000'),
    'not entitled': async () => setPassword(notEntitled, PUK1),
    'closed access': async () => setPassword(closedToPuk1, PUK1),
    // Nothing is left of its attempts after ten, all of them in the rounds that warm up.
    locked: async (round) => setPassword(locked, round < 10 ? '20000000' : PUK1),
  }
}

/** Attempts at secrets over HTTP: each kind is rejected for a different reason, and none is rate limited. */
import type { Subscribers } from '../../../src/services/subscribers.ts'
import { sealed } from '../../support/gateway.ts'
import type { PlainPatch } from '../../support/gateway.ts'
import type { Condition } from './conditions.ts'

/** The compared kinds; the first of each group is the right secret. */
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

/** Creates the request of a round, for a number that is not rate limited yet. */
type Attempt = (round: number) => Promise<{ readonly path: string; readonly body: object }>

const PASSWORD = '80291'
const PUK1 = '13579246'
/** Below the limits: five free log-ins and ten PUK1 attempts for each number. */
const ATTEMPTS_PER_NUMBER = 4

/**
 * Registers the numbers and returns the attempts of each kind. While writes are accepted, attempts are counted and a number is
 * replaced after a few; while they are rejected, nothing is counted and no number can be registered.
 */
export async function prepareAttempts(
  subscribers: Subscribers,
  writes: Condition['writes'],
): Promise<Readonly<Record<Kind, Attempt>>> {
  let numbers = 0
  const newNumber = () => `+37529${String(2_000_000 + numbers++)}`
  const register = async (patch: PlainPatch) => {
    const msisdn = newNumber()
    await subscribers.put(msisdn, sealed(patch))
    return msisdn
  }
  /** Returns the number to use in a round. */
  const rotating = async (make: () => Promise<string>) => {
    let msisdn = await make()
    return async (round: number) => {
      if (writes === 'accepted' && round % ATTEMPTS_PER_NUMBER === 0) msisdn = await make()
      return msisdn
    }
  }
  const logIn = (msisdn: string, password: string) => ({
    path: '/self-care/sessions',
    body: { msisdn, password },
  })
  const setPassword = (msisdn: string, puk1: string) => ({
    path: '/self-care/password',
    body: { msisdn, puk1, password: PASSWORD },
  })

  const open = { password: PASSWORD, access: 'open' } as const
  const entitled = { puk1: PUK1, access: 'open', registrationByPuk1: true } as const
  const right = await register(open)
  const withPassword = await rotating(() => register(open))
  const unregistered = await rotating(async () => newNumber())
  const closed = await rotating(() => register({ ...open, access: 'closed-by-subscriber' }))
  const without = await rotating(() => register({ access: 'open' }))
  const rightPuk1 = await register(entitled)
  const withPuk1 = await rotating(() => register(entitled))
  const notEntitled = await register({ puk1: PUK1, access: 'open' })
  const closedToPuk1 = await register({ ...entitled, access: 'closed-by-operator' })
  const locked = await register(entitled)

  return {
    right: async () => logIn(right, PASSWORD),
    wrong: async (round) => logIn(await withPassword(round), '70000'),
    unknown: async (round) => logIn(await unregistered(round), '70000'),
    closed: async (round) => logIn(await closed(round), PASSWORD),
    'without password': async (round) => logIn(await without(round), '70000'),
    'right PUK1': async () => setPassword(rightPuk1, PUK1),
    'wrong PUK1': async (round) => setPassword(await withPuk1(round), '20000000'),
    'unknown number': async () => setPassword(newNumber(), '20000000'),
    'not entitled': async () => setPassword(notEntitled, PUK1),
    'closed access': async () => setPassword(closedToPuk1, PUK1),
    // The warm-up rounds use up its ten attempts.
    locked: async (round) => setPassword(locked, round < 10 ? '20000000' : PUK1),
  }
}

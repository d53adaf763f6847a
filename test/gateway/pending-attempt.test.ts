import { describe, expect, it } from '@jest/globals'
import { createHarnessCore } from '../support/harness-core.ts'
import { createDigestArgon2 } from '../support/digest-argon2.ts'
import { Secret } from '../../src/engine/secret.ts'
import type { Callback } from '../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../src/gateway/records/records.ts'
import { parseSubscriber } from '../support/record.ts'
import type { Argon2 } from '../../src/services/hashing/hashing.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { keyring } from '../support/gateway.ts'

const msisdn = '+375291234567'
const store = createMemoryStore()

/** Gateways over one store, which accept equal replies at once, as after `REPEAT_WITHIN_MS`. */
const gatewayWith = (argon2: Argon2, turnBudgetMs: number) =>
  createHarnessCore({ store, keyring, settings: { repeatWithinMs: 0, turnBudgetMs }, overrides: { argon2 } })

const callback = (typed: string | undefined): Callback => ({
  dialect: 'test',
  sessionId: 'one',
  msisdn,
  dialled: typed === undefined ? '*141*3*6#' : '',
  reported: { kind: 'latest-only', typed },
})

const attemptsOf = async () => {
  const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
  const { puk1AttemptsLeft, puk1Pending } = parseSubscriber(records[0]?.value ?? '')
  return { left: puk1AttemptsLeft, pending: puk1Pending.length }
}

describe('a reserved attempt of a dead gateway, in a latest-only dialect', () => {
  it('is resumed by a retry of its callback, also after a late duplicate changed the page', async () => {
    const lives = gatewayWith(createDigestArgon2(), 15_000)
    const access = 'closed-by-subscriber'
    await lives.subscribers.put(msisdn, { language: 'en', access, puk1: new Secret('26840917') })
    await lives.gateway.turn(callback(undefined))
    await lives.gateway.turn(callback('1'))

    const dies = gatewayWith({ ...createDigestArgon2(), verify: () => new Promise(() => {}) }, 200)
    expect(await dies.gateway.turn(callback('31415926'))).toMatchObject({ waits: false })
    expect(await attemptsOf()).toEqual({ left: 9, pending: 1 })

    expect(await lives.gateway.turn(callback('1'))).toMatchObject({
      text: expect.stringMatching(/^PUK1 has 8 digits/),
    })
    expect(await lives.gateway.turn(callback('31415926'))).toMatchObject({
      text: expect.stringMatching(/^Wrong PUK1. Attempts left: 9/),
    })
    expect(await attemptsOf()).toEqual({ left: 9, pending: 0 })
  })
})

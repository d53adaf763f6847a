/** A whole gateway during every known fault of Redis, with sixteen phones in the middle of a dialogue (decision 0034). */
import { setImmediate as nextLoop } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { faults } from './table.ts'
import { closingsOf, phoneOf, readyzOf, startWorld, until } from './world.ts'
import type { Phone, TimedReply, World } from './world.ts'

const PHONES = 16
/** Two and a half times the promised times, because test machines are busy. */
const REPLY_TIMEOUT_MS = 5000
const RECOVERY_TIMEOUT_MS = 5000

const PROBE_KEY = 'ussd:{b0}:probe'
const UNAVAILABLE = `END ${systemMessages.unavailable.ru}`
const CONFIRMATION = 'CON Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет'
const CLOSED = 'END Доступ закрыт. Чтобы открыть, наберите *141*3*6# и введите PUK1'
const SERVED = /^CON Доступ в личный кабинет (открыт|закрыт)/

const outcomeOf = (body: string) =>
  body === UNAVAILABLE ? 'unavailable' : body === CLOSED || SERVED.test(body) ? 'served' : body

let numbers = 0
const newNumber = () => `+37529${String(1_000_000 + numbers++)}`

describe('a gateway during a fault of Redis', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world.close())

  /** Opens dialogues of new subscribers up to the confirmation of closing access. */
  async function phonesAtConfirmation(): Promise<readonly Phone[]> {
    const phones = Array.from({ length: PHONES }, () => phoneOf(world, newNumber()))
    await Promise.all(
      phones.map(async (phone) => {
        await world.gateway.subscribers.put(phone.msisdn, { language: 'ru' })
        // On a busy machine a command may time out.
        await until(async () => (await phone.ask()).body === CONFIRMATION)
      }),
    )
    return phones
  }

  /** Expects at most one commit per phone, none after its reply, and one for every confirmed change. */
  async function expectTrueReplies(phones: readonly Phone[], replies: readonly TimedReply[]): Promise<void> {
    const closings = await Promise.all(phones.map(({ msisdn }) => closingsOf(world, msisdn)))
    for (const [at, { body, atMs }] of replies.entries()) {
      const [closing, ...more] = closings[at] ?? []
      expect(more).toEqual([])
      if (body === CLOSED) expect(closing).toBeDefined()
      if (closing !== undefined) expect(closing).toBeLessThanOrEqual(atMs)
    }
  }

  async function expectAllClosedOnce(phones: readonly Phone[]): Promise<void> {
    await Promise.all(phones.map((phone) => until(async () => (await phone.confirm()).body === CLOSED)))
    for (const { msisdn } of phones) expect(await closingsOf(world, msisdn)).toHaveLength(1)
  }

  const ready = () => readyzOf(world)

  /** Waits for another probe to write its record. */
  async function untilProbed(): Promise<void> {
    await world.admin.del(PROBE_KEY)
    await until(async () => (await world.admin.exists(PROBE_KEY)) === 1)
  }

  it.each(faults)(
    '$name',
    async ({ turns, readyz, prepare, begin }) => {
      const phones = await phonesAtConfirmation()
      const witness = phoneOf(world, newNumber())
      await world.gateway.subscribers.put(witness.msisdn, { language: 'ru' })
      await prepare?.(world)

      // The fault hits half of them at their commit, the others at their load.
      const [atCommit, atLoad] = [phones.slice(0, PHONES / 2), phones.slice(PHONES / 2)]
      const held = world.hold(atCommit.length)
      const confirming = atCommit.map((phone) => phone.confirm())
      await held.reached
      const end = await begin(
        world,
        phones.map(({ msisdn }) => msisdn),
      )
      held.release()
      confirming.push(...atLoad.map((phone) => phone.confirm()))
      const confirmed = await Promise.all(confirming)
      const dialled = await Promise.all(phones.map((phone) => phone.dial()))
      if (!readyz.includes(503)) await untilProbed()
      await until(async () => readyz.includes(await ready()))
      await end()

      const endedMs = performance.now()
      await until(async () => outcomeOf((await witness.dial()).body) === 'served')
      await until(async () => (await ready()) === 200)
      const recoveredMs = performance.now() - endedMs

      const all = [...confirmed, ...dialled]
      for (const { status, body, ms } of all) {
        expect(status).toBe(200)
        expect(turns).toContain(outcomeOf(body))
        expect(ms).toBeLessThan(REPLY_TIMEOUT_MS)
      }
      expect(recoveredMs).toBeLessThan(RECOVERY_TIMEOUT_MS)
      await expectTrueReplies(phones, confirmed)
      await expectAllClosedOnce(phones)
      expect(world.gateway.log()).not.toContain('USSD_UNEXPECTED')
    },
    60_000,
  )

  it('the gateway process itself blocked for three seconds', async () => {
    const phones = await phonesAtConfirmation()
    const confirming = phones.map((phone) => phone.confirm())
    // By then some turns have committed, some have loaded, and some have only been sent.
    for (let loops = 0; loops < 8; loops++) await nextLoop()
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
    const resumedMs = Date.now()
    const confirmed = await Promise.all(confirming)
    for (const { body } of confirmed) expect([UNAVAILABLE, CLOSED]).toContain(body)
    // No turn in progress may commit after its budget.
    const closings = await Promise.all(phones.map(({ msisdn }) => closingsOf(world, msisdn)))
    for (const [at, { body }] of confirmed.entries())
      if (body === UNAVAILABLE)
        for (const closing of closings[at] ?? []) expect(closing).toBeLessThan(resumedMs)
    await expectTrueReplies(phones, confirmed)
    await expectAllClosedOnce(phones)
  }, 60_000)
})

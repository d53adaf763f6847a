/** Every fault of the store that was thought of, met by sixteen phones in the middle of a dialogue (decision 0034). */
import { setImmediate as nextLoop } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { faults } from './table.ts'
import { closingsOf, phoneOf, readyzOf, startWorld, until } from './world.ts'
import type { Phone, Told, World } from './world.ts'

const PHONES = 16
/** Twice and a half what is promised, because machines that run tests are busy. */
const ANSWERED_WITHIN_MS = 5000
const RECOVERED_WITHIN_MS = 5000

const PROBE_KEY = 'ussd:{b0}:probe'
const UNAVAILABLE = `END ${systemMessages.unavailable.ru}`
const ASKS = 'CON Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет'
const CLOSED = 'END Доступ закрыт. Чтобы открыть, наберите *141*3*6# и введите PUK1'
const SERVED = /^CON Доступ в личный кабинет (открыт|закрыт)/

const toldAs = (body: string) =>
  body === UNAVAILABLE ? 'unavailable' : body === CLOSED || SERVED.test(body) ? 'served' : body

let numbers = 0
const newNumber = () => `+37529${String(1_000_000 + numbers++)}`

describe('a whole gateway, while its Redis is', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world.close())

  /** Phones of subscribers nobody has seen before, one reply before they close their access. */
  async function phonesAtConfirmation(): Promise<readonly Phone[]> {
    const phones = Array.from({ length: PHONES }, () => phoneOf(world, newNumber()))
    await Promise.all(
      phones.map(async (phone) => {
        await world.gateway.subscribers.put(phone.msisdn, { language: 'ru' })
        // On a busy machine a command may be too late.
        await until(async () => (await phone.ask()).body === ASKS)
      }),
    )
    return phones
  }

  /** That nothing was committed after its deadline, nor after somebody was told; and that what was told is true. */
  async function expectHonest(phones: readonly Phone[], told: readonly Told[]): Promise<void> {
    const closings = await Promise.all(phones.map(({ msisdn }) => closingsOf(world, msisdn)))
    for (const [at, { body, atMs }] of told.entries()) {
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

  /** The record that a probe writes is written again. */
  async function probedOnceMore(): Promise<void> {
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

      // Half of them are met at their commit, the others at their load.
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
      if (!readyz.includes(503)) await probedOnceMore()
      await until(async () => readyz.includes(await ready()))
      await end()

      const endedMs = performance.now()
      await until(async () => toldAs((await witness.dial()).body) === 'served')
      await until(async () => (await ready()) === 200)
      const recoveredMs = performance.now() - endedMs

      const all = [...confirmed, ...dialled]
      for (const { status, body, ms } of all) {
        expect(status).toBe(200)
        expect(turns).toContain(toldAs(body))
        expect(ms).toBeLessThan(ANSWERED_WITHIN_MS)
      }
      expect(recoveredMs).toBeLessThan(RECOVERED_WITHIN_MS)
      await expectHonest(phones, confirmed)
      await expectAllClosedOnce(phones)
      expect(world.gateway.log()).not.toContain('USSD_UNEXPECTED')
    },
    60_000,
  )

  it('well, but the process itself stands still for three seconds', async () => {
    const phones = await phonesAtConfirmation()
    const confirming = phones.map((phone) => phone.confirm())
    // Some have loaded by then, some have committed, some have only been sent.
    for (let loops = 0; loops < 8; loops++) await nextLoop()
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
    const stoodMs = Date.now()
    const confirmed = await Promise.all(confirming)
    for (const { body } of confirmed) expect([UNAVAILABLE, CLOSED]).toContain(body)
    // No turn that was under way is committed from now on: its time is up.
    const closings = await Promise.all(phones.map(({ msisdn }) => closingsOf(world, msisdn)))
    for (const [at, { body }] of confirmed.entries())
      if (body === UNAVAILABLE)
        for (const closing of closings[at] ?? []) expect(closing).toBeLessThan(stoodMs)
    await expectHonest(phones, confirmed)
    await expectAllClosedOnce(phones)
  }, 60_000)
})

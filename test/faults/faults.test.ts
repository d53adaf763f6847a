/** Every fault of the store that was thought of, met by sixteen phones in the middle of a dialogue (decision 0034). */
import { setImmediate as nextLoop } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sentences } from '../../src/gateway/sentences.ts'
import { faults } from './table.ts'
import { closingsOf, phoneOf, startWorld, until } from './world.ts'
import type { Phone, Told, World } from './world.ts'

const PHONES = 16
/** Twice and a half what is promised, because machines that run tests are busy. */
const ANSWERED_WITHIN_MS = 5000
const RECOVERED_WITHIN_MS = 5000

const UNAVAILABLE = `END ${sentences.unavailable.ru}`
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
    for (const { msisdn } of phones) await world.gateway.subscribers.put(msisdn, { language: 'ru' })
    // On a busy machine the first commands of a connection may be too late.
    for (const phone of phones) await until(async () => (await phone.ask()).body === ASKS)
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
    for (const phone of phones) {
      await until(async () => (await phone.confirm()).body === CLOSED)
      expect(await closingsOf(world, phone.msisdn)).toHaveLength(1)
    }
  }

  const ready = async () => (await fetch(`${world.gateway.url}/readyz`)).status

  it.each(faults)('$name', async ({ name, turns, readyz, begin }) => {
    const phones = await phonesAtConfirmation()
    const witness = phoneOf(world, newNumber())
    await world.gateway.subscribers.put(witness.msisdn, { language: 'ru' })
    const end = await begin(
      world,
      phones.map(({ msisdn }) => msisdn),
    )
    const confirmed = await Promise.all(phones.map((phone) => phone.confirm()))
    const dialled = await Promise.all(phones.map((phone) => phone.dial()))
    const readiness = await ready()
    await end()

    const endedMs = performance.now()
    await until(async () => toldAs((await witness.dial()).body) === 'served')
    await until(async () => (await ready()) === 200)
    const recoveredMs = performance.now() - endedMs

    const all = [...confirmed, ...dialled]
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
    const expected = turns === 'served' ? 'served' : 'unavailable'
    expect(all.map(({ body }) => toldAs(body))).toEqual(all.map(() => expected))
    const worstMs = Math.max(...all.map(({ ms }) => ms))
    if (process.env['FIGURES']) process.stderr.write(`FIG ${name}: worst ${Math.round(worstMs)} recovered ${Math.round(recoveredMs)} second ${Math.round(Math.max(...dialled.map(({ms})=>ms)))}\n`)
    expect(worstMs).toBeLessThan(ANSWERED_WITHIN_MS)
    expect(recoveredMs).toBeLessThan(RECOVERED_WITHIN_MS)
    expect(readiness).toBe(readyz)
    await expectHonest(phones, confirmed)
    await expectAllClosedOnce(phones)
    expect(world.gateway.log()).not.toContain('USSD_UNEXPECTED')
  }, 60_000)

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
      if (body === UNAVAILABLE) for (const closing of closings[at] ?? []) expect(closing).toBeLessThan(stoodMs)
    await expectHonest(phones, confirmed)
    await expectAllClosedOnce(phones)
  }, 60_000)
})

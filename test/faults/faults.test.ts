/** A whole gateway during every known fault of Redis, with sixteen phones in the middle of a dialogue (decision 0034). */
import { setImmediate as nextLoop } from 'node:timers/promises'
import { afterAll, describe, expect, it, jest } from '@jest/globals'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { faults } from './table.ts'
import type { Fault } from './table.ts'
import { closingsOf, phoneOf, readyzOf, startWorld, until } from './world.ts'
import type { Phone, TimedReply, World } from './world.ts'

const PHONES = 16
/** A busy machine takes several times as long as an idle one. */
jest.setTimeout(240_000)

/** Printed, not asserted: they depend on the machine. */
const slowest = { answerMs: 0, recoveryMs: 0 }
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
afterAll(() => {
  const { answerMs, recoveryMs } = slowest
  process.stdout.write(
    `faults of Redis: slowest answer ${seconds(answerMs)}, slowest recovery ${seconds(recoveryMs)}\n`,
  )
})

const PROBE_KEY = 'ussd:{b0}:probe'
const UNAVAILABLE = `END ${systemMessages.unavailable.ru}`
const CONFIRMATION = 'CON Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет'
const CLOSED = 'END Доступ закрыт. Чтобы открыть, наберите *141*3*6# и введите PUK1'
const SERVED = /^CON Доступ в личный кабинет (открыт|закрыт)/

const outcomeOf = (body: string) =>
  body === UNAVAILABLE ? 'unavailable' : body === CLOSED || SERVED.test(body) ? 'served' : body

let numbers = 0
const newNumber = () => `+37529${String(1_000_000 + numbers++)}`

/** Opens dialogues of new subscribers up to the confirmation of closing access. */
async function phonesAtConfirmation(world: World): Promise<readonly Phone[]> {
  const phones = Array.from({ length: PHONES }, () => phoneOf(world, newNumber()))
  await Promise.all(
    phones.map(async (phone) => {
      await register(world, phone)
      // On a busy machine a command may time out.
      await until(async () => (await phone.ask()).body === CONFIRMATION)
    }),
  )
  return phones
}

const register = ({ gateway }: World, { msisdn }: Phone): Promise<void> =>
  until(async () => (await gateway.subscribers.put(msisdn, { language: 'ru' })).created !== undefined)

/** Expects at most one commit per phone, none after its reply, and one for every confirmed change. */
async function expectTrueReplies(
  world: World,
  phones: readonly Phone[],
  replies: readonly TimedReply[],
): Promise<void> {
  const closings = await Promise.all(phones.map(({ msisdn }) => closingsOf(world, msisdn)))
  for (const [at, { body, atMs }] of replies.entries()) {
    const [closing, ...more] = closings[at] ?? []
    expect(more).toEqual([])
    if (body === CLOSED) expect(closing).toBeDefined()
    if (closing !== undefined) expect(closing).toBeLessThanOrEqual(atMs)
  }
}

async function expectAllClosedOnce(world: World, phones: readonly Phone[]): Promise<void> {
  await Promise.all(phones.map((phone) => until(async () => (await phone.confirm()).body === CLOSED)))
  for (const { msisdn } of phones) expect(await closingsOf(world, msisdn)).toHaveLength(1)
}

/** Waits for another probe to write its record. */
async function untilProbed({ admin }: World): Promise<void> {
  await admin.del(PROBE_KEY)
  await until(async () => (await admin.exists(PROBE_KEY)) === 1)
}

async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const world = await startWorld()
  try {
    await test(world)
  } finally {
    await world.close()
  }
}

async function testFault(world: World, { turns, readyz, prepare, begin }: Fault): Promise<void> {
  const phones = await phonesAtConfirmation(world)
  const witness = phoneOf(world, newNumber())
  await register(world, witness)
  await prepare?.(world)

  // The fault hits half of them at their commit, the others at their load.
  const [atCommit, atLoad] = [phones.slice(0, PHONES / 2), phones.slice(PHONES / 2)]
  const held = world.hold(atCommit.length)
  const confirming = atCommit.map((phone) => phone.confirm())
  // On a busy machine a turn may time out before its commit: do not wait for that one.
  await Promise.race([held.reached, ...confirming])
  const end = await begin(
    world,
    phones.map(({ msisdn }) => msisdn),
  )
  held.release()
  confirming.push(...atLoad.map((phone) => phone.confirm()))
  const confirmed = await Promise.all(confirming)
  const dialled = await Promise.all(phones.map((phone) => phone.dial()))
  if (!readyz.includes(503)) await untilProbed(world)
  await until(async () => readyz.includes(await readyzOf(world)))
  await end()

  const endedMs = performance.now()
  await until(async () => outcomeOf((await witness.dial()).body) === 'served')
  await until(async () => (await readyzOf(world)) === 200)
  const recoveredMs = performance.now() - endedMs

  for (const { status, body, ms } of [...confirmed, ...dialled]) {
    expect(status).toBe(200)
    expect(turns).toContain(outcomeOf(body))
    slowest.answerMs = Math.max(slowest.answerMs, ms)
  }
  slowest.recoveryMs = Math.max(slowest.recoveryMs, recoveredMs)
  await expectTrueReplies(world, phones, confirmed)
  await expectAllClosedOnce(world, phones)
  expect(world.gateway.log()).not.toContain('USSD_UNEXPECTED')
}

describe('a gateway during a fault of Redis', () => {
  const isOutage = ({ turns }: Fault) => !turns.includes('served')

  // Most of the time passes in timeouts.
  it.concurrent.each(faults.filter(isOutage))('$name', (fault) => inWorld((world) => testFault(world, fault)))

  // One at a time: their turns must be served in time.
  it.each(faults.filter((fault) => !isOutage(fault)))('$name', (fault) =>
    inWorld((world) => testFault(world, fault)),
  )

  it('the gateway process itself blocked for three seconds', () =>
    inWorld(async (world) => {
      const phones = await phonesAtConfirmation(world)
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
      await expectTrueReplies(world, phones, confirmed)
      await expectAllClosedOnce(world, phones)
    }))
})

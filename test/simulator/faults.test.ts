import { afterEach, describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { createRandom, drawFaults, parseFaults } from '../../src/simulator/faults.ts'
import type { Faults } from '../../src/simulator/faults.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import type { Screen } from '../../src/simulator/screen.ts'
import { startGateway } from '../support/running.ts'
import { shop, startForeignApplication } from './foreign-application.ts'
import type { Answering } from './foreign-application.ts'

const msisdn = '+375291234567'
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** Phones before somebody's application, on a clock that moves only when a callback is held up. */
async function phones(answering: Answering, faults: Omit<Faults, 'seed'>) {
  const application = await startForeignApplication(answering)
  closing.push(() => application.close())
  const clock = { ms: 0 }
  const handsets = createHandsets({
    dialect: africastalking,
    callbackUrl: application.url,
    faults: { seed: 1, ...faults },
    now: () => clock.ms,
    pause: async (ms) => void (clock.ms += ms),
  })
  const type = async (text: string): Promise<Screen> => {
    const typed = await handsets.type(msisdn, text)
    if (typed.kind === 'refused') throw new Error(typed.sentence)
    return typed.screen
  }
  return { application, clock, type, texts: () => application.received.map(({ fields }) => fields['text']) }
}

describe('faults', () => {
  it('are spelt with their rates and what belongs to them', () => {
    expect(
      parseFaults('duplicate=0.2:late, delay=.1:50ms,drop=0.1:retry,reorder=1,reset=0.05,begin=0', 7),
    ).toEqual({
      kind: 'ok',
      value: {
        seed: 7,
        duplicate: { rate: 0.2, late: true },
        delay: { rate: 0.1, ms: 50 },
        drop: { rate: 0.1, retry: true },
        reorder: { rate: 1 },
        reset: { rate: 0.05, retry: false },
        begin: { rate: 0 },
      },
    })
    expect(parseFaults('', 7)).toEqual({ kind: 'ok', value: { seed: 7 } })
  })

  it.each([
    'drop',
    'drop=2',
    'drop=x',
    'drop=0.1:late',
    'delay=0.1',
    'delay=0.1:61s',
    'reorder=1:late',
    'lose=1',
  ])('%p are none', (spelt) => {
    expect(parseFaults(spelt, 1)).toEqual({ kind: 'malformed', sentence: expect.stringMatching(/^\S.*\.$/) })
  })

  it('strike as often as they are asked to, and others do not move them', () => {
    const draws = (faults: Faults) => {
      const chance = createRandom(faults.seed, msisdn, 0)
      return Array.from({ length: 4000 }, () => drawFaults(faults, chance))
    }
    const alone = draws({ seed: 3, reorder: { rate: 0.2 } }).map(({ reorder }) => reorder)
    const struck = alone.filter(Boolean).length
    expect(struck).toBeGreaterThan(700)
    expect(struck).toBeLessThan(900)
    const among = draws({
      seed: 3,
      reorder: { rate: 0.2 },
      duplicate: { rate: 1, late: false },
      reset: { rate: 1, retry: true },
    })
    expect(among.map(({ reorder }) => reorder)).toEqual(alone)
    expect(among[0]).toMatchObject({ duplicate: 'now', lost: 'reset', retry: true })
    const others = draws({ seed: 4, reorder: { rate: 0.2 } }).map(({ reorder }) => reorder)
    expect(others).not.toEqual(alone)
  })
})

describe('a callback', () => {
  it.each([false, true])(
    'that comes twice (late: %p) is one answer, and a second one is noticed',
    async (late) => {
      const calm = await phones(shop, { duplicate: { rate: 1, late } })
      expect(await calm.type('*141#')).toMatchObject({ state: 'waiting', faults: ['duplicate'] })
      const screen = await calm.type('1')
      expect(screen).toMatchObject({ text: 'Вопрос 2\n1 да' })
      expect(screen).not.toHaveProperty('problem')
      expect(calm.texts()).toEqual(['', '', '1', '1'])
      const [first, second] = calm.application.received
      expect(second?.body).toBe(first?.body)

      let counted = 0
      const counting = await phones(() => `CON ${(counted += 1)}`, { duplicate: { rate: 1, late } })
      expect(await counting.type('*141#')).toMatchObject({
        state: 'waiting',
        problem: 'A copy of the callback was answered otherwise than at first.',
      })
    },
  )

  it('that is held up comes later; the network waits no longer than it does', async () => {
    const slow = await phones(shop, { delay: { rate: 1, ms: 50 } })
    expect(await slow.type('*141#')).toMatchObject({ state: 'waiting', faults: ['delay'] })
    expect(slow.clock.ms).toBe(50)
    const tooSlow = await phones(shop, { delay: { rate: 1, ms: 20_000 } })
    expect(await tooSlow.type('*141#')).toMatchObject({
      state: 'ended',
      text: 'Connection problem or invalid MMI code.',
      problem: 'The callback was held up until the network gave up.',
    })
    expect(tooSlow.clock.ms).toBe(10_000)
    expect(tooSlow.application.received).toEqual([])
  })

  it('whose answer is lost was carried out: the network gives up, or sends it once more', async () => {
    const given = await phones(shop, { drop: { rate: 1, retry: false } })
    expect(await given.type('*141#')).toMatchObject({
      state: 'ended',
      problem: 'The answer was lost on the way, as was asked for.',
      faults: ['drop'],
    })
    expect(given.texts()).toEqual([''])
    const again = await phones(shop, { drop: { rate: 1, retry: true } })
    expect(await again.type('*141#')).toMatchObject({ state: 'waiting', text: 'Вопрос 1\n1 да' })
    expect(again.texts()).toEqual(['', ''])
  })

  it('whose connection is cut reaches the application whole', async () => {
    const given = await phones(shop, { reset: { rate: 1, retry: false } })
    expect(await given.type('*141#')).toMatchObject({
      state: 'ended',
      problem: 'The connection was cut before the answer, as was asked for.',
      faults: ['reset'],
    })
    const again = await phones(shop, { reset: { rate: 1, retry: true } })
    expect(await again.type('*141#')).toMatchObject({ state: 'waiting' })
    expect(await again.type('йод')).toMatchObject({ text: 'Вопрос 2\n1 да' })
    expect(again.texts()).toEqual(['', '', 'йод', 'йод'])
  })

  it('comes again late behind a newer one, and may change nothing', async () => {
    const calm = await phones(shop, { reorder: { rate: 1 } })
    expect(await calm.type('*141#')).not.toHaveProperty('faults')
    expect(await calm.type('1')).toMatchObject({ text: 'Вопрос 2\n1 да', faults: ['reorder'] })
    expect(calm.texts()).toEqual(['', '1', ''])
    let counted = 0
    const counting = await phones(() => `CON ${(counted += 1)}`, { reorder: { rate: 1 } })
    await counting.type('*141#')
    expect(await counting.type('1')).toMatchObject({
      text: '2',
      problem: 'A late copy of the callback before was answered otherwise than at first.',
    })
  })

  it('that begins a dialogue comes again, and only that one', async () => {
    const { type, texts } = await phones(shop, { begin: { rate: 1 } })
    expect(await type('*141#')).toMatchObject({ faults: ['begin'] })
    expect(await type('1')).not.toHaveProperty('faults')
    expect(texts()).toEqual(['', '', '1'])
  })

  it('that fails is not sent again', async () => {
    const all = { rate: 1, retry: true }
    const { application, type } = await phones((_received, response) => void response.writeHead(500).end(), {
      drop: all,
      duplicate: { rate: 1, late: true },
      begin: all,
    })
    expect(await type('*141#')).toMatchObject({ problem: 'The application answered with status 500.' })
    expect(application.received).toHaveLength(1)
  })
})

describe('a run with faults against the gateway', () => {
  const everything = parseFaults(
    'duplicate=0.4,delay=0.2:20ms,drop=0.2:retry,reorder=0.3,reset=0.2:retry,begin=0.4',
    7,
  )
  if (everything.kind !== 'ok') throw new Error(everything.sentence)
  const typed = `*141*0# 80291 80291 *141*3*6# 1 2 *141*3*6# 1 00000000 12345678
    *141*0# 731 58204 58205 58204 58204 *141*3*6# 0 *141*7#`.split(/\s+/)

  async function run(faults: Faults | undefined) {
    const secrets = Buffer.alloc(32, 7).toString('base64')
    const gateway = await startGateway({ SECRETS_KEY: secrets, LOG_LEVEL: 'silent', SIMULATOR: 'off' })
    const callbackUrl = `${gateway.url}/ussd/africastalking`
    const handsets = createHandsets({
      dialect: africastalking,
      callbackUrl,
      eventsUrl: `${callbackUrl}/events`,
      faults,
      pause: async () => {},
    })
    const transcript: unknown[] = []
    for (const text of typed) {
      const shown = await handsets.type(msisdn, text)
      // A session id is made anew by each network.
      transcript.push(shown.kind === 'screen' ? { ...shown.screen, session: '' } : shown)
    }
    await handsets.whenIdle()
    await gateway.close('immediate')
    return transcript
  }
  const withoutFaults = (transcript: unknown[]) =>
    transcript.map((shown) => ({ ...(shown as Screen), faults: undefined }))

  it('gives the same transcript twice, and what the subscriber reads is as if nothing had happened', async () => {
    const [first, second] = [await run(everything.value), await run(everything.value)]
    expect(second).toEqual(first)
    expect(new Set(first.flatMap((shown) => (shown as Screen).faults ?? []))).toEqual(
      new Set(['duplicate', 'delay', 'drop', 'reorder', 'reset', 'begin']),
    )
    expect(withoutFaults(first)).toEqual(withoutFaults(await run(undefined)))
    const other = await run({ ...everything.value, seed: 8 })
    expect(other).not.toEqual(first)
    expect(withoutFaults(other)).toEqual(withoutFaults(first))
  })

  it('gives the same transcript twice, too, where the network gives up', async () => {
    const faults: Faults = { seed: 11, drop: { rate: 0.2, retry: false }, reset: { rate: 0.1, retry: false } }
    const first = await run(faults)
    expect(await run(faults)).toEqual(first)
    expect(first).toContainEqual(expect.objectContaining({ faults: ['drop'], state: 'ended' }))
  })
})

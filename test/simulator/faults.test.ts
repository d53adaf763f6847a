import { afterEach, describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { drawFaults, parseFaults } from '../../src/simulator/faults.ts'
import type { Faults } from '../../src/simulator/faults.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { createRandom } from '../../src/simulator/random.ts'
import type { Screen } from '../../src/simulator/screen.ts'
import { startGateway } from '../support/running.ts'
import { shop, startForeignApplication } from './foreign-application.ts'
import type { Answering } from './foreign-application.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

const msisdn = '+375291234567'
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** Phones of a foreign application, on a clock that advances only while a callback is delayed. */
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
    if (typed.kind === 'refused') throw new Error(typed.message)
    return typed.screen
  }
  return { application, clock, type, texts: () => application.received.map(({ fields }) => fields['text']) }
}

describe('faults', () => {
  it('parse with their rates and modifiers', () => {
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
  ])('reject the option %p', (option) => {
    expect(parseFaults(option, 1)).toEqual({
      kind: 'malformed',
      message: expect.stringMatching(/^\S.*\.$/) as never,
    } satisfies Malformed)
  })

  it('strike at their rate, independently of other faults', () => {
    const draws = (faults: Faults) => {
      const random = createRandom(faults.seed, msisdn, 0)
      return Array.from({ length: 4000 }, () => drawFaults(faults, random))
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
    'delivered twice (late: %p) gets one answer; a different second answer is reported',
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
        problem: 'A duplicate of the callback got a different answer.',
      })
    },
  )

  it('delayed beyond the timeout fails without being sent', async () => {
    const slow = await phones(shop, { delay: { rate: 1, ms: 50 } })
    expect(await slow.type('*141#')).toMatchObject({ state: 'waiting', faults: ['delay'] })
    expect(slow.clock.ms).toBe(50)
    const tooSlow = await phones(shop, { delay: { rate: 1, ms: 20_000 } })
    expect(await tooSlow.type('*141#')).toMatchObject({
      state: 'ended',
      text: 'Connection problem or invalid MMI code.',
      problem: 'Fault injected: the callback was delayed beyond the timeout.',
    })
    expect(tooSlow.clock.ms).toBe(10_000)
    expect(tooSlow.application.received).toEqual([])
  })

  it('is not sent after a hang-up during its delay; the notice of the end is', async () => {
    const application = await startForeignApplication(() => '')
    closing.push(() => application.close())
    let requests = 0
    let startDelay = () => {}
    const delayed = new Promise<void>((resolve) => (startDelay = resolve))
    const handsets = createHandsets({
      dialect: africastalking,
      callbackUrl: () => {
        requests += 1
        return application.url
      },
      eventsUrl: `${new URL(application.url).origin}/events`,
      faults: { seed: 1, delay: { rate: 1, ms: 50 } },
      pause: (_ms, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve())
          startDelay()
        }),
    })
    const typed = handsets.type(msisdn, '*141#')
    await delayed
    handsets.hangUp(msisdn)
    expect(await typed).toMatchObject({ screen: { state: 'ended', text: '' } })
    await handsets.whenIdle()
    expect(application.received.map(({ url }) => url)).toEqual(['/events'])
    // The network does not even ask for the callback URL.
    expect(requests).toBe(0)
  })

  it('whose answer is dropped reaches the application; the network gives up or retries', async () => {
    const lost = await phones(shop, { drop: { rate: 1, retry: false } })
    expect(await lost.type('*141#')).toMatchObject({
      state: 'ended',
      problem: 'Fault injected: the answer was dropped.',
      faults: ['drop'],
    })
    expect(lost.texts()).toEqual([''])
    const retried = await phones(shop, { drop: { rate: 1, retry: true } })
    expect(await retried.type('*141#')).toMatchObject({ state: 'waiting', text: 'Вопрос 1\n1 да' })
    expect(retried.texts()).toEqual(['', ''])
  })

  it('whose connection is reset reaches the application completely', async () => {
    const lost = await phones(shop, { reset: { rate: 1, retry: false } })
    expect(await lost.type('*141#')).toMatchObject({
      state: 'ended',
      problem: 'Fault injected: the connection was reset before the answer.',
      faults: ['reset'],
    })
    const retried = await phones(shop, { reset: { rate: 1, retry: true } })
    expect(await retried.type('*141#')).toMatchObject({ state: 'waiting' })
    expect(await retried.type('йод')).toMatchObject({ text: 'Вопрос 2\n1 да' })
    expect(retried.texts()).toEqual(['', '', 'йод', 'йод'])
  })

  it('delivered again after a newer one must change nothing', async () => {
    const calm = await phones(shop, { reorder: { rate: 1 } })
    expect(await calm.type('*141#')).not.toHaveProperty('faults')
    expect(await calm.type('1')).toMatchObject({ text: 'Вопрос 2\n1 да', faults: ['reorder'] })
    expect(calm.texts()).toEqual(['', '1', ''])
    let counted = 0
    const counting = await phones(() => `CON ${(counted += 1)}`, { reorder: { rate: 1 } })
    await counting.type('*141#')
    expect(await counting.type('1')).toMatchObject({
      text: '2',
      problem: 'A late duplicate of the previous callback got a different answer.',
    })
  })

  it('that begins a dialogue is delivered again, a reply is not', async () => {
    const { type, texts } = await phones(shop, { begin: { rate: 1 } })
    expect(await type('*141#')).toMatchObject({ faults: ['begin'] })
    expect(await type('1')).not.toHaveProperty('faults')
    expect(texts()).toEqual(['', '', '1'])
  })

  it('that fails is not retried', async () => {
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
  if (everything.kind !== 'ok') throw new Error(everything.message)
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
      // Each network creates its own session ids.
      transcript.push(shown.kind === 'screen' ? { ...shown.screen, session: '' } : shown)
    }
    await handsets.whenIdle()
    await gateway.close('immediate')
    return transcript
  }
  const withoutFaults = (transcript: unknown[]) =>
    transcript.map((shown) => ({ ...(shown as Screen), faults: undefined }))

  it('repeats its transcript, and the subscriber reads the same as without faults', async () => {
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

  it('repeats its transcript when the network gives up', async () => {
    const faults: Faults = { seed: 11, drop: { rate: 0.2, retry: false }, reset: { rate: 0.1, retry: false } }
    const first = await run(faults)
    expect(await run(faults)).toEqual(first)
    expect(first).toContainEqual(expect.objectContaining({ faults: ['drop'], state: 'ended' }))
  })
})

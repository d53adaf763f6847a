import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { dialects } from '../../src/dialects/index.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { parseProfile, profiles } from '../../src/simulator/profiles.ts'
import type { Profile } from '../../src/simulator/profiles.ts'
import type { Screen } from '../../src/simulator/screen.ts'
import { startGateway } from '../support/running.ts'
import { shop, startForeignApplication } from './foreign-application.ts'
import type { Answering } from './foreign-application.ts'
import type { Refused } from '../../src/simulator/dial-pad.ts'

const msisdn = '+375291234567'
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

function profileOf(option: string): Profile {
  const parsed = parseProfile(option)
  if (parsed.kind === 'malformed') throw new Error(parsed.message)
  return parsed.value
}

/** Creates phones of a carrier and a foreign application that receives events. */
async function phones(answering: Answering, profile = 'default') {
  const application = await startForeignApplication((received, response) =>
    received.url.startsWith('/events') ? '' : answering(received, response),
  )
  closing.push(() => application.close())
  const clock = { ms: 0 }
  const handsets = createHandsets({
    dialect: africastalking,
    callbackUrl: application.url,
    eventsUrl: `${new URL(application.url).origin}/events`,
    profile: profileOf(profile),
    now: () => clock.ms,
  })
  const type = async (text: string): Promise<Screen> => {
    const typed = await handsets.type(msisdn, text)
    if (typed.kind === 'refused') throw new Error(typed.message)
    return typed.screen
  }
  return {
    application,
    clock,
    handsets,
    type,
    /** Returns the notices of ended dialogues. */
    events: async () => {
      await handsets.whenIdle()
      const events = application.received.filter(({ url }) => url === '/events')
      return events.map(({ fields }) => [fields['status'], fields['input'], fields['hopsCount']])
    },
    texts: () =>
      application.received.flatMap(({ url, fields }) => (url === '/events' ? [] : [fields['text']])),
  }
}

describe('a carrier', () => {
  it('ends an idle dialogue, and notifies the application once', async () => {
    const { clock, events, handsets, type } = await phones(shop, 'safaricom')
    await type('*141#')
    clock.ms = 29_999
    handsets.tick()
    expect(await type('1')).toMatchObject({ state: 'waiting' })
    // Every screen restarts the idle time.
    clock.ms = 59_998
    handsets.tick()
    expect(handsets.screen(msisdn).state).toBe('waiting')
    clock.ms = 59_999
    handsets.tick()
    const over = {
      state: 'ended',
      text: profiles.safaricom.failureText,
      problem: 'The network ended the dialogue after 30 s without a reply.',
    }
    expect(handsets.screen(msisdn)).toMatchObject(over)
    handsets.tick()
    handsets.hangUp(msisdn)
    expect(await events()).toEqual([['Incomplete', '1', '2']])
  })

  it('ends a dialogue at its maximum duration', async () => {
    const { clock, events, handsets, type } = await phones(() => 'CON again', 'a1,idle=60s,dialogue=100s')
    await type('*141#')
    clock.ms = 59_000
    await type('1')
    clock.ms = 100_000
    expect(handsets.screen(msisdn)).toMatchObject({
      text: 'Неполадки подключения или неверный код MMI.',
      problem: 'The network ended the dialogue after 100 s.',
    })
    expect(await events()).toEqual([['Incomplete', '1', '2']])
  })

  it('reports how each dialogue ended, and its duration', async () => {
    let answer = 'CON ok'
    const { application, clock, events, handsets, type } = await phones(() => answer)
    await type('*141#')
    answer = 'END done'
    clock.ms = 41_250
    await type('7')
    handsets.hangUp(msisdn)
    expect(await events()).toEqual([['Success', '7', '2']])
    expect(application.received.at(-1)).toMatchObject({
      method: 'POST',
      fields: { durationInMillis: '41250', lastAppResponse: 'END done', phoneNumber: msisdn },
    })

    answer = 'CON ok'
    await type('*141#')
    handsets.hangUp(msisdn)
    handsets.hangUp(msisdn)
    answer = 'oops'
    await type('*141#')
    const ends = [
      ['Incomplete', '', '1'],
      ['Failed', '', '1'],
    ]
    expect((await events()).slice(1)).toEqual(ends)
  })

  it('reports a hang-up while an answer is pending', async () => {
    const waiting: ServerResponse[] = []
    let arrived = () => {}
    const called = new Promise<void>((resolve) => (arrived = resolve))
    const { events, handsets } = await phones((_received, response) => {
      waiting.push(response)
      arrived()
    })
    const typed = handsets.type(msisdn, '*141#')
    await called
    handsets.hangUp(msisdn)
    await typed
    expect(await events()).toEqual([['Incomplete', '', '1']])
  })

  it('sends no notice with ends=off, and ignores a failed notice', async () => {
    const silent = await phones(() => 'END ok', 'default,ends=off')
    await silent.type('*141#')
    expect(await silent.events()).toEqual([])

    const application = await startForeignApplication(({ url }, response) =>
      url === '/events' ? void response.destroy() : 'END ok',
    )
    closing.push(() => application.close())
    const handsets = createHandsets({
      dialect: africastalking,
      callbackUrl: application.url,
      eventsUrl: `${new URL(application.url).origin}/events`,
    })
    expect(await handsets.type(msisdn, '*141#')).toMatchObject({ screen: { text: 'ok' } })
    await handsets.whenIdle()
    expect(application.received).toHaveLength(2)
  })

  it('uses the timeout of its profile', async () => {
    const { type, events } = await phones(() => undefined, 'default,answer=50ms')
    expect(await type('*141#')).toMatchObject({
      problem: 'The application did not answer within 0.05 s.',
      text: profiles.default.failureText,
    })
    expect(await events()).toEqual([['Failed', '', '1']])
  })

  it('rejects an input longer than its limit', async () => {
    const { handsets, texts, type } = await phones(shop, 'safaricom')
    const refused = {
      kind: 'refused',
      message: 'This is too long: the network takes at most 80 characters.',
    } satisfies Refused
    expect(await handsets.type(msisdn, `*141*${'1'.repeat(75)}#`)).toEqual(refused)
    await type(`*141*${'1'.repeat(74)}#`)
    expect(await handsets.type(msisdn, '1'.repeat(81))).toEqual(refused)
    await type('1'.repeat(80))
    expect(texts()).toEqual(['', '1'.repeat(80)])
  })

  it('rejects or truncates a screen that exceeds its limit', async () => {
    const long = `CON ${'я'.repeat(100)}`
    const strict = await phones(() => long)
    expect(await strict.type('*141#')).toMatchObject({
      state: 'ended',
      text: profiles.default.failureText,
      problem: 'The screen takes 200 octets, the limit is 160. The network rejected it.',
    })
    expect(await strict.events()).toEqual([['Failed', '', '1']])
    const cutting = await phones(() => long, 'mtn')
    expect(await cutting.type('*141#')).toMatchObject({
      state: 'waiting',
      text: 'я'.repeat(80),
      octets: 160,
      problem: 'The screen takes 200 octets, the limit is 160. The network truncated it.',
    })
    expect(await cutting.type('1')).toMatchObject({ state: 'waiting' })
  })

  it('turns the pages of a long screen, and sends only replies to the application', async () => {
    const list = Array.from({ length: 25 }, (_, at) => `${at + 1} Item ${at + 1}`).join('\n')
    const { clock, texts, type } = await phones(
      ({ fields }) => (fields['text'] === '' ? `CON ${list}` : `END took ${fields['text']}`),
      'safaricom',
    )
    const first = await type('*141#')
    expect(first).toMatchObject({ state: 'waiting', text: expect.stringMatching(/^1 Item 1\n.*98:More$/s) })
    clock.ms = 20_000
    const second = await type('98')
    expect(second.text).toMatch(/^\d+ Item .*00:Back$/s)
    // Turning a page restarts the idle time.
    clock.ms = 40_000
    expect(await type('00')).toEqual(first)
    expect(texts()).toEqual([''])
    expect(await type('00')).toMatchObject({ state: 'ended', text: 'took 00' })
    expect(texts()).toEqual(['', '00'])
  })

  it('pages through a long final text', async () => {
    const words = Array.from({ length: 60 }, (_, at) => `word${at}`).join(' ')
    const { events, handsets, texts, type } = await phones(() => `END ${words}`, 'safaricom')
    let screen = await type('*141#')
    expect(screen).toMatchObject({ state: 'waiting', text: expect.stringMatching(/98:More$/) })
    expect(await type('5')).toEqual(screen)
    while (screen.state === 'waiting') screen = await type('98')
    expect(screen.text).toMatch(/word59$/)
    expect(texts()).toEqual([''])
    expect(await events()).toEqual([['Success', '', '1']])

    // The dialogue is completed, even if the remaining pages are not read.
    await type('*141#')
    handsets.hangUp(msisdn)
    expect(await events()).toEqual(Array(2).fill(['Success', '', '1']))
  })
})

describe('several phones', () => {
  it('have their own routes, and each dialogue keeps its route', async () => {
    const [usual, other] = await Promise.all([phones(shop), phones(() => 'CON other')])
    const otherRoute = {
      dialect: africastalking,
      callbackUrl: other.application.url,
      profile: profileOf('mtn'),
    }
    const numbers = Array.from({ length: 20 }, (_, at) => `+3752900000${String(at).padStart(2, '0')}`)
    const screens = await Promise.all(
      numbers.map(async (number, at) => {
        const route = at % 2 === 0 ? undefined : otherRoute
        await usual.handsets.type(number, '*141#', route)
        // A route given during a dialogue has no effect.
        return usual.handsets.type(number, '1', route ? undefined : otherRoute)
      }),
    )
    expect(screens.map((typed) => typed.kind === 'screen' && typed.screen.text)).toEqual(
      numbers.map((_, at) => (at % 2 === 0 ? 'Вопрос 2\n1 да' : 'other')),
    )
    expect(usual.application.received).toHaveLength(20)
    expect(other.application.received).toHaveLength(20)
  })
})

describe('the gateway', () => {
  it.each(Object.keys(dialects))('completes both menus in the dialect %s', async (name) => {
    // Without turn numbers, an equal reply typed this fast would be a duplicate.
    const gateway = await startGateway({ LOG_LEVEL: 'silent', REPEAT_WITHIN_MS: '0' })
    closing.push(() => gateway.close('immediate'))
    const dialect = dialects[name]
    if (!dialect) throw new Error(name)
    const handsets = createHandsets({ dialect, callbackUrl: `${gateway.url}/ussd/${name}` })
    const texts: string[] = []
    for (const text of ['*141*3*6#', '0', '*141*0#', '80291', '80291']) {
      const typed = await handsets.type(msisdn, text)
      if (typed.kind === 'refused') throw new Error(typed.message)
      expect(typed.screen).not.toHaveProperty('problem')
      texts.push(typed.screen.state)
    }
    expect(texts).toEqual(['waiting', 'ended', 'waiting', 'waiting', 'ended'])
  })

  it('logs a hung-up dialogue as cancelled', async () => {
    const gateway = await startGateway({ SIMULATOR: 'on' })
    closing.push(() => gateway.close('immediate'))
    const phone = `${gateway.url}/handsets/${msisdn}`
    await fetch(phone, { method: 'POST', body: '*141*0#' })
    const logged = once(gateway.server, 'request').then(() => once(gateway.server, 'request'))
    await fetch(phone, { method: 'DELETE' })
    await logged
    await gateway.close('immediate')
    closing.splice(0)
    expect(gateway.log()).toContain('"outcome":"cancelled"')
  })
})

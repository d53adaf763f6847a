import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import connectAfricasTalking from 'africastalking'
import express from 'express'
import UssdMenu from 'ussd-menu-builder'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { hubtel } from '../../src/dialects/hubtel.ts'
import { createHandsets } from '../../src/simulator/handset.ts'

/**
 * Applications written with common libraries. The libraries must understand the network's callbacks, and the network their
 * answers.
 */
describe('an application on a common library', () => {
  let server: Server
  let url: string
  const seen: string[] = []
  const events: Record<string, string>[] = []

  beforeAll(async () => {
    const app = express()
    app.use('/official', officialHandler(seen))
    app.post('/events', express.urlencoded({ extended: false }), (request, response) => {
      events.push(request.body as Record<string, string>)
      response.end()
    })
    app.post('/menu-builder', express.urlencoded({ extended: false }), async (request, response) => {
      const answer = await menuBuilder('africasTalking').run(request.body)
      response.type('text/plain').send(answer)
    })
    app.post('/menu-builder-hubtel', express.json(), async (request, response) => {
      response.json(await menuBuilder('hubtel').run(request.body))
    })
    server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  const msisdn = '+375291234567'

  /** Returns the screen after each input, or its problem. */
  async function walk(handsets: ReturnType<typeof createHandsets>, ...typed: string[]) {
    const screens: string[] = []
    for (const text of typed) {
      const result = await handsets.type(msisdn, text)
      if (result.kind !== 'screen') throw new Error(result.message)
      const { state, text: shown, problem } = result.screen
      screens.push(problem ?? `${state}: ${shown}`)
    }
    return screens
  }

  it("completes a dialogue on Africa's Talking's own handler", async () => {
    const handsets = createHandsets({ dialect: africastalking, callbackUrl: `${url}/official` })
    expect(await walk(handsets, '*384*1#', '2', '50')).toEqual([
      'waiting: 1 Balance\n2 Top up',
      'waiting: How much?',
      'ended: Topped up by 50',
    ])
    expect(seen).toEqual(['*384*1# +375291234567 ', '*384*1# +375291234567 2', '*384*1# +375291234567 2*50'])
  })

  it('ends with a failure if that handler rejects the answer', async () => {
    const handsets = createHandsets({ dialect: africastalking, callbackUrl: `${url}/official` })
    await walk(handsets, '*384*1#')
    expect(await walk(handsets, 'fail')).toEqual(['The application answered with status 500.'])
    expect(handsets.screen(msisdn)).toMatchObject({
      state: 'ended',
      text: 'Connection problem or invalid MMI code.',
    })
  })

  it("completes a dialogue on ussd-menu-builder in Africa's Talking's format", async () => {
    const handsets = createHandsets({ dialect: africastalking, callbackUrl: `${url}/menu-builder` })
    expect(await walk(handsets, '*384*2#', '1')).toEqual([
      'waiting: Welcome\n1 Name',
      'ended: You are +375291234567',
    ])
  })

  it("completes a dialogue on ussd-menu-builder in Hubtel's format", async () => {
    const handsets = createHandsets({ dialect: hubtel, callbackUrl: `${url}/menu-builder-hubtel` })
    expect(await walk(handsets, '*384*2#', '1')).toEqual([
      'waiting: Welcome\n1 Name',
      'ended: You are +375291234567',
    ])
  })

  it("receives Africa's Talking's event, with the duration in whole milliseconds", async () => {
    const eventsUrl = `${url}/events`
    const handsets = createHandsets({ dialect: africastalking, callbackUrl: `${url}/official`, eventsUrl })
    await walk(handsets, '*384*1#', '2')
    handsets.hangUp(msisdn)
    await handsets.whenIdle()
    expect(events).toEqual([expect.objectContaining({ status: 'Incomplete', hopsCount: '2', input: '2' })])
    expect(events[0]?.['durationInMillis']).toMatch(/^\d+$/)
  })

  it('serves several phones at once, each in its own dialogue', async () => {
    const handsets = createHandsets({ dialect: africastalking, callbackUrl: `${url}/official` })
    const numbers = Array.from({ length: 8 }, (_, at) => `+37529123456${at}`)
    const ends = await Promise.all(
      numbers.map(async (number, at) => {
        await handsets.type(number, '*384*1#')
        await handsets.type(number, '2')
        const last = await handsets.type(number, String(10 + at))
        return last.kind === 'screen' ? last.screen.text : last.message
      }),
    )
    expect(ends).toEqual(numbers.map((_, at) => `Topped up by ${10 + at}`))
  })
})

function officialHandler(seen: string[]) {
  const { USSD } = connectAfricasTalking({ username: 'sandbox', apiKey: 'none' })
  return USSD(({ serviceCode, phoneNumber, text }, answer) => {
    seen.push(`${serviceCode} ${phoneNumber} ${text}`)
    const [choice, amount] = text.split('*')
    if (choice === 'fail') answer({ response: '' } as never)
    else if (choice === '2' && amount) answer({ response: `Topped up by ${amount}`, endSession: true })
    else if (choice === '2') answer({ response: 'How much?', endSession: false })
    else answer({ response: '1 Balance\n2 Top up', endSession: false })
  })
}

/** Creates a menu per request: shared by two concurrent requests, the library mixes up their answers. */
function menuBuilder(provider: 'africasTalking' | 'hubtel'): UssdMenu {
  const menu = new UssdMenu({ provider })
  const { get, set } = routes
  menu.sessionConfig({
    start: (_id, done) => done?.(undefined),
    end: (_id, done) => done?.(undefined),
    set: (id, key, value, done) => {
      set(`${id} ${key}`, value)
      done?.(undefined)
    },
    get: (id, key, done) => done?.(undefined, get(`${id} ${key}`)),
  })
  menu.startState({ run: () => menu.con('Welcome\n1 Name'), next: { 1: 'name' } })
  menu.state('name', { run: () => menu.end(`You are ${menu.args.phoneNumber}`) })
  return menu
}

const routes = (() => {
  const kept = new Map<string, unknown>()
  return {
    get: (key: string) => kept.get(key) as string,
    set: (key: string, value: unknown) => void kept.set(key, value),
  }
})()

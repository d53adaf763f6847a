import project from '../../../menus/index.ts'
import { plainRecord } from '../../../src/gateway/records/record.ts'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import express from 'express'
import type { Request } from 'express'
import fc from 'fast-check'
import { z } from 'zod'
import { africastalking } from '../../../src/dialects/africastalking.ts'
import { failureRoute } from '../../../src/http/failures.ts'
import { HandsetScreen, handsetAccess, handsetRoutes } from '../../../src/http/simulator/handsets.ts'
import { createRecordings } from '../../../src/http/simulator/recordings.ts'
import { networkRoutes } from '../../../src/http/simulator/network.ts'
import { createHttpServer } from '../../../src/http/server.ts'
import { createHandsets } from '../../../src/simulator/handset.ts'
import { createRouteResolver } from '../../../src/simulator/routes.ts'
import { createRestcommPush } from '../../../src/simulator/restcomm-push.ts'
import { createTargetCheck } from '../../../src/simulator/targets.ts'
import { shop, startForeignApplication } from '../../simulator/foreign-application.ts'
import type { Answering } from '../../simulator/foreign-application.ts'

const { numbering } = project

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** Serves the phone routes in front of a fake application. */
async function serve(
  options: {
    isAllowed?: () => boolean
    isAdmin?: (request: Request) => boolean
    answering?: Answering
    targets?: string[]
  } = {},
) {
  const application = await startForeignApplication(options.answering ?? shop)
  const route = { dialect: africastalking, callbackUrl: application.url }
  const handsets = createHandsets(route)
  const resolveRoute = createRouteResolver({
    dialects: { africastalking, loud: { ...africastalking, name: 'loud' } },
    defaultDialect: africastalking,
    own: (dialect) => ({ ...route, dialect, callbackUrl: `${application.url}?as=${dialect.name}` }),
    isAllowed: createTargetCheck(options.targets ?? []),
  })
  const app = express()
  const access = handsetAccess(options.isAllowed ?? (() => true), options.isAdmin)
  const recordings = createRecordings({
    codes: [],
    record: plainRecord,
    getSubscriber: async () => undefined,
    weaknessOf: () => undefined,
  })
  app.use(handsetRoutes({ numbering, handsets, resolveRoute, recordings, access }))
  app.use(networkRoutes({ restcomm: createRestcommPush(handsets), access }))
  app.use(failureRoute(() => {}))
  const server = createHttpServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await Promise.all([once(server, 'close'), application.close()])
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/handsets/`
  /** Posts like `curl -d`. */
  const type = (typed: string | Buffer, headers: Record<string, string> = {}, phone = '+375291234567') =>
    fetch(url + phone, {
      method: 'POST',
      body: typed,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
  return { application, url, type }
}
const json = { accept: 'application/json' }

/** Dials with headers that `fetch` cannot set. */
const dialWith = (url: string, headers: Record<string, string>) =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    httpRequest(`${url}80291234567`, { method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode, text: screenIn(text) }))
    })
      .on('error', reject)
      .end('*141#')
  })

/** Returns a plain body without its line feed. */
function screenIn(body: string): string {
  expect(body).toMatch(/\n$/)
  return body.slice(0, -1)
}

/** Returns the status, the screen headers and the screen. */
async function seen(answering: Response | Promise<Response>) {
  const answer = await answering
  const { status, headers } = answer
  return {
    status,
    type: headers.get('content-type'),
    state: headers.get('ussd-state'),
    alphabet: headers.get('ussd-alphabet'),
    octets: headers.get('ussd-octets'),
    text: headers.get('content-type') === text ? screenIn(await answer.text()) : await answer.text(),
  }
}
const text = 'text/plain; charset=utf-8'

describe('/handsets', () => {
  it('responds with the screen as the body and its properties in headers', async () => {
    const { application, type } = await serve()
    const begin = await type('*384*1#')
    expect(await seen(begin)).toEqual({
      status: 200,
      type: text,
      state: 'waiting',
      alphabet: 'ucs2',
      octets: '26',
      text: 'Вопрос 1\n1 да',
    })
    expect(begin.headers.get('cache-control')).toBe('no-store')
    expect(begin.headers.get('ussd-session')).toBe(application.received[0]?.fields['sessionId'])
    await type('80291')
    expect(await seen(type('**100#'))).toMatchObject({ state: 'ended', text: 'Ответов: 4', octets: '20' })
    expect(application.received.map(({ fields }) => fields['text'])).toEqual(['', '80291', '80291***100#'])
  })

  it('responds with JSON on request', async () => {
    const { application, type, url } = await serve()
    const answer = await type('*384*1#', json)
    const screen: unknown = await answer.json()
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(screen).toEqual({
      session: application.received[0]?.fields['sessionId'],
      state: 'waiting',
      text: 'Вопрос 1\n1 да',
      alphabet: 'ucs2',
      octets: 26,
    })
    expect(z.strictObject(HandsetScreen.shape).parse(screen)).toEqual(screen)
    expect(await (await fetch(`${url}+375291234567`, { headers: json })).json()).toEqual(screen)
  })

  it('takes the body as input, ignoring the content type and a final line break', async () => {
    const { application, type } = await serve({ answering: () => 'CON ok' })
    await type('*141#\n')
    for (const [typed, contentType] of [
      ['a=b&c=%2A', 'application/x-www-form-urlencoded'],
      ['{"a":1}', 'application/json'],
      ['йод\r\n', 'text/plain; charset=windows-1251'],
      [' 1 ', 'nonsense'],
    ] as const) {
      expect((await type(typed, { 'content-type': contentType })).status).toBe(200)
    }
    expect(application.received.at(-1)?.fields['text']).toBe('a=b&c=%2A*{"a":1}*йод* 1 ')
  })

  it('accepts the number of a phone in any form', async () => {
    const { application, url, type } = await serve()
    await type('*141#', {}, '80291234567')
    await type('1', {}, encodeURIComponent('8 (029) 123-45-67'))
    expect(await seen(fetch(`${url}tel:+375-29-123-45-67`))).toMatchObject({ text: 'Вопрос 2\n1 да' })
    expect(application.received.map(({ fields }) => fields['phoneNumber'])).toEqual(
      Array(2).fill('+375291234567'),
    )
  })

  it('shows and hangs up a phone that was never used', async () => {
    const { url, type } = await serve()
    const phone = `${url}+375291234567`
    const blank = { status: 200, type: text, state: 'ended', alphabet: 'gsm7', octets: '0', text: '' }
    expect(await seen(fetch(phone))).toEqual(blank)
    await type('*141#')
    const gone = await fetch(phone, { method: 'DELETE' })
    expect([gone.status, gone.headers.get('cache-control'), await gone.text()]).toEqual([204, 'no-store', ''])
    expect(await seen(fetch(phone))).toEqual(blank)
    expect(await seen(type(''))).toMatchObject({ status: 400 })
  })

  it('rejects invalid input with a message in text and in JSON', async () => {
    const { application, type } = await serve()
    for (const [typed, says] of [
      ['', 'Nothing was typed: dial a code such as *141*0#.'],
      ['\n', 'Nothing was typed: dial a code such as *141*0#.'],
      ['*14О#', 'A USSD code has digits, *, # and Latin letters: this one has other characters.'],
      [`*141*${'1'.repeat(200)}#`, 'This is too long: a USSD code takes at most 182 characters.'],
      ['*141#\n1', 'Type one line, without control characters.'],
      [Buffer.from('*141\xcf#', 'latin1'), 'The input must be UTF-8.'],
    ] as const) {
      expect(await seen(type(typed))).toMatchObject({ status: 400, type: text, state: null, text: says })
      const answer = await type(typed, json)
      expect(await answer.json()).toEqual({ error: { code: 'USSD_BAD_REQUEST', message: says } })
    }
    await type('*141#')
    expect(await seen(type('1'.repeat(183)))).toMatchObject({
      status: 400,
      text: 'This is too long: one USSD message takes at most 182 characters.',
    })
    expect(await seen(type('1'))).toMatchObject({ state: 'waiting', text: 'Вопрос 2\n1 да' })
    expect(application.received).toHaveLength(2)
  })

  it('rejects an invalid number on every method', async () => {
    const { application, url, type } = await serve()
    for (const method of ['POST', 'GET', 'DELETE']) {
      for (const phone of ['+375171234567', '123', 'x%0Ay']) {
        const answer = await fetch(url + phone, { method, headers: json })
        expect(answer.status).toBe(400)
        expect(await answer.json()).toMatchObject({ error: { code: 'USSD_BAD_REQUEST' } })
      }
    }
    expect(await seen(type('*141#', {}, '+375171234567'))).toMatchObject({
      status: 400,
      type: text,
      text: 'Bad request: msisdn must be a mobile number of Belarus.',
    })
    expect((await fetch(`${url}%ff`)).status).toBe(400)
    expect(application.received).toEqual([])
  })

  it('dials this gateway with numbers of the project only, and another application with numbers of any country', async () => {
    const other = await startForeignApplication(shop)
    closing.push(() => other.close())
    const { application, url, type } = await serve({ targets: [new URL(other.url).origin] })
    const kenyan = '+254712345678'
    expect(await seen(type('*141#', {}, kenyan))).toMatchObject({
      status: 400,
      text: 'Bad request: msisdn must be a mobile number of Belarus.',
    })
    expect(application.received).toEqual([])
    const query = `?url=${encodeURIComponent(other.url)}`
    const begun = await fetch(`${url}${kenyan}${query}`, { method: 'POST', body: '*141#' })
    expect([begun.status, begun.headers.get('ussd-state')]).toEqual([200, 'waiting'])
    // The dialogue keeps its application.
    expect(await seen(type('1', {}, kenyan))).toMatchObject({ status: 200 })
    expect((await fetch(`${url}${kenyan}`)).status).toBe(200)
    expect((await fetch(`${url}${kenyan}`, { method: 'DELETE' })).status).toBe(204)
  })

  it('reads at most 2 kB', async () => {
    const { application, type } = await serve()
    expect(await seen(type('1'.repeat(2049)))).toMatchObject({
      status: 413,
      text: 'This is too long: one USSD message takes at most 182 characters.',
    })
    expect(await (await type('1'.repeat(100_000), json)).json()).toMatchObject({
      error: { code: 'USSD_TOO_LARGE' },
    })
    expect(application.received).toEqual([])
  })

  it('shows the failure text of the phone, and the reason in JSON', async () => {
    const { type, url } = await serve({
      answering: (_received, response) => void response.writeHead(500).end(),
    })
    const broken = {
      status: 200,
      state: 'ended',
      text: 'Connection problem or invalid MMI code.',
      octets: '35',
    }
    expect(await seen(type('*141#'))).toMatchObject(broken)
    expect(await (await fetch(`${url}80291234567`, { headers: json })).json()).toMatchObject({
      state: 'ended',
      text: broken.text,
      problem: 'The application answered with status 500.',
    })
  })

  it('routes a dialogue to an allowed application until its end', async () => {
    const other = await startForeignApplication(() => 'CON other')
    closing.push(() => other.close())
    const { application, type, url } = await serve({ targets: [new URL(other.url).origin] })
    const to = (query: Record<string, string>) => `+375291234567?${new URLSearchParams(query).toString()}`
    expect(await seen(type('*141#', {}, to({ url: other.url, profile: 'a1' })))).toMatchObject({
      status: 200,
      text: 'other',
    })
    expect(await seen(type('1'))).toMatchObject({ text: 'other' })
    expect(application.received).toEqual([])
    expect(other.received.map(({ fields, headers }) => [fields['text'], headers.authorization])).toEqual([
      ['', undefined],
      ['1', undefined],
    ])
    await fetch(`${url}+375291234567`, { method: 'DELETE' })
    expect(await seen(type('*141#'))).toMatchObject({ text: 'Вопрос 1\n1 да' })
  })

  it('dials a longer string than the registered service code', async () => {
    const { application, type } = await serve()
    const phone = '+375291234567?serviceCode=*384*123%23'
    const refused = await type('*384*1234#', {}, phone)
    expect([refused.status, await refused.text()]).toEqual([
      400,
      'The network does not route this code to the application: it does not start with *384*123#, the registered service code.\n',
    ])
    expect((await type('*384*123*7#', {}, phone)).status).toBe(200)
    expect(application.received.map(({ fields }) => [fields['serviceCode'], fields['text']])).toEqual([
      ['*384*123#', '7'],
    ])
  })

  it('dials this gateway in another dialect and carrier profile, with faults', async () => {
    const { application, type } = await serve()
    const answer = await type(
      '*141#',
      json,
      '+375291234567?dialect=loud&profile=safaricom&faults=begin=1&seed=7',
    )
    expect(await answer.json()).toMatchObject({ state: 'waiting', faults: ['begin'] })
    expect(application.received.map(({ url }) => url)).toEqual(Array(2).fill('/callbacks/ussd?as=loud'))
    expect(await seen(type('1'.repeat(81)))).toMatchObject({
      status: 400,
      text: 'This is too long: the network takes at most 80 characters.',
    })
  })

  it('rejects other targets and does not follow redirects', async () => {
    const other = await startForeignApplication(
      (_received, response) => void response.writeHead(307, { Location: '/elsewhere' }).end(),
    )
    closing.push(() => other.close())
    const { application, type } = await serve({ targets: [`${new URL(other.url).origin}/callbacks`] })
    const wanted = async (query: string) => seen(type('*141#', {}, `+375291234567?${query}`))
    for (const address of ['http://127.0.0.1:1/', `${new URL(other.url).origin}/other`, application.url]) {
      const { origin } = new URL(address)
      expect(await wanted(`url=${encodeURIComponent(address)}`)).toMatchObject({
        status: 403,
        text: `${origin} is not allowed. Start the gateway with SIMULATOR_TARGETS=${origin}.`,
      })
    }
    for (const query of [
      'url=x',
      'url=http://me:80291@127.0.0.1/',
      'dialect=x',
      'profile=x',
      'faults=x',
      'dialct=x',
      'url=a&url=b',
    ]) {
      const { status, text } = await wanted(query)
      expect([query, status]).toEqual([query, 400])
      expect(text).toMatch(/^[A-Z].*\.$/)
      expect(text).not.toContain('80291')
    }
    expect(application.received).toEqual([])
    expect(other.received).toEqual([])
    expect(await wanted(`url=${encodeURIComponent(other.url)}`)).toMatchObject({
      text: 'Connection problem or invalid MMI code.',
    })
    expect(other.received).toHaveLength(1)
  })

  it('rejects unauthorised callers and pages of other sites', async () => {
    const isAllowed = jest.fn(() => false)
    const { application, url, type } = await serve({ isAllowed })
    expect(await seen(type('*141#'))).toMatchObject({
      status: 403,
      text: 'The phones accept calls from this machine only. Send the admin token to call from another one.',
    })
    expect(await (await type('*141#', json)).json()).toMatchObject({ error: { code: 'USSD_REFUSED' } })
    isAllowed.mockReturnValue(true)
    const from = async (site: string) => (await dialWith(url, { 'sec-fetch-site': site })).status
    expect(await Promise.all(['cross-site', 'same-site', 'same-origin', 'none'].map(from))).toEqual([
      403, 403, 200, 200,
    ])
    const own = new URL(url).origin
    const origins = ['http://evil.example', 'null', own.replace(/\d+$/, '1'), own]
    const ofOrigin = async (origin: string) => (await dialWith(url, { origin })).status
    expect(await Promise.all(origins.map(ofOrigin))).toEqual([403, 403, 403, 200])
    expect(application.received).toHaveLength(3)
  })

  it('rejects a request through a proxy without the admin token', async () => {
    const isAdmin = jest.fn(() => false)
    const { application, url } = await serve({ isAdmin })
    for (const header of ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto']) {
      expect(await dialWith(url, { [header]: 'any' })).toEqual({
        status: 403,
        text: 'The request came through a proxy. Send the admin token; without it, only direct calls from this machine are served.',
      })
    }
    expect(application.received).toEqual([])
    isAdmin.mockReturnValue(true)
    expect((await dialWith(url, { via: '1.1 proxy', host: 'phones.example' })).status).toBe(200)
    expect((await dialWith(url, { via: '1.1 proxy', origin: 'http://evil.example' })).status).toBe(403)
  })

  it('answers arbitrary input with a screen or a message', async () => {
    const { type } = await serve()
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.stringMatching(/^[0-9*#]{0,12}$/)),
        fc.boolean(),
        async (typed, asJson) => {
          const answer = await type(Buffer.from(typed), asJson ? json : {})
          expect([200, 400]).toContain(answer.status)
          const said = await answer.text()
          if (asJson)
            expect(Object.keys(JSON.parse(said) as object)).toContain(answer.ok ? 'session' : 'error')
          else if (!answer.ok) expect(said).toMatch(/^[A-Z].*\.\n$/)
        },
      ),
      { numRuns: 100 },
    )
  })
})

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { connect } from 'node:net'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const dialectForm = /^(CON|END) [^]+$/
const plainText = 'text/plain; charset=utf-8'

describe("callbacks in the Africa's Talking dialect", () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway.close('immediate'))

  it('answers in the dialect as plain text', async () => {
    const answer = await gateway.call({ sessionId: 'first' })
    expect(answer).toEqual({
      status: 200,
      type: plainText,
      body: 'CON Личный кабинет. Введите новый пароль: 5-10 цифр\n0 Выход',
    })
  })

  it('names the kind of input of a waiting screen in Ussd-Input and in the deprecated Ussd-Asks', async () => {
    const headersOf = async (serviceCode: string, text: string) => {
      const body = new URLSearchParams({
        sessionId: `asks-${serviceCode}`,
        phoneNumber: '+375291234567',
        serviceCode,
        text,
      })
      const { headers } = await fetch(`${gateway.url}/ussd/africastalking`, { method: 'POST', body })
      return [headers.get('ussd-input'), headers.get('ussd-asks')]
    }
    expect(await headersOf('*141*0#', '')).toEqual(['secret', 'secret'])
    expect(await headersOf('*141*3*6#', '')).toEqual(['plain', 'open'])
    expect(await headersOf('*141*3*6#', '0')).toEqual([null, null])
  })

  it('accepts a number whose + was decoded as a space, and a code with or without percent-encoding', async () => {
    const body = 'phoneNumber=+375291234567&serviceCode=%2A141%2a3*6%23&text=&sessionId=raw&networkCode=1'
    const answer = await gateway.call(
      {},
      { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    )
    expect(answer.body).toBe('CON Доступ в личный кабинет открыт\n1 Закрыть\n0 Выход')
  })

  it('accepts a body with a wrong content type', async () => {
    const body = 'phoneNumber=%2B375291234567&serviceCode=*141*0%23&text=&sessionId=mislabelled'
    const answer = await gateway.call({}, { body, headers: { 'content-type': 'application/json' } })
    expect(answer).toMatchObject({ status: 200, body: expect.stringMatching(/^CON /) })
  })

  it.each([
    ['a missing session id', { sessionId: undefined }, 'sessionId is required'],
    ['an empty session id', { sessionId: '' }, 'sessionId is required'],
    [
      'a session id that is too long',
      { sessionId: 'x'.repeat(129) },
      'sessionId must be at most 128 characters',
    ],
    [
      'a session id with a line break',
      { sessionId: 'a\nb' },
      'sessionId must not contain control characters',
    ],
    ['a missing number', { phoneNumber: undefined }, 'phoneNumber is required'],
    ['a short number', { phoneNumber: '112' }, 'the number must be a mobile number of Belarus'],
    ['a number in words', { phoneNumber: 'my phone' }, 'phoneNumber must be a phone number'],
    ['a missing code', { serviceCode: undefined }, 'serviceCode is required'],
    ['a code without #', { serviceCode: '*141*0' }, 'serviceCode must be a USSD code'],
    ['a missing text', { text: undefined }, 'text is required'],
    ['a text with NUL', { text: '1\0' }, 'text must not contain control characters'],
    ['a text that is too long', { text: '1'.repeat(2001) }, 'text must be at most 2000 characters'],
  ])('rejects %s and names the field', async (_what, fields, problem) => {
    const answer = await gateway.call(fields)
    expect(answer).toMatchObject({ status: 400, type: plainText })
    expect(answer.body).toMatch(/^END Bad request: /)
    expect(answer.body).toContain(problem)
  })

  it('rejects a field given twice', async () => {
    const body = 'phoneNumber=%2B375291234567&serviceCode=*141*0%23&text=1&text=2&sessionId=twice'
    const answer = await gateway.call({}, { body })
    expect(answer).toMatchObject({ status: 400, body: 'END Bad request: text must be given once' })
  })

  it('rejects bytes that are not UTF-8', async () => {
    const body = 'phoneNumber=%2B375291234567&serviceCode=*141*0%23&text=&sessionId=%FF'
    const answer = await gateway.call({}, { body })
    expect(answer).toMatchObject({ status: 400, body: 'END Bad request: sessionId must be UTF-8' })
  })

  it('rejects a body over 8 kB and serves the next request', async () => {
    const answer = await gateway.call({}, { body: 'x'.repeat(9000) })
    expect(answer).toMatchObject({ status: 413, body: 'END Bad request: the body is too large' })
    const endless = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(4096)) })
    const streamed = await gateway
      .call({}, { body: endless, duplex: 'half' } as RequestInit)
      .catch(() => ({ status: 413 }))
    expect(streamed.status).toBe(413)
    expect((await gateway.call({ sessionId: 'after' })).status).toBe(200)
  })

  it('counts and logs a callback whose connection closes before the body is complete', async () => {
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      'POST /ussd/africastalking HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90\r\n\r\nsessionId=cut',
    )
    socket.end()
    const count = async () => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
      return /^ussd_callbacks_aborted_total\{dialect="africastalking"\} (\d+)$/m.exec(metrics)?.[1]
    }
    while ((await count()) === undefined);
    expect(await count()).toBe('1')
    expect(gateway.log()).toMatch(/"level":"warn","event":"callback.aborted",.*"dialect":"africastalking"/)
    expect(gateway.log()).not.toContain('sessionId=cut')
  })

  it('rejects other methods with 405 and other dialects with 404', async () => {
    const put = await fetch(`${gateway.url}/ussd/africastalking`, { method: 'PUT' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await put.text()).toMatch(/^END Bad request/)
    const other = await fetch(`${gateway.url}/ussd/telegraph`, { method: 'POST' })
    expect(other.status).toBe(404)
    expect(await other.json()).toMatchObject({
      error: { message: expect.stringContaining('africastalking') },
    })
  })

  it.each([
    ['/ussd/africastalking/elsewhere', 404, /^END Bad request/],
    ['/ussd/restcomm/elsewhere', 404, /^<\?xml/],
    ['/ussd/infobip/session/1/elsewhere', 200, /"responseExitCode":404/],
    ['/ussd/infobip/session/%zz/start', 200, /"responseExitCode":400/],
  ])('answers %s in its dialect', async (path, status, body) => {
    const response = await fetch(`${gateway.url}${path}`, { method: 'POST', body: '{}' })
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(body)])
  })

  it('rejects a page of another site when no token is configured', async () => {
    const answer = await gateway.call({}, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(answer).toMatchObject({ status: 403, body: expect.stringMatching(/^END Rejected/) })
  })

  it('rejects DNS rebinding', async () => {
    const { get } = await import('node:http')
    const status = await new Promise((resolve, reject) => {
      get(`${gateway.url}/handsets/+375291234567`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject)
    })
    expect(status).toBe(403)
  })

  it('answers arbitrary fields in the dialect, without a 5xx and without quoting them', async () => {
    const mark = 'canary73914'
    const value = fc.oneof(
      fc.constantFrom('', '1', '*', '#', '1*1', '*141*0#', '+375291234567', '%', '%00', '[]', '__proto__'),
      fc.string({ maxLength: 40, unit: 'binary' }),
      fc.string({ maxLength: 300, unit: 'grapheme' }).map((text) => text + mark),
    )
    const name = fc.constantFrom(
      'sessionId',
      'phoneNumber',
      'serviceCode',
      'text',
      'text[]',
      'networkCode',
      '__proto__',
      'constructor',
    )
    const valid = fc.record({
      sessionId: fc.constantFrom('fuzz-1', 'fuzz-2', 'fuzz-3'),
      phoneNumber: fc.constantFrom('+375291234567', '+375291234568', '80291234569', '+375291110000'),
      serviceCode: fc.constantFrom('*141*0#', '*141*3*6#', '*141*3*6*1#', '#141*0#', '*1#'),
      text: fc
        .array(fc.constantFrom('', '0', '1', '2', '80291', '12345678', 'ж', '*'), { maxLength: 5 })
        .map((all) => all.join('*')),
    })
    const unexpected = fc.array(fc.tuple(name, value), { maxLength: 7 })
    await fc.assert(
      fc.asyncProperty(valid, unexpected, async (fields, extra) => {
        const form = new URLSearchParams(fields)
        for (const [key, text] of extra) {
          if (extra.length % 2 === 0) form.set(key, text)
          else form.append(key, text)
        }
        const answer = await gateway.call({}, { body: form.toString() })
        expect(answer.status).toBeLessThan(500)
        expect(answer.body).toMatch(dialectForm)
        expect(answer.body).not.toContain(mark)
      }),
      { numRuns: 400 },
    )
    expect(gateway.log()).not.toContain(mark)
    expect(gateway.log()).not.toMatch(/"fault"/)
  }, 120_000)

  it('answers 400 to arbitrary bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (body) => {
        const answer = await gateway.call({}, { body: Buffer.from(body) })
        expect(answer).toMatchObject({ status: 400, body: expect.stringMatching(dialectForm) })
      }),
      { numRuns: 200 },
    )
  })
})

describe('CALLBACK_TOKEN', () => {
  const token = 'correct-horse-battery'
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway({ CALLBACK_TOKEN: token })
  })
  afterAll(() => gateway.close('immediate'))

  const basic = (password: string) => `Basic ${Buffer.from(`aggregator:${password}`).toString('base64')}`

  it.each([
    ['as a bearer token', { authorization: `Bearer ${token}` }, ''],
    ['as a Basic password', { authorization: basic(token) }, ''],
    ['in the query', {}, `?token=${token}`],
  ])('is accepted %s', async (_where, headers, query) => {
    const response = await fetch(`${gateway.url}/ussd/africastalking${query}`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        sessionId: 'with-token',
        phoneNumber: '+375291234567',
        serviceCode: '*141*0#',
        text: '',
      }),
    })
    expect(response.status).toBe(200)
  })

  it.each([
    ['a missing token', {}],
    ['a wrong token', { authorization: 'Bearer correct-horse-batterz' }],
    ['a token with a suffix', { authorization: `Bearer ${token}${token}` }],
    ['a wrong Basic password', { authorization: basic('x') }],
    ['Basic credentials without a colon', { authorization: 'Basic AAAA' }],
    ['another scheme', { authorization: `Digest ${token}` }],
  ])('responds in the dialect and runs no turn for %s', async (_what, headers: Record<string, string>) => {
    const before = gateway.log()
    const answer = await gateway.call({ sessionId: 'forged' }, { headers })
    expect(answer).toMatchObject({ status: 401, body: expect.stringMatching(/^END Unauthorised/) })
    expect(gateway.log()).toBe(before)
  })

  it('rejects a token given twice in the query', async () => {
    const answer = await fetch(`${gateway.url}/ussd/africastalking?token=${token}&token=${token}`, {
      method: 'POST',
    })
    expect(answer.status).toBe(401)
  })
})

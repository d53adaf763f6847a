import project from '../../menus/index.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { UssdError } from '../../src/engine/errors.ts'
import { subscriberRoutes } from '../../src/http/subscribers.ts'
import { subscriberOutput } from '../../src/services/subscriber-input.ts'
import type { Subscribers } from '../../src/services/subscribers.ts'
import { createBench } from '../support/self-care.ts'
import { failed, serve } from '../support/serve.ts'

const token = 'operator-token'
const bearer = { Authorization: `Bearer ${token}` }
const msisdn = '+375291234567'
const path = `/subscribers/${msisdn}`

let bench = createBench()
let served: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  const subscribers: Subscribers = {
    put: (...args) => bench.subscribers.put(...args),
    get: (...args) => bench.subscribers.get(...args),
    remove: (...args) => bench.subscribers.remove(...args),
  }
  served = await serve(subscriberRoutes({ project, subscribers, adminToken: token }))
})
afterAll(() => served.close())
beforeEach(() => {
  bench = createBench()
})

const put = (body?: unknown, headers = {}) => served.send('PUT', path, body, { ...bearer, ...headers })
const get = (number = msisdn) =>
  served.send('GET', `/subscribers/${encodeURIComponent(number)}`, undefined, bearer)

const defaults = {
  msisdn,
  language: 'ru',
  tariff: '',
  client: null,
  role: 'subscriber',
  registrationByPuk1: false,
  access: 'open',
  closedBecause: null,
  puk1AttemptsLeft: 10,
  hasPuk1: false,
  hasPassword: false,
}

describe('PUT /subscribers/:msisdn', () => {
  it('registers with 201 and updates with 200, keeping omitted fields', async () => {
    const first = await put({ language: 'be', tariff: 'Комфорт', client: 'acme', puk1: '12345678' })
    expect([first.status, first.body]).toEqual([
      201,
      { ...defaults, language: 'be', tariff: 'Комфорт', client: 'acme', hasPuk1: true },
    ])
    const second = await put({
      client: null,
      role: 'administrator',
      password: '80291',
      registrationByPuk1: true,
    })
    expect([second.status, second.body]).toEqual([
      200,
      {
        ...defaults,
        language: 'be',
        tariff: 'Комфорт',
        role: 'administrator',
        registrationByPuk1: true,
        hasPuk1: true,
        hasPassword: true,
      },
    ])
    expect((await get()).body).toEqual(second.body)
  })

  it('registers with defaults for an empty body', async () => {
    expect((await put({})).body).toEqual(defaults)
  })

  it('closes access with a reason, and clears the reason on opening', async () => {
    const closed = await put({ access: 'closed-by-operator', closedBecause: 'sim-lost' })
    expect(closed.body).toMatchObject({ access: 'closed-by-operator', closedBecause: 'sim-lost' })
    expect((await put({ access: 'open' })).body).toMatchObject({ access: 'open', closedBecause: null })
    expect((await put({ access: 'open', closedBecause: null })).status).toBe(200)
  })

  it('unlocks PUK1', async () => {
    expect((await put({ puk1AttemptsLeft: 10 })).body).toMatchObject({ puk1AttemptsLeft: 10 })
  })

  it.each([
    '+375291234567',
    '375291234567',
    '80291234567',
    '8 (029) 123-45-67',
    '00375291234567',
    'tel:+375-29-123-45-67',
  ])('accepts the number as %s', async (written) => {
    const { status, body } = await served.send(
      'PUT',
      `/subscribers/${encodeURIComponent(written)}`,
      {},
      bearer,
    )
    expect([status, body]).toEqual([201, defaults])
    expect((await get()).body).toEqual(defaults)
  })

  it.each<[unknown, string]>([
    [{ language: 'de' }, 'Bad request: language must be one of ru, be, en'],
    [{ language: null }, 'Bad request: language must be one of ru, be, en'],
    [{ tariff: 7 }, 'Bad request: tariff must be text'],
    [{ tariff: 'x'.repeat(65) }, 'Bad request: tariff must not be longer than 64 characters'],
    [{ tariff: 'a\nb' }, 'Bad request: tariff must not contain control characters'],
    [{ client: '' }, 'Bad request: client must not be empty'],
    [{ role: 'root' }, 'Bad request: role must be one of subscriber, administrator'],
    [{ registrationByPuk1: 'yes' }, 'Bad request: registrationByPuk1 must be true or false'],
    [
      { access: 'ajar' },
      'Bad request: access must be one of open, closed-by-subscriber, closed-by-organisation, closed-by-operator',
    ],
    [
      { access: 'closed-by-operator', closedBecause: 'x' },
      'Bad request: closedBecause must be one of sim-lost, restricted',
    ],
    [{ closedBecause: 'sim-lost' }, 'Bad request: closedBecause requires access closed-by-operator'],
    [
      { access: 'open', closedBecause: 'sim-lost' },
      'Bad request: closedBecause requires access closed-by-operator',
    ],
    [{ puk1: '1234567' }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ puk1: 12345678 }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ puk1: '١٢٣٤٥٦٧٨' }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ puk1: null }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ password: '8029' }, 'Bad request: password must be a string of 5 to 10 digits'],
    [{ password: '80291 ' }, 'Bad request: password must be a string of 5 to 10 digits'],
    [{ password: '80291\n' }, 'Bad request: password must be a string of 5 to 10 digits'],
    [{ puk1AttemptsLeft: 9 }, 'Bad request: puk1AttemptsLeft must be 10, which restores all attempts'],
    [{ passwordGeneration: 1 }, 'Bad request: unknown field passwordGeneration'],
    [{ tarif: 'x', '</>': 1 }, 'Bad request: unknown fields tarif, (unprintable)'],
    [{ msisdn }, 'Bad request: unknown field msisdn'],
    ['{"__proto__": {"access": "open"}}', 'Bad request: unknown field __proto__'],
    [[], 'Bad request: the body must be a JSON object'],
    ['7', 'Bad request: the body must be uncompressed JSON in UTF-8'],
    ['{"language":', 'Bad request: the body must be uncompressed JSON in UTF-8'],
  ])('rejects %j with a message and stores nothing', async (body, message) => {
    const rejected = await put(body)
    expect([rejected.status, rejected.body]).toEqual([400, failed('USSD_BAD_REQUEST', message)])
    expect(bench.written).toEqual([])
  })

  it('rejects a missing content type, a form and a compressed body', async () => {
    const untyped = 'Bad request: send JSON with Content-Type: application/json'
    expect((await put()).body).toEqual(failed('USSD_BAD_REQUEST', untyped))
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await put('{}', form)).body).toEqual(failed('USSD_BAD_REQUEST', untyped))
    const packed = await put(gzipSync('{}'), { 'Content-Encoding': 'gzip' })
    expect(packed.body).toEqual(
      failed('USSD_BAD_REQUEST', 'Bad request: the body must be uncompressed JSON in UTF-8'),
    )
    expect(bench.written).toEqual([])
  })

  it('rejects a body over 4 kB', async () => {
    const { status, body } = await put({ tariff: 'x'.repeat(4096) })
    expect([status, body]).toEqual([413, failed('USSD_TOO_LARGE', expect.any(String))])
  })

  it('never quotes the value of a secret', async () => {
    const marked = fc.string({ minLength: 4 }).map((text) => `canary${text}`)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('puk1', 'password', 'pin'), marked, async (field, value) => {
        const { status, text } = await put({ [field]: value })
        expect(status).toBe(400)
        expect(text).not.toContain('canary')
      }),
      { numRuns: 30 },
    )
    const stored = await put({ puk1: '90817263', password: '4711947' })
    expect(stored.text).not.toMatch(/90817263|4711947/)
    expect(subscriberOutput(project.record).strict().parse(stored.body)).toEqual(stored.body)
  })
})

describe('GET and DELETE /subscribers/:msisdn', () => {
  it('find a registered number in any form, and answer 404 for any other', async () => {
    await put({ puk1: '12345678' })
    expect(await get('80291234567')).toMatchObject({ status: 200, body: { ...defaults, hasPuk1: true } })
    const stranger = await get('+375297654321')
    expect([stranger.status, stranger.body]).toEqual([
      404,
      failed('USSD_NOT_FOUND', 'This number is not registered.'),
    ])
  })

  it('delete a number, and answer 404 the second time', async () => {
    await put({})
    const gone = await served.send('DELETE', path, undefined, bearer)
    expect([gone.status, gone.text]).toEqual([204, ''])
    const again = await served.send('DELETE', path, undefined, bearer)
    expect([again.status, again.body]).toEqual([
      404,
      failed('USSD_NOT_FOUND', 'This number is not registered.'),
    ])
    expect((await get()).status).toBe(404)
  })
})

describe('every request to /subscribers', () => {
  it.each([
    '112',
    '+7 495 123-45-67',
    '+375171234567',
    'abc',
    '+37529123456',
    ' ',
    '375291234567;ext=1',
    '\0',
  ])('is rejected for %j, which is not a mobile number of Belarus', async (written) => {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const body = method === 'PUT' ? {} : undefined
      const address = `/subscribers/${encodeURIComponent(written)}`
      const rejected = await served.send(method, address, body, bearer)
      expect(rejected.status).toBe(400)
      expect(rejected.body).toEqual(
        failed('USSD_BAD_REQUEST', expect.stringMatching(/^Bad request: msisdn /)),
      )
    }
  })

  it('is rejected when its address cannot be decoded', async () => {
    expect((await served.send('GET', '/subscribers/%zz', undefined, bearer)).status).toBe(400)
  })

  it('requires the token as Bearer or as the Basic password', async () => {
    const basic = (pair: string) => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
    for (const headers of [bearer, { Authorization: `bearer ${token}` }, basic(`anybody:${token}`)]) {
      expect((await served.send('GET', path, undefined, headers)).status).toBe(404)
    }
    for (const headers of [
      {},
      { Authorization: token },
      { Authorization: 'Bearer ' },
      { Authorization: `Bearer ${token}x` },
      { Authorization: `Digest ${token}` },
      basic(token),
      basic(`${token}:`),
    ]) {
      for (const method of ['PUT', 'GET', 'DELETE', 'POST']) {
        const body = method === 'GET' ? undefined : { puk1: 'x' }
        const rejected = await served.send(
          method,
          `${path}?token=${token}`,
          body,
          headers as Record<string, string>,
        )
        expect([rejected.status, rejected.body]).toEqual([
          401,
          failed('USSD_UNAUTHORISED', expect.any(String)),
        ])
        expect(rejected.headers.get('WWW-Authenticate')).toBe('Bearer')
      }
    }
    expect(bench.written).toEqual([])
  })

  it('gets a response that is not cacheable', async () => {
    const answers = [await put({}), await put({ language: 'x' }), await get(), await served.send('GET', path)]
    expect(answers.map(({ status }) => status)).toEqual([201, 400, 200, 401])
    for (const { headers } of answers) expect(headers.get('Cache-Control')).toBe('no-store')
  })

  it('is rejected when no token is configured, with the setting to use', async () => {
    const open = await serve(
      subscriberRoutes({ project, subscribers: bench.subscribers, adminToken: undefined }),
    )
    try {
      for (const headers of [{}, bearer, { Authorization: 'Bearer undefined' }]) {
        const rejected = await open.send('PUT', path, {}, headers)
        expect(rejected.status).toBe(401)
        expect(rejected.body).toEqual(failed('USSD_UNAUTHORISED', expect.stringContaining('Set ADMIN_TOKEN')))
      }
      expect(bench.written).toEqual([])
    } finally {
      await open.close()
    }
  })

  it.each(['USSD_BUSY', 'USSD_STORE_UNAVAILABLE', 'USSD_TURN_TIMED_OUT'] as const)(
    'gets 503 with Retry-After on %s',
    async (code) => {
      const fail = async () => {
        throw new UssdError(code)
      }
      const failing = { put: fail, get: fail, remove: fail }
      const broken = await serve(subscriberRoutes({ project, subscribers: failing, adminToken: token }))
      try {
        for (const method of ['PUT', 'GET', 'DELETE']) {
          const answer = await broken.send(method, path, method === 'PUT' ? {} : undefined, bearer)
          expect([answer.status, answer.body]).toEqual([503, failed(code, expect.any(String))])
          expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
        }
        // Metrics count USSD_BUSY. Logging it would let a flood of requests flood the log.
        const reported = code === 'USSD_BUSY' ? [] : [code, code, code]
        expect(broken.faults.map((fault) => fault.code)).toEqual(reported)
      } finally {
        await broken.close()
      }
    },
  )

  it('is checked without affecting other routes, which accept any body', async () => {
    const other = express.Router().post('/other', (request, response) => {
      request.resume().on('end', () => response.send('theirs'))
    })
    const both = await serve(
      subscriberRoutes({ project, subscribers: bench.subscribers, adminToken: token }),
      other,
    )
    try {
      const answer = await both.send('POST', '/other', '{not json')
      expect([answer.status, answer.text]).toEqual([200, 'theirs'])
      expect(answer.headers.get('Cache-Control')).toBeNull()
    } finally {
      await both.close()
    }
  })
})

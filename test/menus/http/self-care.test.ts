import project from '../../../menus/index.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { UssdError } from '../../../src/engine/errors.ts'
import { selfCareRoutes } from '../../../menus/http/self-care.ts'
import type { Routes } from '../../../menus/record.ts'
import { projectRoutes } from '../../../src/http/project-routes.ts'
import type { SelfCare } from '../../../menus/services/self-care.ts'
import { createBench } from '../../support/self-care.ts'
import { failed, serve } from '../../support/serve.ts'

const { numbering } = project

const camera = '+375291234560'
const phone = '+375291234567'
const puk1 = '56789012'
const password = '80291'
const MINUTE_MS = 60_000

const routesOf = (selfCare: SelfCare, weakPasswords: Routes['weakPasswords'] = 'warn') =>
  projectRoutes({
    routes: selfCareRoutes({ numbering, weakPasswords }, selfCare),
    numbering,
    adminToken: undefined,
  })

let bench = createBench()
let served: Awaited<ReturnType<typeof serve>>
let strict: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  const selfCare: SelfCare = {
    setPassword: (...args) => bench.selfCare.setPassword(...args),
    logIn: (...args) => bench.selfCare.logIn(...args),
    use: (...args) => bench.selfCare.use(...args),
  }
  served = await serve(routesOf(selfCare))
  strict = await serve(routesOf(selfCare, 'reject'))
})
afterAll(() => Promise.all([served.close(), strict.close()]))
beforeEach(async () => {
  bench = createBench()
  await bench.register(camera, { tariff: 'Видеонаблюдение', puk1 })
  bench.written.length = 0
})

const post = (path: string, body?: unknown, headers = {}) =>
  served.send('POST', `/self-care${path}`, body, headers)
const set = (fields: object = {}) => post('/password', { msisdn: camera, puk1, password, ...fields })
const logIn = (fields: object = {}) => post('/sessions', { msisdn: camera, password, ...fields })
const session = (headers = {}) => served.send('GET', '/self-care/session', undefined, headers)

const rejections = {
  password: failed('USSD_REFUSED', 'The password was not set.'),
  sessions: failed('USSD_UNAUTHORISED', 'The number or the password is wrong.'),
}

describe('POST /self-care/password', () => {
  it('sets the password and answers 204', async () => {
    const answer = await set({ msisdn: '8 (029) 123-45-60' })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect((await logIn()).status).toBe(201)
  })

  it('answers every rejection alike', async () => {
    await bench.register(phone, { tariff: 'Комфорт', puk1 })
    const answers = [
      await set({ puk1: '56789013' }),
      await set({ msisdn: phone }),
      await set({ msisdn: '+375297654321' }),
      await bench.register(camera, { access: 'closed-by-organisation' }).then(() => set()),
    ]
    for (let i = 0; i < 9; i++) await set({ puk1: '00000000' })
    answers.push(await set())
    for (const answer of answers) {
      expect([answer.status, answer.body]).toEqual([403, rejections.password])
      expect([...answer.headers.keys()]).toEqual([...(answers[0]?.headers.keys() ?? [])])
    }
  })

  it.each<[unknown, string]>([
    [{ puk1, password }, 'Bad request: msisdn is required'],
    [{ msisdn: '112', puk1, password }, 'Bad request: msisdn must be a mobile number of Belarus'],
    [{ msisdn: [camera], puk1, password }, 'Bad request: msisdn must be given once'],
    [{ msisdn: camera, password }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ msisdn: camera, puk1: '5678901', password }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ msisdn: camera, puk1: 56789012, password }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ msisdn: camera, puk1: ' 5678901', password }, 'Bad request: puk1 must be a string of 8 digits'],
    [{ msisdn: camera, puk1 }, 'Bad request: password must be a string of 5 to 10 digits'],
    [{ msisdn: camera, puk1, password: '8029' }, 'Bad request: password must be a string of 5 to 10 digits'],
    [
      { msisdn: camera, puk1, password: '80291802911' },
      'Bad request: password must be a string of 5 to 10 digits',
    ],
    [{ msisdn: camera, puk1, password: '٨٠٢٩١' }, 'Bad request: password must be a string of 5 to 10 digits'],
    [{ msisdn: camera, puk1, password, client: 'x' }, 'Bad request: unknown field client'],
    [[], 'Bad request: the body must be a JSON object'],
    ['{', 'Bad request: the body must be uncompressed JSON in UTF-8'],
    [undefined, 'Bad request: send JSON with Content-Type: application/json'],
  ])('rejects %j with 400 and compares no PUK1', async (body, message) => {
    const answer = await post('/password', body)
    expect([answer.status, answer.body]).toEqual([400, failed('USSD_BAD_REQUEST', message)])
    expect(bench.asked).toEqual({ stored: 0, nothing: 0 })
    expect(bench.written).toEqual([])
  })

  it.each([
    ['55555', 'repeated digits'],
    ['12345', 'digits in sequence'],
    ['147258', 'a pattern on the keypad'],
    ['310190', 'a date'],
    ['5291234', 'a part of the phone number'],
    ['12321', 'a common password'],
  ])('rejects the weak password %s for any number and any PUK1', async (weak, why) => {
    for (const [msisdn, guess] of [
      [camera, puk1],
      [camera, '00000000'],
      ['+375291234561', '00000000'],
    ]) {
      const answer = await strict.send('POST', '/self-care/password', { msisdn, puk1: guess, password: weak })
      const message = `Bad request: password is weak: ${why}`
      expect([answer.status, answer.body]).toEqual([400, failed('USSD_BAD_REQUEST', message)])
    }
    expect(bench.asked).toEqual({ stored: 0, nothing: 0 })
    expect((await set({ password: weak })).status).toBe(204)
  })

  it('accepts a strong password when weak ones are rejected', async () => {
    const answer = await strict.send('POST', '/self-care/password', { msisdn: camera, puk1, password })
    expect(answer.status).toBe(204)
  })

  it('never quotes its input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.string(), async (a, b, c) => {
        const answer = await set({ msisdn: `canary${a}`, puk1: `canary${b}`, password: `canary${c}` })
        expect(answer.status).toBe(400)
        expect(answer.text).not.toContain('canary')
      }),
      { numRuns: 30 },
    )
  })
})

describe('POST /self-care/sessions', () => {
  beforeEach(() => bench.register(camera, { password }))

  it('begins a session of 15 minutes', async () => {
    const answer = await logIn({ msisdn: '80291234560' })
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({ token: expect.stringMatching(/^[\w-]{43}$/), expiresIn: 900 })
  })

  it('answers every rejection alike', async () => {
    await bench.register(phone)
    const answers = [
      await logIn({ password: '80292' }),
      await logIn({ password: 'пароль' }),
      await logIn({ password: '' }),
      await logIn({ msisdn: phone }),
      await logIn({ msisdn: '+375297654321' }),
      await bench.register(camera, { access: 'closed-by-subscriber' }).then(() => logIn()),
    ]
    for (const answer of answers) {
      expect([answer.status, answer.body]).toEqual([401, rejections.sessions])
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
      expect([...answer.headers.keys()]).toEqual([...(answers[0]?.headers.keys() ?? [])])
    }
  })

  it('is rate limited after five wrong passwords, with Retry-After rounded up to seconds', async () => {
    for (const msisdn of [camera, '+375297654321']) {
      for (let i = 0; i < 5; i++) expect((await logIn({ msisdn, password: '00000' })).status).toBe(401)
      bench.elapse(1)
      const answer = await logIn({ msisdn })
      expect([answer.status, answer.body]).toEqual([429, failed('USSD_THROTTLED', expect.any(String))])
      expect(answer.headers.get('Retry-After')).toBe('900')
    }
    bench.elapse(15 * MINUTE_MS - 3)
    expect((await logIn()).headers.get('Retry-After')).toBe('1')
    bench.elapse(1)
    expect((await logIn()).status).toBe(201)
  })

  it.each<[unknown, string]>([
    [{ password }, 'Bad request: msisdn is required'],
    [{ msisdn: '+375171234567', password }, 'Bad request: msisdn must be a mobile number of Belarus'],
    [{ msisdn: camera }, 'Bad request: password must be a string'],
    [{ msisdn: camera, password: 80291 }, 'Bad request: password must be a string'],
    [{ msisdn: camera, password, puk1 }, 'Bad request: unknown field puk1'],
    ['"x"', 'Bad request: the body must be uncompressed JSON in UTF-8'],
  ])('rejects %j with 400 and counts no attempt', async (body, message) => {
    bench.written.length = 0
    const answer = await post('/sessions', body)
    expect([answer.status, answer.body]).toEqual([400, failed('USSD_BAD_REQUEST', message)])
    expect(bench.written).toEqual([])
  })

  it('rejects other content types, so that a page of another site cannot log in', async () => {
    const form = { 'Content-Type': 'text/plain' }
    expect((await post('/sessions', JSON.stringify({ msisdn: camera, password }), form)).status).toBe(400)
  })
})

describe('GET /self-care/session', () => {
  let bearer: { Authorization: string }
  beforeEach(async () => {
    await bench.register(camera, { password })
    const { body } = await logIn()
    bearer = { Authorization: `Bearer ${(body as { token: string }).token}` }
  })

  it('returns the number of the session and restarts its 15 minutes', async () => {
    for (let i = 0; i < 3; i++) {
      const answer = await session(bearer)
      expect([answer.status, answer.body]).toEqual([200, { msisdn: camera, expiresIn: 900 }])
      bench.elapse(15 * MINUTE_MS - 1)
    }
    bench.elapse(2)
    const ended = await session(bearer)
    expect([ended.status, ended.body]).toEqual([401, failed('USSD_UNAUTHORISED', expect.any(String))])
    expect(ended.headers.get('WWW-Authenticate')).toBe('Bearer')
  })

  it('answers 401 after the password was changed (L10)', async () => {
    expect((await set({ password: '4711947' })).status).toBe(204)
    expect((await session(bearer)).status).toBe(401)
  })

  it.each([
    {},
    { Authorization: 'Bearer' },
    { Authorization: 'Bearer x' },
    { Authorization: `Bearer ${'A'.repeat(43)}` },
    { Authorization: `Bearer ${'A'.repeat(4000)}` },
  ])('rejects a missing, malformed or unknown token (%#)', async (headers) => {
    expect((await session(headers)).status).toBe(401)
  })

  it('rejects a token in the query, which logs would record', async () => {
    const token = bearer.Authorization.slice('Bearer '.length)
    expect((await served.send('GET', `/self-care/session?token=${token}`)).status).toBe(401)
  })
})

describe('every response of self-care', () => {
  it('is not cacheable', async () => {
    await bench.register(camera, { password })
    const answers = [
      await set({ puk1: 'x' }),
      await set({ puk1: '00000000' }),
      await set(),
      await logIn(),
      await logIn({ password: '1' }),
      await session(),
      await post('/sessions', 'x'.repeat(5000)),
    ]
    expect(answers.map(({ status }) => status)).toEqual([400, 403, 204, 201, 401, 401, 413])
    for (const { headers } of answers) expect(headers.get('Cache-Control')).toBe('no-store')
  })

  it('is 503 with Retry-After when the hashing lane is full', async () => {
    const busy = async () => {
      throw new UssdError('USSD_BUSY')
    }
    const selfCare = { setPassword: busy, logIn: busy, use: busy }
    const full = await serve(routesOf(selfCare))
    try {
      const answers = [
        await full.send('POST', '/self-care/password', { msisdn: camera, puk1, password }),
        await full.send('POST', '/self-care/sessions', { msisdn: camera, password }),
        await full.send('GET', '/self-care/session', undefined, { Authorization: 'Bearer x' }),
      ]
      for (const answer of answers) {
        expect([answer.status, answer.body]).toEqual([503, failed('USSD_BUSY', expect.any(String))])
        expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
        expect(answer.headers.get('Cache-Control')).toBe('no-store')
      }
    } finally {
      await full.close()
    }
  })

  it('reveals nothing about an unexpected error', async () => {
    const fail = async () => {
      throw new Error(`canary ${password}`)
    }
    const broken = await serve(routesOf({ setPassword: fail, logIn: fail, use: fail }))
    try {
      const answer = await broken.send('POST', '/self-care/sessions', { msisdn: camera, password })
      expect([answer.status, answer.body]).toEqual([500, failed('USSD_UNEXPECTED', expect.any(String))])
      expect(answer.text).not.toContain('canary')
      expect(broken.faults.map(({ code }) => code)).toEqual(['USSD_UNEXPECTED'])
    } finally {
      await broken.close()
    }
  })
})

import project from '../../../menus/index.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { UssdError } from '../../../src/engine/errors.ts'
import { accessRoute } from '../../../menus/http/administration.ts'
import { selfCareRoutes } from '../../../menus/http/self-care.ts'
import { openApiDocument } from '../../../src/http/openapi/openapi.ts'
import { projectRoutes } from '../../../src/http/project-routes.ts'
import { createOffice } from '../../support/administration.ts'
import { failed, serve } from '../../support/serve.ts'
import { stores } from '../../support/redis/stores.ts'
import type { StoreUnderTest } from '../../support/redis/stores.ts'

const { numbering } = project

const password = '80291'
const stranger = '+375297654321'
const MINUTE_MS = 60_000

let numbers = 0
/** Returns an unused number. */
const fresh = () => `+37529${String(3_000_000 + numbers++)}`

const bearer = (of: string) => ({ Authorization: `Bearer ${of}` })

type Sent = Awaited<ReturnType<Awaited<ReturnType<typeof serve>>['send']>>
/** Returns a response without its date. */
const withoutDate = ({ status, headers, text }: Sent) => [
  status,
  [...headers].filter(([name]) => name !== 'date'),
  text,
]

describe.each(Object.entries(stores))('PUT …/access over the %s store', (name, create) => {
  let storeUnderTest: StoreUnderTest
  let office: ReturnType<typeof createOffice>
  let served: Awaited<ReturnType<typeof serve>>
  let chief: string
  let member: string
  let token: string
  beforeAll(async () => {
    storeUnderTest = await create()
    office = createOffice(storeUnderTest.store)
    const { selfCare, administration } = office
    const routes = [
      ...selfCareRoutes({ numbering, weakPasswords: 'warn' }, selfCare),
      accessRoute(selfCare, administration),
    ]
    served = await serve(projectRoutes({ routes, numbering, adminToken: undefined }))
  })
  afterAll(() => Promise.all([served.close(), storeUnderTest.close()]))
  beforeEach(async () => {
    chief = fresh()
    member = fresh()
    await office.register(chief, { client: 'acme', role: 'administrator', password })
    await office.register(member, { client: 'acme', puk1: '12345678', password })
    token = await office.tokenOf(chief, password)
  })

  const put = (body: unknown, { msisdn = member, headers = bearer(token) as Record<string, string> } = {}) =>
    served.send('PUT', `/self-care/subscribers/${encodeURIComponent(msisdn)}/access`, body, headers)
  const close = (options: Parameters<typeof put>[1] = {}) => put({ access: 'closed' }, options)
  const open = (options: Parameters<typeof put>[1] = {}) => put({ access: 'open' }, options)
  const session = (of: string) => served.send('GET', '/self-care/session', undefined, bearer(of))
  const logIn = (msisdn: string) => served.send('POST', '/self-care/sessions', { msisdn, password })

  it('closes and opens access, answers 204 and journals the administrator', async () => {
    for (const move of [close, close, open, open]) {
      const answer = await move()
      expect([answer.status, answer.text, answer.headers.get('Cache-Control')]).toEqual([204, '', 'no-store'])
    }
    const [closed, opened] = ['access-closed by administrator', 'access-opened by administrator']
    expect(await office.journalOf(member)).toEqual([closed, opened])
  })

  it('accepts the token of a login and a number in any form', async () => {
    const { body } = await logIn(chief)
    const headers = bearer((body as { token: string }).token)
    const msisdn = member.replace('+375', '80')
    expect((await close({ headers, msisdn })).status).toBe(204)
    expect(await office.recordOf(member)).toMatchObject({ access: 'closed-by-organisation' })
  })

  it('ends the sessions of the subscriber whose access it closes', async () => {
    const theirs = await office.tokenOf(member, password)
    expect((await session(theirs)).status).toBe(200)
    await close()
    expect([(await session(theirs)).status, (await logIn(member)).status]).toEqual([401, 401])
    expect((await session(token)).status).toBe(200)
    await open()
    expect((await logIn(member)).status).toBe(201)
  })

  it('lets administrators close their own access, which ends their session', async () => {
    expect((await close({ msisdn: chief })).status).toBe(204)
    expect((await open({ msisdn: chief })).status).toBe(401)
    expect((await close()).status).toBe(401)
    expect(await office.recordOf(chief)).toMatchObject({ access: 'closed-by-organisation' })
    expect(await office.recordOf(member)).toMatchObject({ access: 'open' })
  })

  describe('rejects with one response and changes nothing', () => {
    type Fields = Parameters<typeof office.register>[1]
    it.each<[string, Fields, Fields, (() => string)?]>([
      ['not an administrator', { role: 'subscriber' }, {}],
      ['not an administrator, own number', { role: 'subscriber' }, {}, () => chief],
      ['an unknown number', {}, {}, () => stranger],
      ['another client', {}, { client: 'globex' }],
      ['another client, closed', {}, { client: 'globex', access: 'closed-by-organisation' }],
      ['a subscriber without a client', {}, { client: null }],
      ['an administrator without a client', { client: null }, {}],
      ['no client on either side', { client: null }, { client: null }],
      ['closed by the operator', {}, { access: 'closed-by-operator' }],
      ['closed after the loss of the SIM', {}, { access: 'closed-by-operator', closedBecause: 'sim-lost' }],
    ])('%s', async (_reason, by, of, number = () => member) => {
      // The reference: an administrator asks for an unknown number.
      const expected = withoutDate(await close({ msisdn: stranger }))
      await office.register(chief, by)
      await office.register(member, of)
      const msisdn = number()
      const before = await office.recordOf(msisdn)
      for (const move of [close, open]) {
        const answer = await move({ msisdn })
        expect([answer.status, answer.body]).toEqual([
          403,
          failed('USSD_REFUSED', 'The access was not changed.'),
        ])
        expect(withoutDate(answer)).toEqual(expected)
      }
      expect(await office.recordOf(msisdn)).toEqual(before)
      expect(await office.journalOf(msisdn)).toEqual([])
    })
  })

  describe('without a live session', () => {
    it.each<[string, Record<string, string>]>([
      ['no token', {}],
      ['an empty token', { Authorization: 'Bearer' }],
      ['an unknown token', bearer('A'.repeat(43))],
      ['a token of 4000 characters', bearer('A'.repeat(4000))],
    ])('answers 401 before any other check: %s', async (_token, headers) => {
      const answers = [
        await close({ headers }),
        await put({ access: 'ajar' }, { headers }),
        await close({ headers, msisdn: '112' }),
        await put('x'.repeat(5000), { headers }),
      ]
      for (const answer of answers) {
        expect([answer.status, answer.body]).toEqual([401, failed('USSD_UNAUTHORISED', expect.any(String))])
        expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
        expect(answer.headers.get('Cache-Control')).toBe('no-store')
      }
      expect(await office.recordOf(member)).toMatchObject({ access: 'open' })
    })

    it('answers 401 after the access of the administrator was closed', async () => {
      for (const access of [
        'closed-by-subscriber',
        'closed-by-organisation',
        'closed-by-operator',
      ] as const) {
        await office.register(chief, { access })
        expect((await close()).status).toBe(401)
        await office.register(chief, { access: 'open' })
        token = await office.tokenOf(chief, password)
      }
      expect(await office.recordOf(member)).toMatchObject({ access: 'open' })
    })

    it('rejects a token in the query', async () => {
      const address = `/self-care/subscribers/${member}/access?token=${token}`
      expect((await served.send('PUT', address, { access: 'closed' })).status).toBe(401)
    })
  })

  it.each<[unknown, string]>([
    [{}, 'Bad request: access must be one of open, closed'],
    [{ access: 'closed-by-operator' }, 'Bad request: access must be one of open, closed'],
    [{ access: true }, 'Bad request: access must be one of open, closed'],
    [{ access: ['open'] }, 'Bad request: access must be one of open, closed'],
    [{ access: 'open', client: 'globex' }, 'Bad request: unknown field client'],
    [[], 'Bad request: the body must be a JSON object'],
    ['{', 'Bad request: the body must be uncompressed JSON in UTF-8'],
    [undefined, 'Bad request: send JSON with Content-Type: application/json'],
  ])('rejects %j with a message', async (body, message) => {
    const answer = await put(body)
    expect([answer.status, answer.body]).toEqual([400, failed('USSD_BAD_REQUEST', message)])
    expect(await office.recordOf(member)).toMatchObject({ access: 'open' })
  })

  it.each(['112', '+375171234567', '*', 'me', ' '])('rejects the number "%s"', async (msisdn) => {
    const answer = await close({ msisdn })
    const message = 'Bad request: msisdn must be a mobile number of Belarus'
    expect([answer.status, answer.body]).toEqual([400, failed('USSD_BAD_REQUEST', message)])
  })

  it('never quotes its input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (a, b) => {
        const answer = await put({ access: `canary${a}` }, { msisdn: `canary${b}` })
        expect(answer.status).toBe(400)
        expect(answer.text).not.toContain('canary')
      }),
      { numRuns: 20 },
    )
  })

  it('answers only with documented statuses', async () => {
    const path = '/self-care/subscribers/{msisdn}/access'
    const described = Object.keys(
      openApiDocument({}, project, project.routes(office.kit)).paths?.[path]?.put?.responses ?? {},
    )
    const answers = [
      await close(),
      await put({}),
      await close({ headers: {} }),
      await close({ msisdn: stranger }),
      await put({ access: 'x'.repeat(5000) }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([204, 400, 401, 403, 413])
    expect(described).toEqual(expect.arrayContaining(answers.map(({ status }) => String(status))))
  })

  // Only the embedded store's clock can be moved on.
  if (name === 'embedded') {
    it('extends the session by 15 minutes, even when it rejects the change', async () => {
      for (const msisdn of [member, stranger, member]) {
        await storeUnderTest.elapse(14 * MINUTE_MS)
        expect((await close({ msisdn })).status).toBe(msisdn === stranger ? 403 : 204)
      }
      await storeUnderTest.elapse(15 * MINUTE_MS)
      expect((await close()).status).toBe(401)
    })
  }
})

describe('a failed change of access', () => {
  it.each([
    ['USSD_CONFLICT', 409],
    ['USSD_STORE_UNAVAILABLE', 503],
  ] as const)('%s is answered with its status', async (code, status) => {
    const selfCare = { use: async () => ({ msisdn: stranger, expiresInMs: 900_000 }) }
    const setAccess = () => Promise.reject(new UssdError(code))
    const failing = await serve(
      projectRoutes({
        routes: [accessRoute(selfCare, { setAccess })],
        numbering,
        adminToken: undefined,
      }),
    )
    try {
      const address = `/self-care/subscribers/${stranger}/access`
      const answer = await failing.send('PUT', address, { access: 'open' }, bearer('x'))
      expect([answer.status, answer.body]).toEqual([status, failed(code, expect.any(String))])
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
    } finally {
      await failing.close()
    }
  })
})

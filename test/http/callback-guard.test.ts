import { describe, expect, it } from '@jest/globals'
import type { Request } from 'express'
import { createCallbackGuard } from '../../src/http/callback-guard.ts'

const from = (remoteAddress: string | undefined, headers: Record<string, string> = {}) =>
  ({
    socket: { remoteAddress, localAddress: '10.0.0.1' },
    headers,
    query: {},
    method: 'POST',
    originalUrl: '/ussd/nalo',
  }) as unknown as Request

describe('CALLBACK_ALLOW', () => {
  const guard = createCallbackGuard({
    token: undefined,
    allow: ['192.0.2.7', '198.51.100.0/24', '2001:db8:1::/48', '2001:db8::5'],
  })
  const admits = (address: string | undefined, headers = {}) =>
    guard.admit(from(address, headers)).kind === 'admitted'

  it.each([
    '192.0.2.7',
    '::ffff:192.0.2.7',
    '::FFFF:198.51.100.1',
    '198.51.100.255',
    '2001:db8:1:ffff::1',
    '2001:db8::5',
  ])('allows %s', (address) => expect(admits(address)).toBe(true))

  it.each([
    '192.0.2.8',
    '::ffff:192.0.2.8',
    '198.51.101.1',
    '2001:db8:2::1',
    '2001:db8::6',
    '127.0.0.1',
    '::1',
    '',
  ])('rejects %s', (address) => expect(admits(address)).toBe(false))

  it('rejects a closed socket without an address', () => expect(admits(undefined)).toBe(false))

  it('checks the address of the socket and ignores headers', () => {
    const claims = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip', 'x-client-ip', 'via']
    for (const name of claims) expect(admits('203.0.113.1', { [name]: '192.0.2.7' })).toBe(false)
    expect(admits('203.0.113.1', Object.fromEntries(claims.map((name) => [name, '192.0.2.7'])))).toBe(false)
  })
})

describe('callbacks without a token on loopback', () => {
  const direct = { host: '127.0.0.1:8141' }
  const here = (headers: Record<string, string>) => {
    const request = from('127.0.0.1', { ...direct, ...headers })
    return Object.assign(request, { socket: Object.assign(request.socket, { localAddress: '127.0.0.1' }) })
  }
  const open = createCallbackGuard({ token: undefined })
  const guarded = createCallbackGuard({ token: 'sesame' })

  it.each([
    {},
    { origin: 'http://127.0.0.1:8141' },
    { origin: 'HTTP://LOCALHOST:8141', host: 'localhost:8141' },
  ])('are accepted with %j', (headers) =>
    expect(open.admit(here(headers as Record<string, string>)).kind).toBe('admitted'),
  )

  it.each(['http://evil.example', 'http://127.0.0.1:3000', 'https://localhost:8141', 'null', ''])(
    'are rejected with the foreign origin %j, even without Sec-Fetch-Site',
    (origin) =>
      expect(open.admit(here({ origin }))).toEqual({
        kind: 'rejected',
        status: 403,
        message: 'Rejected: pages of other sites may not send callbacks',
      }),
  )

  it.each(['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything'])(
    'are rejected with advice when the header %s reveals a proxy',
    (name) => {
      const rejected = open.admit(here({ [name]: '203.0.113.9' }))
      expect(rejected).toMatchObject({ kind: 'rejected', status: 403 })
      expect(rejected).toHaveProperty('message', expect.stringContaining('proxy. Set CALLBACK_TOKEN'))
    },
  )

  it('are accepted through a proxy and from any origin with a token', () => {
    const headers = { authorization: 'Bearer sesame', via: '1.1 proxy', origin: 'https://a.example' }
    expect(guarded.admit(here(headers)).kind).toBe('admitted')
  })
})

describe('the rejection of a callback', () => {
  it('has the same message for a wrong token and a missing signature', () => {
    const guard = createCallbackGuard({ token: 'sesame', signatureKeys: [Buffer.alloc(24)] })
    const rejections = [{}, { authorization: 'Bearer wrong' }, { authorization: 'Bearer sesame' }].map(
      (headers) => guard.admit(from('192.0.2.1', headers)),
    )
    for (const rejection of rejections) expect(rejection).toEqual(guard.unauthorised)
    expect(guard.unauthorised.status).toBe(401)
  })
})

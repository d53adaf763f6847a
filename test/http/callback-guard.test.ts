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

describe('the addresses that callbacks are taken from', () => {
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
  ])('take in %s', (address) => expect(admits(address)).toBe(true))

  it.each([
    '192.0.2.8',
    '::ffff:192.0.2.8',
    '198.51.101.1',
    '2001:db8:2::1',
    '2001:db8::6',
    '127.0.0.1',
    '::1',
    '',
  ])('leave out %s', (address) => expect(admits(address)).toBe(false))

  it('leave out a socket that has none any more', () => expect(admits(undefined)).toBe(false))

  it('are the socket’s, whatever a header says', () => {
    const claims = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip', 'x-client-ip', 'via']
    for (const name of claims) expect(admits('203.0.113.1', { [name]: '192.0.2.7' })).toBe(false)
    expect(admits('203.0.113.1', Object.fromEntries(claims.map((name) => [name, '192.0.2.7'])))).toBe(false)
  })
})

describe('what a callback is told that is not taken', () => {
  it('is one sentence, whether token or signature was wrong', () => {
    const guard = createCallbackGuard({ token: 'sesame', signatureKeys: [Buffer.alloc(24)] })
    const told = [{}, { authorization: 'Bearer wrong' }, { authorization: 'Bearer sesame' }].map((headers) =>
      guard.admit(from('192.0.2.1', headers)),
    )
    for (const one of told) expect(one).toEqual(guard.unauthorised)
    expect(guard.unauthorised.status).toBe(401)
  })
})

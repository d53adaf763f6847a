import { describe, expect, it } from '@jest/globals'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { parseSignature, verifySignature, sign } from '../../src/dialects/signature.ts'
import { SIGNATURE_TOLERANCE_MS } from '../../src/gateway/ports.ts'
import type { SignedCall } from '../../src/dialects/signature.ts'

const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
const nowMs = 1_614_265_330_000
const call: SignedCall = { method: 'POST', path: '', target: '/ussd/nalo', body: '{"test": 2432232314}' }
const headers = sign(key, call, { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', atMs: nowMs })

const holds = (
  given: Readonly<Record<string, string | undefined>>,
  sent: SignedCall = call,
  keys: readonly Uint8Array[] = [key],
  atMs = nowMs,
) => {
  const claim = parseSignature(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    atMs,
  )
  return claim !== undefined && verifySignature(keys, claim, sent)
}

describe('the signature of a callback', () => {
  it('matches the example of the Standard Webhooks libraries', () => {
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('is valid for the signed bytes', () => {
    expect(holds(headers)).toBe(true)
    expect(holds(headers, { ...call, body: Buffer.from('{"test": 2432232314}') })).toBe(true)
  })

  it('is valid under any of several keys and beside other signatures', () => {
    const other = Buffer.alloc(24, 9)
    expect(holds(headers, call, [other, key])).toBe(true)
    const signature = `v1a,AAAA v1,${'A'.repeat(43)}= ${headers['webhook-signature']}`
    expect(holds({ ...headers, 'webhook-signature': signature })).toBe(true)
    expect(holds(headers, call, [other])).toBe(false)
  })

  it.each<[string, Record<string, string | undefined>]>([
    ['no id', { 'webhook-id': undefined }],
    ['another id', { 'webhook-id': 'msg_other' }],
    ['an id with a dot', { 'webhook-id': 'msg.1' }],
    ['an empty id', { 'webhook-id': '' }],
    ['an id without end', { 'webhook-id': 'x'.repeat(129) }],
    ['no time', { 'webhook-timestamp': undefined }],
    ['another time', { 'webhook-timestamp': '1614265331' }],
    ['a time in words', { 'webhook-timestamp': 'now' }],
    ['a time with a fraction', { 'webhook-timestamp': '1614265330.0' }],
    ['no signature', { 'webhook-signature': undefined }],
    ['an empty signature', { 'webhook-signature': '' }],
    ['another version', { 'webhook-signature': headers['webhook-signature']?.replace('v1', 'v2') ?? '' }],
    ['a shorter one', { 'webhook-signature': 'v1,g0hM9SsE' }],
    ['another one', { 'webhook-signature': `v1,${'A'.repeat(43)}=` }],
  ])('is invalid with %s', (_what, changed) => {
    expect(holds({ ...headers, ...changed })).toBe(false)
  })

  it('is valid for five minutes before and after its timestamp', () => {
    for (const sign of [1, -1]) {
      expect(holds(headers, call, [key], nowMs + sign * SIGNATURE_TOLERANCE_MS)).toBe(true)
      expect(holds(headers, call, [key], nowMs + sign * (SIGNATURE_TOLERANCE_MS + 1))).toBe(false)
    }
  })

  it('covers path and query of a GET and below the URL of the dialect', () => {
    const asked = { method: 'GET', path: '', target: '/ussd/get?INPUT=*141%230', body: '' }
    const start = { method: 'PUT', path: '/session/7/end', target: '/ussd/infobip/session/7/end', body: '{}' }
    for (const one of [asked, start]) {
      const signed = sign(key, one, { id: 'a', atMs: nowMs })
      expect(holds(signed, one)).toBe(true)
      expect(holds(signed, { ...one, target: `${one.target}1` })).toBe(false)
      expect(holds(signed, { ...one, method: 'POST', path: '' })).toBe(false)
    }
    const signed = sign(key, start, { id: 'a', atMs: nowMs })
    expect(holds(signed, { ...start, body: '{ }' })).toBe(false)
  })

  it('covers path and query, a line feed and the body wherever there is a query', () => {
    const addressed = { ...call, target: '/ussd/nalo?code=*141%23' }
    const signed = sign(key, addressed, { id: 'a', atMs: nowMs })
    const { target } = addressed
    const body = String(addressed.body)
    const mac = createHmac('sha256', key)
      .update(`a.${nowMs / 1000}.${target}\n${body}`)
      .digest('base64')
    expect(signed['webhook-signature']).toBe(`v1,${mac}`)
    expect(holds(signed, addressed)).toBe(true)
    for (const target of ['/ussd/nalo?code=*142%23', '/ussd/nalo', '/ussd/nalo?']) {
      expect(holds(signed, { ...addressed, target })).toBe(false)
    }
    expect(holds(headers, { ...call, target: '/ussd/nalo?code=*141%23' })).toBe(false)
    // A proxy may rewrite the path of a callback without a query.
    expect(holds(headers, { ...call, target: '/gateway/ussd/nalo' })).toBe(true)
  })

  it('is invalid for any changed call', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), (at, byte) => {
        const body = Buffer.from(call.body)
        const where = at % body.length
        fc.pre(body[where] !== byte)
        body[where] = byte
        expect(holds(headers, { ...call, body })).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
})

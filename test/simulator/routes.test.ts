import { describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import type { Dialect, Malformed } from '../../src/dialects/dialect.ts'
import { createRouteResolver } from '../../src/simulator/routes.ts'
import { profiles } from '../../src/simulator/profiles.ts'
import { createTargetCheck, parseTarget } from '../../src/simulator/targets.ts'
import type { Refused } from '../../src/simulator/dial-pad.ts'

describe('a target', () => {
  const isAllowed = createTargetCheck([
    'http://127.0.0.1:3000/ussd',
    'https://shop.example',
    'http://[::1]:80/a/',
  ])

  it.each([
    'http://127.0.0.1:3000/ussd',
    'http://127.0.0.1:3000/ussd/',
    'http://127.0.0.1:3000/ussd/shop?channel=7',
    'http://127.0.0.1:3000/other/../ussd',
    'https://shop.example',
    'https://SHOP.example:443/anything',
    'http://[::1]/a',
  ])('%s is allowed', (address) => {
    const target = parseTarget(address)
    expect(target && isAllowed(target)).toBe(true)
  })

  it.each([
    'http://127.0.0.1:3000/',
    'http://127.0.0.1:3000/ussd-admin',
    'http://127.0.0.1:3000/ussd/../admin',
    'http://127.0.0.1:3000/ussd/%2e%2e/admin',
    'http://127.0.0.1:3000/ussd\\..\\admin',
    'http://127.0.0.1:3001/ussd',
    'http://127.0.0.1/ussd',
    'http://localhost:3000/ussd',
    'https://127.0.0.1:3000/ussd',
    'http://shop.example/',
    'https://shop.example.evil.example/',
    'https://evil.example/https://shop.example',
    'https://evil.example/#https://shop.example',
  ])('%s is not allowed', (address) => {
    const target = parseTarget(address)
    expect(target !== undefined && isAllowed(target)).toBe(false)
  })

  it.each([
    '',
    '/ussd',
    'shop.example',
    'file:///etc/passwd',
    'ftp://shop.example',
    'https://me@shop.example/',
    'https://me:80291@shop.example/',
    'https://shop.example@evil.example/',
    'http://127.0.0.1:3000/ussd/..%2fadmin',
    'http://127.0.0.1:3000/ussd/..%5Cadmin',
  ])('%p is invalid', (address) => {
    expect(parseTarget(address)).toBeUndefined()
  })

  it('is never allowed without an allow-list', () => {
    expect(createTargetCheck([])(new URL('http://127.0.0.1:3000/'))).toBe(false)
  })
})

describe('a route', () => {
  const loud: Dialect = { ...africastalking, name: 'loud' }
  const resolve = createRouteResolver({
    dialects: { africastalking, loud },
    defaultDialect: africastalking,
    own: (dialect) => ({ dialect, callbackUrl: `http://own/${dialect.name}`, token: 'sesame' }),
    isAllowed: createTargetCheck(['http://shop.example/ussd']),
  })
  const url = 'http://shop.example/ussd'

  it('is undefined for an empty query', () => {
    expect(resolve({})).toEqual({ kind: 'route', route: undefined })
    expect(resolve({ url: undefined })).toEqual({ kind: 'route', route: undefined })
  })

  it('leads to this gateway in any dialect and profile, with its token', () => {
    expect(resolve({ dialect: 'loud', profile: 'a1' })).toEqual({
      kind: 'route',
      route: { dialect: loud, callbackUrl: 'http://own/loud', token: 'sesame', profile: profiles.a1 },
    })
    expect(resolve({ serviceCode: '*384*123' })).toMatchObject({
      route: { callbackUrl: 'http://own/africastalking', serviceCode: '*384*123#' },
    })
    expect(resolve({ faults: 'drop=0.5', seed: '3' })).toMatchObject({
      route: { callbackUrl: 'http://own/africastalking', faults: { seed: 3, drop: { rate: 0.5 } } },
    })
  })

  it('leads to an allowed application, without the token of the gateway', () => {
    const chosen = resolve({ url, events: `${url}/events` })
    expect(chosen).toEqual({
      kind: 'route',
      route: {
        dialect: africastalking,
        callbackUrl: url,
        eventsUrl: `${url}/events`,
        profile: profiles.default,
        faults: undefined,
      },
    })
  })

  it.each([{ url: 'http://evil.example/' }, { url, events: 'http://evil.example/' }])(
    'rejects the target in %p',
    (query) => {
      expect(resolve(query)).toEqual({
        kind: 'refused',
        message:
          'http://evil.example is not allowed. Start the gateway with SIMULATOR_TARGETS=http://evil.example.',
      } satisfies Refused)
    },
  )

  it.each([
    [{ dialect: 'quiet' }, 'Unknown dialect. Choose one of: africastalking, loud.'],
    [{ dialect: 'toString' }, 'Unknown dialect. Choose one of: africastalking, loud.'],
    [{ serviceCode: 'shop' }, 'The service code is a code such as *384*123#. In a URL, write # as %23.'],
    [{ serviceCode: '*384*#' }, 'The service code is a code such as *384*123#. In a URL, write # as %23.'],
    [{ profile: 'x' }, 'Unknown profile. Choose one of: default, safaricom, airtel, mtn, a1.'],
    [{ faults: 'x' }, 'A fault needs a rate from 0 to 1, such as drop=0.1.'],
    [{ seed: 'x' }, 'The seed is a whole number of at most nine digits.'],
    [{ events: url }, 'events needs a url.'],
    [{ url: 'x' }, 'A target is a URL such as http://127.0.0.1:3000/ussd, without a password.'],
  ])('of %p is rejected with a message', (query, problem) => {
    expect(resolve(query)).toEqual({ kind: 'malformed', message: problem } satisfies Malformed)
  })
})

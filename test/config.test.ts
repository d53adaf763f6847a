import { describe, expect, it } from '@jest/globals'
import { loadConfig } from '../src/config.ts'
import { UssdError } from '../src/engine/errors.ts'

const key = Buffer.alloc(32, 1).toString('base64')

const problemsOf = (env: Record<string, string>): string => {
  try {
    loadConfig(env)
    return ''
  } catch (error) {
    if (!(error instanceof UssdError)) throw error
    expect(error.code).toBe('USSD_MISCONFIGURED')
    return error.message
  }
}

describe('loadConfig', () => {
  it('defaults to the embedded store on loopback, with simulator and demo subscribers', () => {
    expect(loadConfig({})).toMatchObject({
      port: 8141,
      host: '127.0.0.1',
      store: { kind: 'embedded' },
      simulator: true,
      demo: true,
      sessionIdleMs: 900_000,
      weakPasswords: 'warn',
    })
  })

  it('treats an empty variable as unset', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: '', CALLBACK_TOKEN: '', SIMULATOR: '' })).toEqual(loadConfig({}))
  })

  it('turns simulator and demo off with Redis unless they are set', () => {
    const redis = { REDIS_URL: 'redis://127.0.0.1:6379', SECRETS_KEY: key }
    expect(loadConfig(redis)).toMatchObject({ store: { kind: 'redis' }, simulator: false, demo: false })
    expect(loadConfig({ ...redis, SIMULATOR: 'on', DEMO: 'on' })).toMatchObject({
      simulator: true,
      demo: true,
    })
  })

  it('parses the nodes of a cluster', () => {
    expect(loadConfig({ REDIS_CLUSTER: '10.0.0.1:7000, [::1]:7001', SECRETS_KEY: key }).store).toEqual({
      kind: 'cluster',
      nodes: ['10.0.0.1:7000', '[::1]:7001'],
      replicas: 0,
    })
  })

  it('parses the number of replicas, 0 to 5', () => {
    const redis = { REDIS_URL: 'redis://127.0.0.1:6379', SECRETS_KEY: key }
    expect(loadConfig({ ...redis, REDIS_REPLICAS: '5' }).store).toMatchObject({ replicas: 5 })
    for (const wrong of ['6', '-1', 'one']) {
      expect(() => loadConfig({ ...redis, REDIS_REPLICAS: wrong })).toThrow(
        'REDIS_REPLICAS must be a whole number from 0 to 5',
      )
    }
  })

  it('accepts targets without passwords, queries or encoded dots', () => {
    expect(loadConfig({}).simulatorTargets).toEqual([])
    expect(
      loadConfig({ SIMULATOR_TARGETS: 'http://127.0.0.1:3000, https://shop.example/ussd' }).simulatorTargets,
    ).toEqual(['http://127.0.0.1:3000', 'https://shop.example/ussd'])
    for (const wrong of [
      'shop.example',
      'file:///etc',
      'http://me:secret@shop.example',
      'http://a/?b',
      'http://a/#b',
      'http://a/b/%252e%252e',
      'http://a/b/..;/c',
    ])
      expect(problemsOf({ SIMULATOR_TARGETS: wrong })).toContain('SIMULATOR_TARGETS must be http://host/path')
  })

  it('accepts signature keys with and without the prefix whsec_', () => {
    const [one, two] = [1, 2].map((byte) => Buffer.alloc(24, byte).toString('base64'))
    expect(loadConfig({}).callbackSignatureKeys).toEqual([])
    const { callbackSignatureKeys } = loadConfig({ CALLBACK_SIGNATURE_KEYS: `${one}, whsec_${two}` })
    expect(callbackSignatureKeys.map((bytes) => [bytes.length, bytes[0]])).toEqual([
      [24, 1],
      [24, 2],
    ])
    for (const wrong of [Buffer.alloc(23).toString('base64'), 'no base64', ',', ' ', `${one},x`])
      expect(problemsOf({ CALLBACK_SIGNATURE_KEYS: wrong })).toContain(
        'CALLBACK_SIGNATURE_KEYS must be 24 bytes',
      )
  })

  it('listens beyond loopback with signature keys instead of a token', () => {
    const keys = Buffer.alloc(24).toString('base64')
    expect(loadConfig({ HOST: '0.0.0.0', CALLBACK_SIGNATURE_KEYS: keys }).host).toBe('0.0.0.0')
    // An address does not authenticate its sender.
    expect(problemsOf({ HOST: '0.0.0.0', CALLBACK_ALLOW: '10.0.0.0/8' })).toContain(
      'CALLBACK_TOKEN or CALLBACK_SIGNATURE_KEYS is required',
    )
  })

  it('accepts addresses and ranges of IPv4 and IPv6', () => {
    const allowed = '192.0.2.7, 10.0.0.0/8,::1,2001:db8::/32, 0.0.0.0/0'
    expect(loadConfig({ CALLBACK_ALLOW: allowed }).callbackAllow).toHaveLength(5)
    for (const wrong of [
      '10.0.0.0/33',
      '::/129',
      'example.org',
      '10.0.0',
      '10.0.0.0/8/8',
      '10.0.0.0/08',
      'fe80::1%eth0',
      ',',
    ])
      expect(problemsOf({ CALLBACK_ALLOW: wrong })).toContain('CALLBACK_ALLOW must be addresses and ranges')
  })

  it('parses retired keys in order', () => {
    const retired = Buffer.alloc(32, 2).toString('base64')
    const config = loadConfig({ SECRETS_KEY: key, SECRETS_KEYS_RETIRED: `${retired},${key}` })
    expect(config.retiredSecretsKeys.map((bytes) => bytes[0])).toEqual([2, 1])
  })

  it.each([
    ['a port out of range', { PORT: '70000' }, 'PORT must be a whole number from 0 to 65535'],
    ['a port that is not a number', { PORT: 'http' }, 'PORT must be a whole number'],
    [
      'another URL scheme',
      { REDIS_URL: 'http://localhost', SECRETS_KEY: key },
      'REDIS_URL must begin with redis://',
    ],
    ['Redis without a key', { REDIS_URL: 'redis://localhost' }, 'SECRETS_KEY is required with Redis'],
    ['a key that is too short', { SECRETS_KEY: 'c2hvcnQ=' }, 'SECRETS_KEY must be 32 bytes in base64'],
    ['a key that is not base64', { SECRETS_KEY: '!' }, 'SECRETS_KEY must be 32 bytes in base64'],
    [
      'both kinds of Redis',
      { REDIS_URL: 'redis://a', REDIS_CLUSTER: 'b:1', SECRETS_KEY: key },
      'exclude each other',
    ],
    [
      'a cluster without ports',
      { REDIS_CLUSTER: 'localhost', SECRETS_KEY: key },
      'REDIS_CLUSTER must be host:port',
    ],
    [
      'a host beyond loopback without a token',
      { HOST: '0.0.0.0' },
      'CALLBACK_TOKEN or CALLBACK_SIGNATURE_KEYS is required, because HOST is not loopback',
    ],
    ['a token with a space', { CALLBACK_TOKEN: 'my token' }, 'CALLBACK_TOKEN must be printable ASCII'],
    [
      'an invalid percent-encoding',
      { REDIS_URL: 'redis://:p%ZZ@a:1', SECRETS_KEY: key },
      'REDIS_URL must have the form',
    ],
    [
      'a Redis port out of range',
      { REDIS_URL: 'redis://a:99999', SECRETS_KEY: key },
      'REDIS_URL must have the form',
    ],
    ['a switch that is not on or off', { DEMO: 'yes' }, 'DEMO must be on or off'],
    [
      'a country that is none',
      { NUMBERING: 'KE,XX' },
      'NUMBERING must be any, or ISO codes of countries: KE,UG',
    ],
    ['no country', { NUMBERING: ',' }, 'NUMBERING must be any, or ISO codes of countries: KE,UG'],
    ['other subscribers', { SUBSCRIBERS: 'all' }, 'SUBSCRIBERS must be registered or anyone'],
    ['an unknown policy', { WEAK_PASSWORDS: 'ask' }, 'WEAK_PASSWORDS must be warn, reject or allow'],
    [
      'a timeout of zero',
      { SESSION_IDLE_SECONDS: '0' },
      'SESSION_IDLE_SECONDS must be a whole number from 1 to 86400',
    ],
  ])('rejects %s', (_what, env, problem) => {
    expect(problemsOf(env)).toContain(problem)
  })

  it.each([
    ['REDIS_URI', 'REDIS_URL'],
    ['SESION_IDLE_SECONDS', 'SESSION_IDLE_SECONDS'],
    ['CALBACK_TOKEN', 'CALLBACK_TOKEN'],
    ['ADMIN_TOKENS', 'ADMIN_TOKEN'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['SECRET_KEY', 'SECRETS_KEY'],
    ['PROT', 'PORT'],
  ])('rejects the typo %s and suggests the setting', (name, meant) => {
    expect(problemsOf({ [name]: 'canary' })).toContain(`\n  ${name} is not a setting. Did you mean ${meant}?`)
    expect(problemsOf({ [name]: 'canary' })).not.toContain('canary')
    expect(problemsOf({ [name]: '' })).toBe('')
  })

  it.each([
    'POST',
    'HOSTS',
    'PORTS',
    'HOSTNAME',
    'HOME',
    'DEMOS',
    'MEMO',
    'REDIS_HOST',
    'REDIS_URL_2',
    'LOGLEVEL_2',
  ])('ignores the variable %s of another program', (name) => {
    expect(problemsOf({ [name]: 'x' })).toBe('')
  })

  it('ignores a similar name when the setting itself is set', () => {
    const redis = { REDIS_URL: 'redis://localhost', SECRETS_KEY: key }
    expect(problemsOf({ ...redis, REDIS_URI: 'redis://localhost', SECRET_KEY: 'x' })).toBe('')
  })

  it('rejects a token under 16 characters beyond loopback', () => {
    const [short, long] = ['t'.repeat(15), 't'.repeat(16)]
    const [open, guarded] = [{ HOST: '0.0.0.0' }, { HOST: '0.0.0.0', CALLBACK_TOKEN: long }]
    expect(problemsOf({ ...open, CALLBACK_TOKEN: short })).toContain(
      'CALLBACK_TOKEN needs 16 characters or more, because HOST is not loopback',
    )
    expect(problemsOf({ ...guarded, ADMIN_TOKEN: short })).toContain(
      'ADMIN_TOKEN needs 16 characters or more',
    )
    expect(problemsOf({ ...guarded, ADMIN_TOKEN: long })).toBe('')
    expect(problemsOf({ CALLBACK_TOKEN: short, ADMIN_TOKEN: 'x' })).toBe('')
  })

  it('reports all problems at once and quotes no value', () => {
    const problems = problemsOf({
      PORT: 'canary-1',
      SECRETS_KEY: 'canary-2',
      HOST: '0.0.0.0',
      DEMO: 'canary-3',
    })
    for (const name of ['PORT', 'SECRETS_KEY', 'CALLBACK_TOKEN', 'DEMO'])
      expect(problems).toContain(`\n  ${name} `)
    expect(problems).not.toContain('canary')
  })

  describe.each([
    ['MOST_TURNS', 'MAX_TURNS_IN_FLIGHT', '7', 'maxTurnsInFlight', 7],
    ['GET_DIALECT', 'GET_VARIANT', 'kemru', 'getVariant', 'kemru'],
  ] as const)('the deprecated setting %s', (former, current, value, field, parsed) => {
    it(`works as ${current} and returns a deprecation`, () => {
      const config = loadConfig({ [former]: value })
      expect(config[field]).toBe(parsed)
      expect(config.deprecations).toEqual([`${former} is deprecated. Use ${current}.`])
      expect(loadConfig({ [current]: value })).toMatchObject({ [field]: parsed, deprecations: [] })
    })

    it(`is rejected beside ${current}`, () => {
      expect(problemsOf({ [former]: value, [current]: value })).toContain(
        `\n  ${former} and ${current} are the same setting. Remove ${former}.`,
      )
    })

    it('is named in the error for its value', () => {
      expect(problemsOf({ [former]: '!' })).toContain(`\n  ${former} must be `)
    })
  })
})

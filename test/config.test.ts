import { describe, expect, it } from '@jest/globals'
import { loadConfig, settings } from '../src/config.ts'
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

describe('the configuration', () => {
  it('needs nothing: the embedded store, loopback, the simulator and the demo subscribers', () => {
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

  it('takes an empty variable for an unset one', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: '', CALLBACK_TOKEN: '', SIMULATOR: '' })).toEqual(loadConfig({}))
  })

  it('turns simulator and demo off where there is a real Redis, unless they are asked for', () => {
    const redis = { REDIS_URL: 'redis://127.0.0.1:6379', SECRETS_KEY: key }
    expect(loadConfig(redis)).toMatchObject({ store: { kind: 'redis' }, simulator: false, demo: false })
    expect(loadConfig({ ...redis, SIMULATOR: 'on', DEMO: 'on' })).toMatchObject({
      simulator: true,
      demo: true,
    })
  })

  it('takes the nodes of a cluster', () => {
    expect(loadConfig({ REDIS_CLUSTER: '10.0.0.1:7000, [::1]:7001', SECRETS_KEY: key }).store).toEqual({
      kind: 'cluster',
      nodes: ['10.0.0.1:7000', '[::1]:7001'],
      replicas: 0,
    })
  })

  it('takes how many replicas must have a change', () => {
    const redis = { REDIS_URL: 'redis://127.0.0.1:6379', SECRETS_KEY: key }
    expect(loadConfig({ ...redis, REDIS_REPLICAS: '5' }).store).toMatchObject({ replicas: 5 })
    for (const wrong of ['6', '-1', 'one']) {
      expect(() => loadConfig({ ...redis, REDIS_REPLICAS: wrong })).toThrow(
        'REDIS_REPLICAS is a whole number from 0 to 5',
      )
    }
  })

  it('takes the targets of simulated phones', () => {
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
      expect(problemsOf({ SIMULATOR_TARGETS: wrong })).toContain('SIMULATOR_TARGETS is http://host/path')
  })

  it('takes the keys of callback signatures, with and without the prefix people know them by', () => {
    const [one, two] = [1, 2].map((byte) => Buffer.alloc(24, byte).toString('base64'))
    expect(loadConfig({}).callbackSignatureKeys).toEqual([])
    const { callbackSignatureKeys } = loadConfig({ CALLBACK_SIGNATURE_KEYS: `${one}, whsec_${two}` })
    expect(callbackSignatureKeys.map((bytes) => [bytes.length, bytes[0]])).toEqual([
      [24, 1],
      [24, 2],
    ])
    for (const wrong of [Buffer.alloc(23).toString('base64'), 'no base64', ',', ' ', `${one},x`])
      expect(problemsOf({ CALLBACK_SIGNATURE_KEYS: wrong })).toContain('CALLBACK_SIGNATURE_KEYS is 24 bytes')
  })

  it('takes a signature for what a token is: with it, others than this machine may call', () => {
    const keys = Buffer.alloc(24).toString('base64')
    expect(loadConfig({ HOST: '0.0.0.0', CALLBACK_SIGNATURE_KEYS: keys }).host).toBe('0.0.0.0')
    // An address is no proof of who somebody is.
    expect(problemsOf({ HOST: '0.0.0.0', CALLBACK_ALLOW: '10.0.0.0/8' })).toContain(
      'CALLBACK_TOKEN is required',
    )
  })

  it('takes addresses and ranges of both kinds', () => {
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
      expect(problemsOf({ CALLBACK_ALLOW: wrong })).toContain('CALLBACK_ALLOW is addresses and ranges')
  })

  it('keeps the keys that were used before', () => {
    const retired = Buffer.alloc(32, 2).toString('base64')
    const config = loadConfig({ SECRETS_KEY: key, SECRETS_KEYS_RETIRED: `${retired},${key}` })
    expect(config.retiredSecretsKeys.map((bytes) => bytes[0])).toEqual([2, 1])
  })

  it.each([
    ['a port that is none', { PORT: '70000' }, 'PORT is a whole number from 0 to 65535'],
    ['a port in words', { PORT: 'http' }, 'PORT is a whole number'],
    [
      'another protocol',
      { REDIS_URL: 'http://localhost', SECRETS_KEY: key },
      'REDIS_URL begins with redis://',
    ],
    ['Redis without a key', { REDIS_URL: 'redis://localhost' }, 'SECRETS_KEY is required with Redis'],
    ['a key that is too short', { SECRETS_KEY: 'c2hvcnQ=' }, 'SECRETS_KEY is 32 bytes in base64'],
    ['a key that is no base64', { SECRETS_KEY: '!' }, 'SECRETS_KEY is 32 bytes in base64'],
    [
      'both kinds of Redis',
      { REDIS_URL: 'redis://a', REDIS_CLUSTER: 'b:1', SECRETS_KEY: key },
      'exclude each other',
    ],
    [
      'a cluster without ports',
      { REDIS_CLUSTER: 'localhost', SECRETS_KEY: key },
      'REDIS_CLUSTER is host:port',
    ],
    ['the open world without a token', { HOST: '0.0.0.0' }, 'CALLBACK_TOKEN is required'],
    [
      'a token nobody could send',
      { CALLBACK_TOKEN: 'my token' },
      'CALLBACK_TOKEN is made of printable ASCII',
    ],
    [
      'an address that is none',
      { REDIS_URL: 'redis://:p%ZZ@a:1', SECRETS_KEY: key },
      'REDIS_URL is not of the form',
    ],
    ['a port beyond all', { REDIS_URL: 'redis://a:99999', SECRETS_KEY: key }, 'REDIS_URL is not of the form'],
    ['a switch that is neither', { DEMO: 'yes' }, 'DEMO is on or off'],
    ['an unknown policy', { WEAK_PASSWORDS: 'ask' }, 'WEAK_PASSWORDS is warn, reject or allow'],
    [
      'no time at all',
      { SESSION_IDLE_SECONDS: '0' },
      'SESSION_IDLE_SECONDS is a whole number from 1 to 86400',
    ],
  ])('refuses %s with a sentence', (_what, env, problem) => {
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
  ])('refuses a misspelt setting, and names what may be meant: %s', (name, meant) => {
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
  ])('leaves other programs their variables: %s', (name) => {
    expect(problemsOf({ [name]: 'x' })).toBe('')
  })

  it("takes a name beside the setting it resembles for another program's", () => {
    const redis = { REDIS_URL: 'redis://localhost', SECRETS_KEY: key }
    expect(problemsOf({ ...redis, REDIS_URI: 'redis://localhost', SECRET_KEY: 'x' })).toBe('')
  })

  it('refuses a short token where strangers may guess it', () => {
    const [short, long] = ['t'.repeat(15), 't'.repeat(16)]
    const [open, guarded] = [{ HOST: '0.0.0.0' }, { HOST: '0.0.0.0', CALLBACK_TOKEN: long }]
    expect(problemsOf({ ...open, CALLBACK_TOKEN: short })).toContain(
      'CALLBACK_TOKEN has fewer than 16 characters, and HOST is not loopback',
    )
    expect(problemsOf({ ...guarded, ADMIN_TOKEN: short })).toContain(
      'ADMIN_TOKEN has fewer than 16 characters',
    )
    expect(problemsOf({ ...guarded, ADMIN_TOKEN: long })).toBe('')
    expect(problemsOf({ CALLBACK_TOKEN: short, ADMIN_TOKEN: 'x' })).toBe('')
  })

  it('says all that is wrong at once, and repeats no value', () => {
    const problems = problemsOf({
      PORT: 'canary-1',
      SECRETS_KEY: 'canary-2',
      HOST: '0.0.0.0',
      DEMO: 'canary-3',
    })
    for (const name of ['PORT', 'SECRETS_KEY', 'HOST', 'DEMO']) expect(problems).toContain(`\n  ${name} `)
    expect(problems).not.toContain('canary')
  })

  it('knows each setting with a word on what it is for', () => {
    for (const { name, about } of settings) {
      expect(name).toMatch(/^[A-Z_]+$/)
      expect(about).not.toBe('')
    }
  })
})

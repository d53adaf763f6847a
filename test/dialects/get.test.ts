import { describe, expect, it } from '@jest/globals'
import { parse as parseQuery } from 'node:querystring'
import fc from 'fast-check'
import { settings } from '../../src/config.ts'
import { loadConfig } from '../../src/config.ts'
import { createGet, get, variants } from '../../src/dialects/get.ts'
import { gatewayDialects } from '../../src/dialects/index.ts'
import { conforms, received, turnOf } from './dialect.conformance.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

conforms(get)
conforms(createGet({ ...variants.advanta, method: 'POST' }), { title: 'the dialect get, sent with POST' })

/** Codes with a suffix: in the suffix form, an empty first reply would equal a begin without one. */
const codes = fc
  .tuple(fc.stringMatching(/^\d{1,4}$/), fc.stringMatching(/^[\d*#]{1,8}$/))
  .map(([code, suffix]) => `*${code}*${suffix}#`)
const { kemru, safaricom, crossgate } = variants
conforms(createGet(kemru), { title: 'the dialect get, as Kemru', codes })
conforms(createGet(safaricom), { title: 'the dialect get, as Safaricom', codes })
conforms(createGet(crossgate), { title: 'the dialect get, as Crossgate', codes })

const parse = (query: string, dialect = get) =>
  dialect.parseRequest({ method: 'GET', path: '', query: { ...parseQuery(query) }, headers: {}, body: '' })
const malformed = (problem: string): Malformed => ({ kind: 'malformed', message: `Bad request: ${problem}` })
const session = { dialect: 'get', sessionId: '8823145097', msisdn: '375291234567' }
const callback = (dialled: string, code: string, text: string) => ({
  kind: 'callback',
  callback: { ...session, dialled, reported: { kind: 'cumulative', code, text, begins: 'unknown' } },
  echo: {},
})

describe('a callback of the GET family', () => {
  const advanta = (input: string, code = '*141%23') =>
    parse(`SESSIONID=8823145097&USSDCODE=${code}&MSISDN=375291234567&INPUT=${input}`)

  it('carries the complete dial string, which grows with every reply', () => {
    expect(advanta('*141%23')).toEqual(callback('*141#', '*141#', '*141'))
    expect(advanta('*141*0%23')).toEqual(callback('*141*0#', '*141#', '*141*0'))
    expect(advanta('*141*0*2%23')).toEqual(callback('*141*0*2#', '*141#', '*141*0*2'))
    expect(advanta('*141*0*%23')).toEqual(callback('*141*0*#', '*141#', '*141*0*'))
  })

  it.each(['141', '*141', '141%23', '*141%23'])('accepts the code in any form: %s', (code) => {
    expect(advanta('*141*0%23', code)).toEqual(callback('*141*0#', '*141#', '*141*0'))
  })

  it('accepts a code of several segments', () => {
    expect(advanta('*141*0*2%23', '*141*0%23')).toEqual(callback('*141*0*2#', '*141*0#', '*141*0*2'))
  })

  it('keeps * and # in a reply, and removes only the last #', () => {
    expect(advanta('*141*0*%23*%23')).toMatchObject({ callback: { reported: { text: '*141*0*#*' } } })
    expect(advanta('*141*0*1%23%23')).toMatchObject({ callback: { reported: { text: '*141*0*1#' } } })
  })

  it('has no dialled string if it is longer than one can be', () => {
    const long = `*141*${'1'.repeat(180)}`
    expect(advanta(`${long}%23`)).toEqual(callback('', '*141#', long))
  })

  it('may be a form-encoded POST', () => {
    const body = 'SESSIONID=8823145097&USSDCODE=%2A141%23&MSISDN=375291234567&INPUT=%2A141%2A0%23'
    const post = { method: 'POST', path: '', query: { token: 'x' }, headers: {}, body } as const
    expect(get.parseRequest(post)).toEqual(callback('*141*0#', '*141#', '*141*0'))
  })

  it('rejects HEAD, which Express routes to GET handlers', () => {
    const query = { ...parseQuery('SESSIONID=a&USSDCODE=141&MSISDN=375291234567&INPUT=*141%23') }
    const head = { method: 'HEAD' as 'GET', path: '', query, headers: {}, body: '' }
    expect(get.parseRequest(head)).toEqual(malformed('SESSIONID is required'))
  })

  it.each([
    ['no session', 'USSDCODE=141&MSISDN=375291234567&INPUT=', 'SESSIONID is required'],
    ['no number', 'SESSIONID=a&USSDCODE=141&INPUT=', 'MSISDN is required'],
    ['no code', 'SESSIONID=a&MSISDN=375291234567&INPUT=', 'USSDCODE is required'],
    ['no input', 'SESSIONID=a&USSDCODE=141&MSISDN=375291234567', 'INPUT is required'],
    ['names in lower case', 'sessionid=a&ussdcode=141&msisdn=375291234567&input=', 'SESSIONID is required'],
    [
      'a field twice',
      'SESSIONID=a&SESSIONID=b&USSDCODE=141&MSISDN=375291234567&INPUT=',
      'SESSIONID must be given once',
    ],
    [
      'words for a code',
      'SESSIONID=a&USSDCODE=hi&MSISDN=375291234567&INPUT=',
      'USSDCODE must be a USSD code such as *141#',
    ],
  ])('rejects %s', (_, query, problem) => {
    expect(parse(query)).toEqual(malformed(problem))
  })

  it.each(['', '0', '*141', '*141*0', '*1410%23', '*142*0%23', '141*0%23'])(
    'is malformed with an input that is not the code and what is behind it: %j',
    (input) => {
      expect(advanta(input)).toEqual(malformed('INPUT must be the code, the replies after it, and #'))
    },
  )
})

describe('the variants of the GET family', () => {
  it('safaricom sends the bare code and the suffix', () => {
    const dialect = createGet(safaricom)
    const said = (input: string) =>
      parse(`ORIG=375291234567&DEST=141&SESSION_ID=8823145097&USSD_PARAMS=${input}`, dialect)
    expect(said('')).toEqual(callback('*141#', '*141#', ''))
    expect(said('3*6')).toEqual(callback('*141*3*6#', '*141#', '3*6'))
    expect(said('7*a*b*****')).toEqual(callback('*141*7*a*b*****#', '*141#', '7*a*b*****'))
    expect(said('1*2%23')).toEqual(callback('*141*1*2##', '*141#', '1*2#'))
    const { query, method } = dialect.formatRequest(
      turnOf({ sessionId: '55012', dialled: '*141*3*6#', replies: ['50'] }),
    )
    expect({ query, method }).toEqual({
      method: 'GET',
      query: 'SESSION_ID=55012&DEST=141&ORIG=375291234567&USSD_PARAMS=3*6*50',
    })
  })

  it("kemru sends the suffix in advanta's fields", () => {
    const query = 'SESSIONID=8823145097&USSDCODE=*141%23&MSISDN=375291234567&INPUT=33*2*Dan'
    expect(parse(query, createGet(kemru))).toEqual(callback('*141*33*2*Dan#', '*141#', '33*2*Dan'))
  })

  it('crossgate has its own field names', () => {
    const query =
      'session_id=8823145097&msisdn=375291234567&network_code=63902&ussd_string=0&service_code=*141%23'
    expect(parse(query, createGet(crossgate))).toEqual(callback('*141*0#', '*141#', '0'))
  })

  it('advanta formats the wire example', () => {
    const turn = turnOf({ sessionId: '8823145097', dialled: '*141*0#' })
    const [code, who] = ['USSDCODE=*141%23', 'MSISDN=375291234567']
    expect(get.formatRequest(turn)).toEqual({
      method: 'GET',
      path: '',
      query: `SESSIONID=8823145097&${code}&${who}&INPUT=*141*0%23`,
      headers: {},
      body: '',
    })
    expect(get.formatRequest({ ...turn, replies: ['2', ''] }).query).toMatch(/INPUT=\*141\*0\*2\*%23$/)
  })

  it('in the suffix form, a begin without a suffix equals an empty first reply', () => {
    const dialect = createGet(kemru)
    const heard = (replies: readonly string[]) =>
      dialect.parseRequest(received(dialect.formatRequest(turnOf({ dialled: '*141#', replies }))))
    expect(heard([''])).toEqual(heard([]))
    expect(heard(['1', ''])).not.toEqual(heard(['1']))
  })

  it('are the choices of the setting', () => {
    expect(settings.find(({ name }) => name === 'GET_VARIANT')?.byDefault).toBe('advanta')
    for (const name of Object.keys(variants) as (keyof typeof variants)[]) {
      expect(loadConfig({ GET_VARIANT: name }).getVariant).toBe(name)
      const chosen = gatewayDialects(name)['get']
      const { query } = createGet(variants[name]).formatRequest(turnOf())
      expect(chosen?.formatRequest(turnOf()).query).toBe(query)
    }
    expect(() => loadConfig({ GET_VARIANT: 'other' })).toThrow('GET_VARIANT must be advanta, kemru')
  })
})

describe('an answer to the GET family', () => {
  it('is CON or END and the screen', () => {
    const type = 'text/plain; charset=utf-8'
    expect(get.formatAnswer({ text: 'Да\n1 Нет', waits: true }, {})).toEqual({
      status: 200,
      type,
      body: 'CON Да\n1 Нет',
    })
    expect(get.formatAnswer({ text: 'Пока', waits: false }, {}).body).toBe('END Пока')
    expect(get.formatError(401, 'No token')).toEqual({ status: 401, type, body: 'END No token' })
  })

  it.each(['', 'x', 'con x', ' CON x', 'CONx', 'CON'])('rejects the answer %j', (body) => {
    expect(get.parseResponse({ status: 200, type: '', body })).toEqual({
      kind: 'malformed',
      message: 'the answer must begin with CON or END',
    } satisfies Malformed)
  })
})

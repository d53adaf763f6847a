import { describe, expect, it } from '@jest/globals'
import { arkesel } from '../../src/dialects/arkesel.ts'
import { conforms, turnOf } from './dialect.conformance.ts'
import { json, malformed, notJson, posted } from './posted.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

conforms(arkesel)

const begin = {
  sessionID: '2005506191900168',
  userID: 'DEMOAPP',
  newSession: true,
  msisdn: '375291234567',
  userData: '*141*0#',
  network: 'MTN',
}
const reply = { ...begin, newSession: false, userData: '2' }
const session = { dialect: 'arkesel', sessionId: '2005506191900168', msisdn: '375291234567' }
const echo = { sessionID: '2005506191900168', userID: 'DEMOAPP', msisdn: '375291234567' }
const callback = (dialled: string, typed: string | undefined) => ({
  kind: 'callback',
  callback: { ...session, dialled, reported: { kind: 'latest-only', typed } },
  echo,
})

describe('a callback of Arkesel', () => {
  it('parses the wire example', () => {
    expect(posted(arkesel, begin)).toEqual(callback('*141*0#', undefined))
    expect(posted(arkesel, reply)).toEqual(callback('', '2'))
  })

  it('formats the wire example', () => {
    const turn = turnOf({ sessionId: begin.sessionID, dialled: '*141*0#' })
    const { body } = arkesel.formatRequest(turn)
    expect(JSON.parse(body)).toEqual({ ...begin, userID: 'USSD_GATEWAY' })
    expect(JSON.parse(arkesel.formatRequest({ ...turn, replies: ['1', '2'] }).body)).toEqual({
      ...reply,
      userID: 'USSD_GATEWAY',
    })
  })

  it.each(['#', '*', '', '0', '*141*0#'])('accepts the reply %j', (userData) => {
    expect(posted(arkesel, { ...reply, userData })).toEqual(callback('', userData))
  })

  it.each(['*141*0', '141*0', '141*0#', ' *141*0# '])(
    'begins a dialogue with the code written as %j',
    (userData) => {
      expect(posted(arkesel, { ...begin, userData })).toEqual(callback('*141*0#', undefined))
    },
  )

  it.each([true, 'true', 'True', 1, '1'])('begins a dialogue if newSession is %j', (newSession) => {
    expect(posted(arkesel, { ...begin, newSession })).toEqual(callback('*141*0#', undefined))
  })

  it('accepts numbers as texts, and no account or network', () => {
    const numbers = { ...reply, sessionID: 2005506191900168, msisdn: 375291234567, userData: 2 }
    expect(posted(arkesel, numbers)).toEqual(callback('', '2'))
    const { userID: _, network: __, ...rest } = reply
    expect(posted(arkesel, rest)).toMatchObject({
      kind: 'callback',
      echo: { sessionID: echo.sessionID, msisdn: echo.msisdn },
    })
  })

  it('ignores a byte order mark; the last of duplicate fields wins', () => {
    expect(posted(arkesel, `\ufeff${JSON.stringify(reply)}`)).toEqual(callback('', '2'))
    expect(posted(arkesel, JSON.stringify(reply).replace('{', '{"userData":"9",'))).toEqual(callback('', '2'))
  })

  it('ignores fields named after object properties', () => {
    const extra = '{"__proto__":{"userData":"9"},"constructor":"y","toString":null,'
    expect(posted(arkesel, JSON.stringify(reply).replace('{', extra))).toEqual(callback('', '2'))
    const { userData: _, ...without } = reply
    expect(posted(arkesel, JSON.stringify(without).replace('{', extra))).toEqual(
      malformed('userData is required'),
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it.each<[string, object, string]>([
    ['no session', { sessionID: undefined }, 'sessionID is required'],
    ['a session that is null', { sessionID: null }, 'sessionID must be text'],
    ['a session beyond exact numbers', { sessionID: 2 ** 60 }, 'sessionID must be text'],
    ['an account in an array', { userID: ['a'] }, 'userID must be text'],
    ['no mark of the begin', { newSession: undefined }, 'newSession is required'],
    ['another mark of the begin', { newSession: 'yes' }, 'newSession must be true or false'],
    ['no number', { msisdn: undefined }, 'msisdn is required'],
    ['a number in words', { msisdn: 'my phone' }, 'msisdn must be a phone number'],
    ['no answer', { newSession: false, userData: undefined }, 'userData is required'],
    ['an answer in an object', { newSession: false, userData: {} }, 'userData must be text'],
    ['a line break', { newSession: false, userData: '1\n2' }, 'userData must not contain control characters'],
    ['no code at the begin', { userData: '' }, 'userData must be a USSD code such as *141#'],
    ['a word at the begin', { userData: 'menu' }, 'userData must be a USSD code such as *141#'],
    ['a code too long', { userData: `*${'1'.repeat(182)}#` }, 'userData must be a USSD code such as *141#'],
  ])('rejects %s', (_, changed, problem) => {
    expect(posted(arkesel, { ...begin, ...changed })).toEqual(malformed(problem))
  })

  it.each(notJson)('rejects the body %j', (body, problem) => {
    expect(posted(arkesel, body)).toEqual(malformed(problem))
  })
})

describe('an answer to Arkesel', () => {
  it('echoes the session, the account and the number', () => {
    expect(JSON.parse(arkesel.formatAnswer({ text: 'Да', waits: true }, echo).body)).toEqual({
      ...echo,
      message: 'Да',
      continueSession: true,
    })
  })

  it.each<[object | string, string]>([
    [{ message: 'x' }, 'in the answer continueSession must be true or false'],
    [{ message: 'x', continueSession: 'true' }, 'in the answer continueSession must be true or false'],
    [{ continueSession: true }, 'in the answer message is required'],
    [{ message: null, continueSession: true }, 'in the answer message must be text'],
    ['[]', 'the answer must be a JSON object'],
  ])('rejects the answer %j', (fields, problem) => {
    expect(arkesel.parseResponse(json(fields))).toEqual({
      kind: 'malformed',
      message: problem,
    } satisfies Malformed)
  })
})

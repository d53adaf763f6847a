import { describe, expect, it } from '@jest/globals'
import { nalo } from '../../src/dialects/nalo.ts'
import { conforms, turnOf } from './dialect.conformance.ts'
import { json, malformed, notJson, posted } from './posted.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

conforms(nalo)

const begin = {
  USERID: 'NALOTest',
  MSISDN: '375291234567',
  USERDATA: '*141*0#',
  MSGTYPE: true,
  NETWORK: 'MTN',
  SESSIONID: '16590115252429751',
}
const reply = { ...begin, USERDATA: '2', MSGTYPE: false }
const session = { dialect: 'nalo', sessionId: '16590115252429751', msisdn: '375291234567' }
const echo = { USERID: 'NALOTest', MSISDN: '375291234567' }
const callback = (dialled: string, typed: string | undefined, sessionId = session.sessionId) => ({
  kind: 'callback',
  callback: { ...session, sessionId, dialled, reported: { kind: 'latest-only', typed } },
  echo,
})

describe('a callback of Nalo', () => {
  it('parses the wire example', () => {
    expect(posted(nalo, begin)).toEqual(callback('*141*0#', undefined))
    expect(posted(nalo, reply)).toEqual(callback('', '2'))
  })

  it('formats the wire example', () => {
    const turn = turnOf({ sessionId: begin.SESSIONID, dialled: '*141*0#' })
    expect(JSON.parse(nalo.formatRequest(turn).body)).toEqual(begin)
    expect(JSON.parse(nalo.formatRequest({ ...turn, replies: ['1', '2'] }).body)).toEqual(reply)
  })

  it.each([undefined, null, ''])('is identified by account and number if SESSIONID is %j', (SESSIONID) => {
    const key = 'NALOTest:375291234567'
    const named = callback('*141*0#', undefined, key)
    // The next dialogue of this number has the same session id.
    const expected = { ...named, callback: { ...named.callback, reusesSessionId: true } }
    expect(posted(nalo, { ...begin, SESSIONID })).toEqual(expected)
    expect(posted(nalo, { ...reply, SESSIONID, MSISDN: '+375291234567' })).toMatchObject({
      callback: { sessionId: key },
    })
  })

  it.each(['*141*0', '141*0', '*141*0#'])('begins a dialogue with the code written as %j', (USERDATA) => {
    expect(posted(nalo, { ...begin, USERDATA })).toEqual(callback('*141*0#', undefined))
  })

  it.each([true, 'true', 'TRUE', 1, '1'])('begins a dialogue if MSGTYPE is %j', (MSGTYPE) => {
    expect(posted(nalo, { ...begin, MSGTYPE })).toEqual(callback('*141*0#', undefined))
  })

  it.each([false, 'false', 0, '0'])('continues the dialogue if MSGTYPE is %j', (MSGTYPE) => {
    expect(posted(nalo, { ...reply, MSGTYPE })).toEqual(callback('', '2'))
  })

  it.each([2, '2'])('ends the dialogue if MSGTYPE is %j', (MSGTYPE) => {
    const { USERDATA: _, ...end } = { ...reply, MSGTYPE }
    expect(posted(nalo, end)).toEqual({ kind: 'ended', ended: { ...session, why: 'cancelled' }, echo })
  })

  it.each<[string, object, string]>([
    ['no account', { USERID: undefined }, 'USERID is required'],
    ['an empty account', { USERID: '' }, 'USERID is required'],
    ['no number', { MSISDN: undefined }, 'MSISDN is required'],
    ['a number in words', { MSISDN: 'my phone' }, 'MSISDN must be a phone number'],
    ['no type', { MSGTYPE: undefined }, 'MSGTYPE is required'],
    ['another type', { MSGTYPE: 3 }, 'MSGTYPE must be true or false'],
    ['a type that is null', { MSGTYPE: null }, 'MSGTYPE must be true or false'],
    ['no input', { USERDATA: undefined }, 'USERDATA is required'],
    ['no code', { USERDATA: 'menu' }, 'USERDATA must be a USSD code such as *141#'],
    ['a session in an array', { SESSIONID: ['a'] }, 'SESSIONID must be text'],
    ['a session of two lines', { SESSIONID: 'a\nb' }, 'SESSIONID must not contain control characters'],
  ])('rejects %s', (_, changed, problem) => {
    expect(posted(nalo, { ...begin, ...changed })).toEqual(malformed(problem))
  })

  it.each(notJson)('rejects the body %j', (body, problem) => {
    expect(posted(nalo, body)).toEqual(malformed(problem))
  })
})

describe('an answer to Nalo', () => {
  it('echoes the account and the number, but never the input', () => {
    expect(JSON.parse(nalo.formatAnswer({ text: 'Да', waits: true }, echo).body)).toEqual({
      ...echo,
      MSG: 'Да',
      MSGTYPE: true,
    })
  })

  it.each([
    [true, true],
    ['true', true],
    [1, true],
    [false, false],
    ['0', false],
    [2, false],
  ])('is parsed with MSGTYPE %j', (MSGTYPE, waits) => {
    const answer = { text: 'x', waits }
    expect(nalo.parseResponse(json({ MSG: 'x', MSGTYPE }))).toEqual({ kind: 'answer', answer, echo: {} })
  })

  it.each<[object | string, string]>([
    [{ MSG: 'x' }, 'in the answer MSGTYPE is required'],
    [{ MSG: 'x', MSGTYPE: 'CON' }, 'in the answer MSGTYPE must be true or false'],
    [{ MSGTYPE: true }, 'in the answer MSG is required'],
    [{ message: 'x', msgtype: true }, 'in the answer MSG is required'],
  ])('rejects the answer %j', (fields, problem) => {
    expect(nalo.parseResponse(json(fields))).toEqual({
      kind: 'malformed',
      message: problem,
    } satisfies Malformed)
  })
})

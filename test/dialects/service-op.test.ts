import { describe, expect, it } from '@jest/globals'
import { serviceOp } from '../../src/dialects/service-op.ts'
import { conforms, turnOf } from './dialect.conformance.ts'
import { json, malformed, notJson, posted } from './posted.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

conforms(serviceOp)

const begin = {
  sessionID: '7361928450',
  msisdn: '375291234567',
  network: '00',
  ussdString: '*141*0#',
  ussdServiceOp: 1,
}
const reply = { ...begin, ussdString: '2', ussdServiceOp: 18 }
const session = { dialect: 'service-op', sessionId: '7361928450', msisdn: '375291234567' }
const callback = (dialled: string, typed: string | undefined) => ({
  kind: 'callback',
  callback: { ...session, dialled, reported: { kind: 'latest-only', typed } },
  echo: { sessionID: '7361928450', msisdn: '375291234567' },
})

describe('a callback with ussdServiceOp', () => {
  it('parses the wire example', () => {
    expect(posted(serviceOp, begin)).toEqual(callback('*141*0#', undefined))
    expect(posted(serviceOp, reply)).toEqual(callback('', '2'))
  })

  it('formats the wire example', () => {
    const turn = turnOf({ sessionId: begin.sessionID, dialled: '*141*0#' })
    expect(JSON.parse(serviceOp.formatRequest(turn).body)).toEqual(begin)
    expect(JSON.parse(serviceOp.formatRequest({ ...turn, replies: ['1', '2'] }).body)).toEqual(reply)
  })

  it('accepts the number with or without +, and the operation as a number or as text', () => {
    expect(posted(serviceOp, { ...begin, msisdn: '+375291234567', ussdServiceOp: '1' })).toMatchObject({
      callback: { sessionId: '7361928450', msisdn: '+375291234567', dialled: '*141*0#' },
      echo: { sessionID: '7361928450', msisdn: '+375291234567' },
    })
    expect(posted(serviceOp, { ...reply, ussdServiceOp: '18' })).toEqual(callback('', '2'))
  })

  it.each(['*141*0', '141*0', '*141*0#'])('begins a dialogue with the code written as %j', (ussdString) => {
    expect(posted(serviceOp, { ...begin, ussdString })).toEqual(callback('*141*0#', undefined))
  })

  it.each<[string, object, string]>([
    ['no session', { sessionID: undefined }, 'sessionID is required'],
    ['no number', { msisdn: undefined }, 'msisdn is required'],
    ['a number in words', { msisdn: 'my phone' }, 'msisdn must be a phone number'],
    ['no text', { ussdString: undefined }, 'ussdString is required'],
    ['a text that is null', { ussdString: null }, 'ussdString must be text'],
    ['no code', { ussdString: 'menu' }, 'ussdString must be a USSD code such as *141#'],
    ['no operation', { ussdServiceOp: undefined }, 'ussdServiceOp is required'],
    ['an operation of the answer', { ussdServiceOp: 2 }, 'ussdServiceOp must be one of 1, 18'],
    ['an operation in an array', { ussdServiceOp: [1] }, 'ussdServiceOp must be one of 1, 18'],
  ])('rejects %s', (_, changed, problem) => {
    expect(posted(serviceOp, { ...begin, ...changed })).toEqual(malformed(problem))
  })

  it.each(notJson)('rejects the body %j', (body, problem) => {
    expect(posted(serviceOp, body)).toEqual(malformed(problem))
  })
})

describe('an answer with ussdServiceOp', () => {
  it('is 2 for a screen that waits and 17 for the last one, as numbers', () => {
    const bodies = [true, false].map((waits) => serviceOp.formatAnswer({ text: 'Да', waits }, {}).body)
    expect(bodies.map((body) => JSON.parse(body))).toEqual([
      { message: 'Да', ussdServiceOp: 2 },
      { message: 'Да', ussdServiceOp: 17 },
    ])
  })

  it.each<[object | string, string]>([
    [{ message: 'x' }, 'in the answer ussdServiceOp is required'],
    [{ message: 'x', ussdServiceOp: 18 }, 'in the answer ussdServiceOp must be one of 2, 17'],
    [{ message: 'x', ussdServiceOp: true }, 'in the answer ussdServiceOp must be one of 2, 17'],
    [{ ussdServiceOp: 2 }, 'in the answer message is required'],
  ])('rejects the answer %j', (fields, problem) => {
    expect(serviceOp.parseResponse(json(fields))).toEqual({
      kind: 'malformed',
      message: problem,
    } satisfies Malformed)
  })
})

import { describe, expect, it } from '@jest/globals'
import { bareCode } from '../../src/dialects/encoding/fields.ts'
import { comviva } from '../../src/dialects/comviva.ts'
import { conforms, turnOf } from './dialect.conformance.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

conforms(comviva)

const parse = (body: string) =>
  comviva.parseRequest({ method: 'POST', path: '', query: {}, headers: {}, body })
const pull = (inside: string) => `<request type="pull">${inside}</request>`
const whose = '<msisdn>375291234567</msisdn><sessionId>13697502734175597</sessionId>'
const session = { dialect: 'comviva', sessionId: '13697502734175597', msisdn: '375291234567' }
const echo = { msisdn: '375291234567' }
const malformed = (problem: string): Malformed => ({ kind: 'malformed', message: `Bad request: ${problem}` })
const begin = {
  kind: 'callback',
  callback: { ...session, dialled: '*141*0#', reported: { kind: 'latest-only', typed: undefined } },
  echo,
}
const reply = (typed: string) => ({
  kind: 'callback',
  callback: { ...session, dialled: '', reported: { kind: 'latest-only', typed } },
  echo,
})

describe('a pull of Comviva', () => {
  it('begins a dialogue with newRequest 1 and the bare code', () => {
    const body = `<?xml version="1.0" encoding="UTF-8"?>
<request type="pull">
  <msisdn>375291234567</msisdn>
  <sessionId>13697502734175597</sessionId>
  <newRequest>1</newRequest>
  <subscriberInput>141*0</subscriberInput>
  <freeflow><mode>FC</mode></freeflow>
</request>`
    expect(parse(body)).toEqual(begin)
  })

  it('continues with newRequest 0 and the latest reply', () => {
    const input = (typed: string) =>
      pull(`${whose}<newRequest>0</newRequest><subscriberInput>${typed}</subscriberInput>`)
    expect(parse(input('2'))).toEqual(reply('2'))
    expect(parse(input(''))).toEqual(reply(''))
    expect(parse(input('141*0'))).toEqual(reply('141*0'))
  })

  it('accepts the element names of other deployments', () => {
    const body =
      '<REQUEST TYPE="pull"><MSISDN>375291234567</MSISDN><sessionid>13697502734175597</sessionid>' +
      '<transactionId>9</transactionId><new_request>1</new_request><input>*141*0#</input><dateFormat>x</dateFormat>' +
      '<parameters><param><name>a</name></param><param><name>b</name></param></parameters></REQUEST>'
    expect(parse(body)).toEqual(begin)
    expect(parse(`<request>${whose}<newRequest>0</newRequest><input>1</input></request>`)).toEqual(reply('1'))
  })

  it('ends the dialogue if its type is cleanup', () => {
    const ended = { kind: 'ended', ended: { ...session, why: 'cancelled' }, echo }
    expect(parse(`<request type="cleanup">${whose}</request>`)).toEqual(ended)
    expect(parse(`<request Type="CleanUp">${whose}<newRequest>0</newRequest></request>`)).toEqual(ended)
  })

  it.each([
    ['no XML', 'x', 'the body must be well-formed XML'],
    ['another document', '<ussd/>', 'the body must be a request element'],
    ['no number', pull('<newRequest>1</newRequest>'), 'msisdn is required'],
    ['no place', pull(`${whose}<subscriberInput>1</subscriberInput>`), 'newrequest must be 0 or 1'],
    ['a strange place', pull(`${whose}<newRequest>2</newRequest>`), 'newrequest must be 0 or 1'],
    ['no answer', pull(`${whose}<newRequest>0</newRequest>`), 'subscriberinput is required'],
    [
      'words for a code',
      pull(`${whose}<newRequest>1</newRequest><input>hi</input>`),
      'subscriberinput must be a USSD code such as *141#',
    ],
    [
      'two answers',
      pull(`${whose}<newRequest>0</newRequest><input>1</input><subscriberInput>2</subscriberInput>`),
      'subscriberinput must be given once',
    ],
    [
      'a clean-up without a number',
      '<request type="cleanup"><sessionId>a</sessionId></request>',
      'msisdn is required',
    ],
  ])('rejects %s', (_, body, problem) => {
    expect(parse(body)).toEqual(malformed(problem))
  })

  it('formats the wire example', () => {
    const turn = turnOf({ sessionId: '13697502734175597', dialled: '*141*0#' })
    const sent = (type: string, more: string) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<request type="${type}">${whose}${more}</request>`
    const flow = '<freeflow><mode>FC</mode></freeflow>'
    expect(comviva.formatRequest(turn).body).toBe(
      sent('pull', `<newRequest>1</newRequest><subscriberInput>141*0</subscriberInput>${flow}`),
    )
    expect(comviva.formatRequest({ ...turn, replies: ['2'] }).body).toBe(
      sent('pull', `<newRequest>0</newRequest><subscriberInput>2</subscriberInput>${flow}`),
    )
    expect(comviva.formatEnd(turn, 'timed-out', 0)?.body).toBe(sent('cleanup', ''))
    expect(comviva.formatEnd(turn, 'completed', 0)).toBeUndefined()
  })

  it.each([
    ['*141*0#', '141*0'],
    ['*141*3*6#', '141*3*6'],
    ['#141#', '#141#'],
    ['**141#', '**141#'],
    ['*141#1#', '*141#1#'],
    ['*#', '*#'],
  ])('writes %s as %s', (dialled, bare) => {
    expect(bareCode(dialled)).toBe(bare)
  })
})

describe('an answer to Comviva', () => {
  const type = 'text/xml; charset=utf-8'
  const document = (whose: string, text: string, state: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<response>${whose}<applicationResponse>${text}</applicationResponse>` +
    `<freeflow><freeflowState>${state}</freeflowState><freeflowCharging>N</freeflowCharging>` +
    '<freeflowChargingAmount>0</freeflowChargingAmount></freeflow></response>'
  const number = '<msisdn>375291234567</msisdn>'

  it('has FC if the screen waits, otherwise FB, and charges nothing', () => {
    expect(comviva.formatAnswer({ text: '1. Да\n2. Нет', waits: true }, echo)).toEqual({
      status: 200,
      type,
      body: document(number, '1. Да\n2. Нет', 'FC'),
    })
    expect(comviva.formatAnswer({ text: 'Пока', waits: false }, echo).body).toBe(
      document(number, 'Пока', 'FB'),
    )
    expect(comviva.formatEnded(echo)).toEqual({ status: 200, type, body: document(number, '', 'FB') })
    expect(comviva.formatError(413, 'Long')).toEqual({ status: 413, type, body: document('', 'Long', 'FB') })
  })

  it.each(['FB', 'FE'])('ends the dialogue with %s', (state) => {
    expect(comviva.parseResponse({ status: 200, type, body: document('', 'Пока', state) })).toEqual({
      kind: 'answer',
      answer: { text: 'Пока', waits: false },
      echo: {},
    })
  })

  it.each([
    ['another document', '<request/>', 'the answer must be a response element'],
    ['no text', '<response/>', 'the answer must have one applicationResponse'],
    [
      'no state',
      '<response><applicationResponse/></response>',
      'the freeflowState of the answer must be FC or FB',
    ],
    ['another state', document('', 'x', 'FX'), 'the freeflowState of the answer must be FC or FB'],
    [
      'two states',
      document('', 'x', 'FC</freeflowState><freeflowState>FB'),
      'the freeflowState of the answer must be FC or FB',
    ],
  ])('rejects %s', (_, body, problem) => {
    expect(comviva.parseResponse({ status: 200, type, body })).toEqual({
      kind: 'malformed',
      message: problem,
    } satisfies Malformed)
  })
})

import { describe, expect, it } from '@jest/globals'
import { truroute } from '../../src/dialects/truroute.ts'
import { conforms, received, turnOf } from './dialect.conformance.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

conforms(truroute)

const parse = (body: string) =>
  truroute.parseRequest({ method: 'POST', path: '', query: {}, headers: {}, body })
const ussd = (inside: string) => `<ussd>${inside}</ussd>`
const whose = '<msisdn>375291234567</msisdn><sessionid>20260304091500123</sessionid>'
const session = { dialect: 'truroute', sessionId: '20260304091500123', msisdn: '375291234567' }
const malformed = (problem: string): Malformed => ({ kind: 'malformed', message: `Bad request: ${problem}` })

describe('a callback of TruRoute', () => {
  it('begins a dialogue with type 1 and the dialled string', () => {
    expect(parse(ussd(`${whose}<type>1</type><msg>*141*0#</msg>`))).toEqual({
      kind: 'callback',
      callback: { ...session, dialled: '*141*0#', reported: { kind: 'latest-only', typed: undefined } },
      echo: {},
    })
  })

  it.each(['141*0', '*141*0', '141*0#'])('accepts the code in any form: %s', (code) => {
    expect(parse(ussd(`${whose}<type>1</type><msg>${code}</msg>`))).toMatchObject({
      callback: { dialled: '*141*0#' },
    })
  })

  it.each([
    ['a digit', '2', '2'],
    ['nothing', '', ''],
    ['spaces', ' 1 ', ' 1 '],
    ['leading zeros', '007', '007'],
    ['what looks like a number', '1e3', '1e3'],
    ['escaped', '&lt;&#1105;&amp;', '<ё&'],
    ['CDATA', '<![CDATA[<1>]]>', '<1>'],
  ])('continues with type 2 and the reply: %s', (_, sent, typed) => {
    expect(parse(ussd(`${whose}<type>2</type><msg>${sent}</msg>`))).toEqual({
      kind: 'callback',
      callback: { ...session, dialled: '', reported: { kind: 'latest-only', typed } },
      echo: {},
    })
  })

  it('accepts element names in any case and order, and other elements', () => {
    const body =
      '<USSD><Type>2</Type><MSG>1</MSG><new>x</new><MSISDN>375291234567</MSISDN><SessionID>a</SessionID></USSD>'
    expect(parse(body)).toMatchObject({ kind: 'callback', callback: { sessionId: 'a' } })
  })

  it.each([
    ['3', 'cancelled'],
    ['4', 'timed-out'],
    ['10', 'failed'],
  ])('of type %s ends the dialogue: %s', (type, why) => {
    const ended = { kind: 'ended', ended: { ...session, why }, echo: {} }
    expect(parse(ussd(`${whose}<type>${type}</type><msg></msg>`))).toEqual(ended)
    expect(parse(ussd(`${whose}<type>${type}</type>`))).toEqual(ended)
  })

  it.each([
    ['no XML', 'msisdn=375291234567', 'the body must be well-formed XML'],
    ['a document type', '<!DOCTYPE ussd><ussd/>', 'the body must not have a document type'],
    ['another document', '<request/>', 'the body must be a ussd element'],
    ['no type', ussd(whose), 'type must be one of 1, 2, 3, 4, 10'],
    ['an unknown type', ussd(`${whose}<type>5</type>`), 'type must be one of 1, 2, 3, 4, 10'],
    ['two types', ussd(`${whose}<type>1</type><type>2</type>`), 'type must be one of 1, 2, 3, 4, 10'],
    ['no number', ussd('<sessionid>a</sessionid><type>3</type>'), 'msisdn is required'],
    ['no session', ussd('<msisdn>375291234567</msisdn><type>3</type>'), 'sessionid is required'],
    ['two numbers', ussd(`${whose}<msisdn>375297654321</msisdn><type>3</type>`), 'msisdn must be given once'],
    ['no code', ussd(`${whose}<type>1</type>`), 'msg is required'],
    [
      'words for a code',
      ussd(`${whose}<type>1</type><msg>hi</msg>`),
      'msg must be a USSD code such as *141#',
    ],
    ['no answer', ussd(`${whose}<type>2</type>`), 'msg is required'],
    ['an element for an answer', ussd(`${whose}<type>2</type><msg><b>1</b></msg>`), 'msg is required'],
    ['two answers', ussd(`${whose}<type>2</type><msg>1</msg><MSG>2</MSG>`), 'msg must be given once'],
    [
      'an answer of two lines',
      ussd(`${whose}<type>2</type><msg>1\n2</msg>`),
      'msg must not contain control characters',
    ],
  ])('rejects %s', (_, body, problem) => {
    expect(parse(body)).toEqual(malformed(problem))
  })

  it('formats the wire example', () => {
    const turn = turnOf({ sessionId: '20260304091500123', dialled: '*141*0#' })
    const xml = '<?xml version="1.0" encoding="UTF-8"?>\n'
    expect(truroute.formatRequest(turn)).toEqual({
      method: 'POST',
      path: '',
      query: '',
      headers: { 'content-type': 'text/xml' },
      body: `${xml}${ussd(`${whose}<type>1</type><msg>*141*0#</msg>`)}`,
    })
    expect(truroute.formatRequest({ ...turn, replies: ['1', '2'] }).body).toBe(
      `${xml}${ussd(`${whose}<type>2</type><msg>2</msg>`)}`,
    )
    expect(truroute.formatEnd(turn, 'cancelled', 0)?.body).toContain('<type>3</type><msg></msg>')
    expect(truroute.formatEnd(turn, 'timed-out', 0)?.body).toContain('<type>4</type><msg></msg>')
  })

  it('is not sent for an end without a type', () => {
    expect(truroute.formatEnd(turnOf(), 'completed', 0)).toBeUndefined()
    expect(truroute.formatEnd(turnOf(), 'failed', 0)).toBeUndefined()
  })

  it('reports a timeout as a timeout, on both ends', () => {
    const call = truroute.formatEnd(turnOf(), 'timed-out', 0)
    expect(call && truroute.parseRequest(received(call))).toMatchObject({ ended: { why: 'timed-out' } })
  })
})

describe('an answer to TruRoute', () => {
  it('has type 2 if the screen waits, otherwise type 3, and charges nothing', () => {
    const document = (type: string, text: string) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<ussd><type>${type}</type><msg>${text}</msg><premium><cost>0</cost><ref>0</ref></premium></ussd>`
    const type = 'text/xml; charset=utf-8'
    expect(truroute.formatAnswer({ text: '1. Да\n2. <Нет>', waits: true }, {})).toEqual({
      status: 200,
      type,
      body: document('2', '1. Да\n2. &lt;Нет&gt;'),
    })
    expect(truroute.formatAnswer({ text: 'Пока', waits: false }, {}).body).toBe(document('3', 'Пока'))
    expect(truroute.formatEnded({})).toEqual({ status: 200, type, body: document('3', '') })
    expect(truroute.formatError(401, 'No')).toEqual({ status: 401, type, body: document('3', 'No') })
  })

  it.each([
    ['no document', 'x', 'the answer must be well-formed XML'],
    ['another document', '<response/>', 'the answer must be a ussd element'],
    ['no type', '<ussd><msg>x</msg></ussd>', 'the type of the answer must be 2 or 3'],
    ['no text', '<ussd><type>2</type></ussd>', 'the answer must have one msg'],
    ['two texts', '<ussd><type>2</type><msg/><msg/></ussd>', 'the answer must have one msg'],
    [
      'another code',
      '<ussd><type>5</type><msg>*1#</msg></ussd>',
      'the answer redirects, which this network does not support',
    ],
  ])('rejects %s', (_, body, problem) => {
    expect(truroute.parseResponse({ status: 200, type: 'text/xml', body })).toEqual({
      kind: 'malformed',
      message: problem,
    })
  })

  it('may lack a premium', () => {
    const body = '<ussd><msg>Пока</msg><type>3</type></ussd>'
    expect(truroute.parseResponse({ status: 200, type: '', body })).toEqual({
      kind: 'answer',
      answer: { text: 'Пока', waits: false },
      echo: {},
    })
  })
})

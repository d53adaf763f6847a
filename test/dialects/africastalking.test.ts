import { describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { conforms, received } from './dialect.conformance.ts'

conforms(africastalking)

const fields = {
  phoneNumber: '+375291234567',
  serviceCode: '*141*3*6#',
  text: '1*2',
  sessionId: 'ATUid_3f9c1d7a5b2e48c6a0d4f8e17b6c5a92',
  networkCode: '99999',
}

const parse = (body: string) =>
  africastalking.parseRequest({
    method: 'POST',
    query: {},
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  })
const withFields = (changed: object) => new URLSearchParams({ ...fields, ...changed }).toString()
const without = (name: string) => {
  const form = new URLSearchParams(fields)
  form.delete(name)
  return form.toString()
}
const callback = {
  dialect: 'africastalking',
  sessionId: fields.sessionId,
  msisdn: '+375291234567',
  dialled: '*141*3*6#',
  heard: { kind: 'transcript', text: '1*2' },
}
const malformed = (problem: string) => ({ kind: 'malformed', sentence: `Bad request: ${problem}` })

describe("a callback of Africa's Talking", () => {
  it('is read as it stands on the wire', () => {
    const body =
      'phoneNumber=%2B375291234567&serviceCode=%2A141%2A3%2A6%23&text=1%2A2&sessionId=ATUid_3f9c1d7a5b2e48c6a0d4f8e17b6c5a92&networkCode=99999'
    expect(parse(body)).toEqual({ kind: 'callback', callback })
  })

  it('is written as it stands on the wire, * percent-encoded', () => {
    const { body, method, query, type } = africastalking.formatRequest({
      sessionId: fields.sessionId,
      msisdn: fields.phoneNumber,
      dialled: fields.serviceCode,
      replies: ['1', '2'],
    })
    expect({ method, query, type }).toEqual({
      method: 'POST',
      query: '',
      type: 'application/x-www-form-urlencoded',
    })
    expect(body).toBe(
      'phoneNumber=%2B375291234567&serviceCode=%2A141%2A3%2A6%23&text=1%2A2&sessionId=ATUid_3f9c1d7a5b2e48c6a0d4f8e17b6c5a92&networkCode=25701',
    )
  })

  it('needs no percent-encoding of * and +, no network code, no order and no label', () => {
    const body = `sessionId=${fields.sessionId}&text=1*2&serviceCode=*141*3*6%23&phoneNumber=+375291234567`
    expect(parse(body)).toEqual({ kind: 'callback', callback })
    expect(africastalking.parseRequest({ method: 'POST', query: {}, headers: {}, body })).toEqual({
      kind: 'callback',
      callback,
    })
  })

  it.each(['375291234567', '80291234567', '8 (029) 123-45-67'])(
    'has the number in any form: %s',
    (phoneNumber) => {
      expect(parse(withFields({ phoneNumber }))).toEqual({ kind: 'callback', callback })
    },
  )

  it.each([
    ['nothing', ''],
    ['an empty answer', '1*'],
    ['two empty answers', '*'],
    ['*, # and + in an answer', '*100#*+375'],
    ['Cyrillic', 'Мінск*Ёлка'],
    ['spaces', '1* 2 '],
    ['form punctuation', 'a&b=c%3D*x'],
  ])('keeps what was typed: %s', (_, text) => {
    expect(parse(withFields({ text }))).toMatchObject({ callback: { heard: { kind: 'transcript', text } } })
  })

  it('has й and ў as one character each, however they were sent', () => {
    const text = 'Тайны ўспамін'
    expect(parse(withFields({ text: text.normalize('NFD') }))).toMatchObject({
      callback: { heard: { text } },
    })
  })

  it.each(['sessionId', 'phoneNumber', 'serviceCode', 'text'])(
    'is malformed without %s, or with it twice',
    (name) => {
      expect(parse(without(name))).toEqual(malformed(`${name} is missing`))
      expect(parse(`${withFields({})}&${name}=2`)).toEqual(malformed(`${name} is given twice`))
      expect(parse(`${without(name)}&${name}[]=1`)).toEqual(malformed(`${name} is missing`))
      expect(parse(`${without(name)}&${name}[x]=1`)).toEqual(malformed(`${name} is missing`))
      expect(parse(`${without(name)}&${name.toUpperCase()}=1`)).toEqual(malformed(`${name} is missing`))
    },
  )

  it.each(['', 'x', '&&&', '=', '{"text":"1"}', '__proto__=1', 'constructor=1&toString=2'])(
    'is malformed as %j',
    (body) => {
      expect(parse(body)).toEqual(malformed('sessionId is missing'))
    },
  )

  it('gains and loses nothing by fields with the names of an object', () => {
    const extra = '&__proto__=x&__proto__[text]=9&constructor=y&hasOwnProperty=z'
    expect(parse(withFields({}) + extra)).toEqual({ kind: 'callback', callback })
    expect(parse(`${without('text')}&__proto__[text]=9&__proto__.text=9`)).toEqual(
      malformed('text is missing'),
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it.each<[string, object, string]>([
    ['an empty session id', { sessionId: '' }, 'sessionId is missing'],
    ['a long session id', { sessionId: 'x'.repeat(129) }, 'sessionId is too long'],
    ['a session id of two lines', { sessionId: 'a\r\nb' }, 'sessionId has control characters'],
    ['an empty number', { phoneNumber: '' }, 'phoneNumber is not a mobile number of Belarus'],
    ['a foreign number', { phoneNumber: '+254711000000' }, 'phoneNumber is not a mobile number of Belarus'],
    ['a land line', { phoneNumber: '+375171234567' }, 'phoneNumber is not a mobile number of Belarus'],
    ['words for a number', { phoneNumber: '1-800-VELCOM' }, 'phoneNumber is not a mobile number of Belarus'],
    ['a long number', { phoneNumber: '+'.padEnd(65, '3') }, 'phoneNumber is too long'],
    ['a number with NUL', { phoneNumber: '+375291234567\0' }, 'phoneNumber has control characters'],
    ['no code', { serviceCode: '' }, 'serviceCode is not a USSD code such as *141#'],
    ['a number for a code', { serviceCode: '141' }, 'serviceCode is not a USSD code such as *141#'],
    ['a code without its end', { serviceCode: '*141' }, 'serviceCode is not a USSD code such as *141#'],
    ['a code with more behind it', { serviceCode: '*141#1' }, 'serviceCode is not a USSD code such as *141#'],
    ['# alone for a code', { serviceCode: '#' }, 'serviceCode is not a USSD code such as *141#'],
    ['a long code', { serviceCode: `*${'1'.repeat(181)}#` }, 'serviceCode is too long'],
    ['a code with a line break', { serviceCode: '*141\n#' }, 'serviceCode has control characters'],
    ['a long text', { text: '1'.repeat(2001) }, 'text is too long'],
    ['a text of two lines', { text: '1\n2' }, 'text has control characters'],
    ['a text with NEL', { text: '1\u0085' }, 'text has control characters'],
  ])('is malformed with %s', (_, changed, problem) => {
    expect(parse(withFields(changed))).toEqual(malformed(problem))
  })

  it('may be as long as the longest of each field', () => {
    const longest = {
      sessionId: 'x'.repeat(128),
      serviceCode: `*${'1'.repeat(180)}#`,
      text: '1'.repeat(2000),
    }
    expect(parse(withFields(longest))).toMatchObject({ kind: 'callback' })
  })

  it('survives the way back and forth with every dialogue there is a wire example of', () => {
    for (const replies of [[], ['1'], ['1', ''], ['', ''], ['1', '*'], ['#', '+'], ['Мінск']]) {
      const turn = { sessionId: 'a', msisdn: '+375291234567', dialled: '*141#', replies }
      const parsed = africastalking.parseRequest(received(africastalking.formatRequest(turn)))
      expect(parsed).toMatchObject({ callback: { heard: { kind: 'transcript', text: replies.join('*') } } })
    }
  })
})

describe("an answer to Africa's Talking", () => {
  it('is CON and a screen that waits, or END and one that releases', () => {
    const type = 'text/plain; charset=utf-8'
    expect(africastalking.formatAnswer({ text: 'Да\n1 Нет', waits: true })).toEqual({
      status: 200,
      type,
      body: 'CON Да\n1 Нет',
    })
    expect(africastalking.formatAnswer({ text: 'Пока', waits: false })).toEqual({
      status: 200,
      type,
      body: 'END Пока',
    })
    expect(africastalking.formatError(401, 'No token')).toEqual({ status: 401, type, body: 'END No token' })
  })

  it.each([
    '\nCON x',
    '\ufeffCON x',
    ' CON x',
    '\r\nEND x',
    'con x',
    'end x',
    'Con x',
    'CONx',
    'CON',
    'END\nx',
    'CON\tx',
    'x',
    '',
  ])('is malformed as %j', (body) => {
    const response = { status: 200, type: 'text/plain', body }
    expect(africastalking.parseResponse(response)).toEqual({
      kind: 'malformed',
      sentence: 'the answer begins with neither CON nor END',
    })
  })

  it('is malformed with another status than 200, whatever it says', () => {
    for (const status of [201, 302, 400, 500]) {
      expect(africastalking.parseResponse({ status, type: 'text/plain', body: 'CON x' })).toEqual({
        kind: 'malformed',
        sentence: `the application answered with status ${status}`,
      })
    }
  })
})

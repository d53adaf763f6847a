import { describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { conforms, received, turnOf } from './dialect.conformance.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

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
    path: '',
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
  dialled: '*141*3*6*1*2#',
  reported: { kind: 'cumulative', code: '*141*3*6#', text: '1*2', begins: 'empty' },
}
const malformed = (problem: string): Malformed => ({ kind: 'malformed', message: `Bad request: ${problem}` })

describe("a callback of Africa's Talking", () => {
  it('parses the wire example', () => {
    const body =
      'phoneNumber=%2B375291234567&serviceCode=%2A141%2A3%2A6%23&text=1%2A2&sessionId=ATUid_3f9c1d7a5b2e48c6a0d4f8e17b6c5a92&networkCode=99999'
    expect(parse(body)).toEqual({ kind: 'callback', callback, echo: {} })
  })

  it('formats the wire example, with * percent-encoded', () => {
    const { body, ...rest } = africastalking.formatRequest(
      turnOf({ sessionId: fields.sessionId, replies: ['1', '2'] }),
    )
    expect(rest).toEqual({
      method: 'POST',
      path: '',
      query: '',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(body).toBe(
      'phoneNumber=%2B375291234567&serviceCode=%2A141%2A3%2A6%23&text=1%2A2&sessionId=ATUid_3f9c1d7a5b2e48c6a0d4f8e17b6c5a92&networkCode=25701',
    )
  })

  it('accepts unencoded * and +, any field order, and no network code', () => {
    const body = `sessionId=${fields.sessionId}&text=1*2&serviceCode=*141*3*6%23&phoneNumber=+375291234567`
    // In a form, a + is a space.
    const written = { ...callback, msisdn: '375291234567' }
    expect(parse(body)).toEqual({ kind: 'callback', callback: written, echo: {} })
    expect(
      africastalking.parseRequest({ method: 'POST', path: '', query: {}, headers: {}, body }),
    ).toMatchObject({ kind: 'callback', callback: written })
  })

  it.each([
    ['375291234567', '375291234567'],
    ['8 (029) 123-45-67', '80291234567'],
    [' +254\u00a0712 345\u2011678', '+254712345678'],
  ])('has the digits of the number as written: %s', (phoneNumber, msisdn) => {
    expect(parse(withFields({ phoneNumber }))).toMatchObject({ callback: { ...callback, msisdn } })
  })

  it('drops invisible characters in the code', () => {
    const serviceCode = '\u2068*141\u00ad*3*6\ufe0f#\u2069\u3000'
    expect(parse(withFields({ serviceCode, text: '' }))).toMatchObject({
      callback: { dialled: '*141*3*6#' },
    })
  })

  it.each([
    ['nothing', ''],
    ['an empty answer', '1*'],
    ['two empty answers', '*'],
    ['*, # and + in an answer', '*100#*+375'],
    ['Cyrillic', 'Мінск*Ёлка'],
    ['spaces', '1* 2 '],
    ['form punctuation', 'a&b=c%3D*x'],
  ])('keeps the typed text: %s', (_, text) => {
    expect(parse(withFields({ text }))).toMatchObject({
      callback: { reported: { kind: 'cumulative', text } },
    })
  })

  it('normalises й and ў to one character each', () => {
    const text = 'Тайны ўспамін'
    expect(parse(withFields({ text: text.normalize('NFD') }))).toMatchObject({
      callback: { reported: { text } },
    })
  })

  it.each(['sessionId', 'phoneNumber', 'serviceCode', 'text'])('rejects a missing or repeated %s', (name) => {
    expect(parse(without(name))).toEqual(malformed(`${name} is required`))
    expect(parse(`${withFields({})}&${name}=2`)).toEqual(malformed(`${name} must be given once`))
    expect(parse(`${without(name)}&${name}[]=1`)).toEqual(malformed(`${name} is required`))
    expect(parse(`${without(name)}&${name}[x]=1`)).toEqual(malformed(`${name} is required`))
    expect(parse(`${without(name)}&${name.toUpperCase()}=1`)).toEqual(malformed(`${name} is required`))
  })

  it.each(['', 'x', '&&&', '=', '{"text":"1"}', '__proto__=1', 'constructor=1&toString=2'])(
    'rejects the body %j',
    (body) => {
      expect(parse(body)).toEqual(malformed('sessionId is required'))
    },
  )

  it('ignores fields named after object properties', () => {
    const extra = '&__proto__=x&__proto__[text]=9&constructor=y&hasOwnProperty=z'
    expect(parse(withFields({}) + extra)).toEqual({ kind: 'callback', callback, echo: {} })
    expect(parse(`${without('text')}&__proto__[text]=9&__proto__.text=9`)).toEqual(
      malformed('text is required'),
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it.each<[string, object, string]>([
    ['an empty session id', { sessionId: '' }, 'sessionId is required'],
    ['a long session id', { sessionId: 'x'.repeat(129) }, 'sessionId must be at most 128 characters'],
    ['a session id of two lines', { sessionId: 'a\r\nb' }, 'sessionId must not contain control characters'],
    ['an empty number', { phoneNumber: '' }, 'phoneNumber must be a phone number'],
    ['words for a number', { phoneNumber: '1-800-VELCOM' }, 'phoneNumber must be a phone number'],
    ['a long number', { phoneNumber: '+'.padEnd(65, '3') }, 'phoneNumber must be at most 64 characters'],
    [
      'a number with NUL',
      { phoneNumber: '+375291234567\0' },
      'phoneNumber must not contain control characters',
    ],
    ['no code', { serviceCode: '' }, 'serviceCode must be a USSD code such as *141#'],
    ['a number for a code', { serviceCode: '141' }, 'serviceCode must be a USSD code such as *141#'],
    ['a code without its end', { serviceCode: '*141' }, 'serviceCode must be a USSD code such as *141#'],
    [
      'a code with more behind it',
      { serviceCode: '*141#1' },
      'serviceCode must be a USSD code such as *141#',
    ],
    ['# alone for a code', { serviceCode: '#' }, 'serviceCode must be a USSD code such as *141#'],
    ['a long code', { serviceCode: `*${'1'.repeat(181)}#` }, 'serviceCode must be at most 182 characters'],
    [
      'a code with a line break',
      { serviceCode: '*141\n#' },
      'serviceCode must not contain control characters',
    ],
    ['a long text', { text: '1'.repeat(2001) }, 'text must be at most 2000 characters'],
    ['a text of two lines', { text: '1\n2' }, 'text must not contain control characters'],
    ['a text with NEL', { text: '1\u0085' }, 'text must not contain control characters'],
  ])('rejects %s', (_, changed, problem) => {
    expect(parse(withFields(changed))).toEqual(malformed(problem))
  })

  it('accepts the maximum length of each field', () => {
    const longest = {
      sessionId: 'x'.repeat(128),
      serviceCode: `*${'1'.repeat(180)}#`,
      text: '1'.repeat(2000),
    }
    expect(parse(withFields(longest))).toMatchObject({ kind: 'callback' })
  })

  it('round-trips every dialogue with a wire example', () => {
    for (const replies of [[], ['1'], ['1', ''], ['', ''], ['1', '*'], ['#', '+'], ['Мінск']]) {
      const turn = turnOf({ replies })
      const parsed = africastalking.parseRequest(received(africastalking.formatRequest(turn)))
      expect(parsed).toMatchObject({
        callback: { reported: { kind: 'cumulative', text: replies.join('*') } },
      })
    }
  })
})

describe("an answer to Africa's Talking", () => {
  it('begins with CON if the screen waits, otherwise with END', () => {
    const type = 'text/plain; charset=utf-8'
    expect(africastalking.formatAnswer({ text: 'Да\n1 Нет', waits: true }, {})).toEqual({
      status: 200,
      type,
      body: 'CON Да\n1 Нет',
    })
    expect(africastalking.formatAnswer({ text: 'Пока', waits: false }, {})).toEqual({
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
  ])('rejects the answer %j', (body) => {
    const response = { status: 200, type: 'text/plain', body }
    expect(africastalking.parseResponse(response)).toEqual({
      kind: 'malformed',
      message: 'the answer must begin with CON or END',
    } satisfies Malformed)
  })

  it('rejects any status but 200', () => {
    for (const status of [201, 302, 400, 500]) {
      expect(africastalking.parseResponse({ status, type: 'text/plain', body: 'CON x' })).toEqual({
        kind: 'malformed',
        message: `the application answered with status ${status}`,
      } satisfies Malformed)
    }
  })
})

describe("the event of Africa's Talking at the end of a session", () => {
  const beganAtMs = Date.UTC(2026, 9, 1, 10, 20, 30)
  const answers = [
    { answer: { text: 'Menu', waits: true }, echo: { hop: 'root' } },
    { answer: { text: 'Bye', waits: false }, echo: { hop: 'bye' } },
  ]
  const turn = turnOf({ sessionId: fields.sessionId, replies: ['1'], answers, beganAtMs })
  const told = (end: 'completed' | 'cancelled' | 'timed-out' | 'failed') => {
    const call = africastalking.formatEnd(turn, end, beganAtMs + 4500)
    if (!call) throw new Error('it is not told')
    return call
  }
  const ended = (why: string) => ({
    kind: 'ended',
    ended: { dialect: 'africastalking', sessionId: fields.sessionId, msisdn: '+375291234567', why },
    echo: {},
  })

  it('is posted as a form to its own URL, with all fields', () => {
    const { method, path, query, body } = told('completed')
    expect({ method, path, query }).toEqual({ method: 'POST', path: '/events', query: '' })
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      date: '2026-10-01 10:20:34',
      sessionId: fields.sessionId,
      serviceCode: '*141*3*6#',
      networkCode: '25701',
      phoneNumber: '+375291234567',
      status: 'Success',
      cost: 'BYN 0.00',
      durationInMillis: '4500',
      hopsCount: '2',
      hopsMetadata: 'root|bye',
      input: '1',
      lastAppResponse: 'END Bye',
    })
  })

  it('ends a cancelled or failed dialogue, but not a completed one', () => {
    const read = (end: Parameters<typeof told>[0]) => africastalking.parseRequest(received(told(end)))
    expect(read('cancelled')).toEqual(ended('cancelled'))
    expect(read('timed-out')).toEqual(ended('cancelled'))
    expect(read('failed')).toEqual(ended('failed'))
    expect(read('completed')).toEqual({ kind: 'ended', ended: undefined, echo: {} })
    expect(new URLSearchParams(told('failed').body).get('errorMessage')).not.toBeNull()
  })

  it.each([
    ['sessionId', '', 'sessionId is required'],
    ['phoneNumber', 'my phone', 'phoneNumber must be a phone number'],
    ['status', 'Queued', 'status must be one of Success, Incomplete, Failed'],
  ])('is rejected if %s is %j', (name, value, problem) => {
    const call = received(told('failed'))
    const form = new URLSearchParams(call.body)
    form.set(name, value)
    expect(africastalking.parseRequest({ ...call, body: form.toString() })).toEqual(malformed(problem))
  })
})

describe("the hop metadata of Africa's Talking", () => {
  const answer = (hop?: string) => ({
    status: 200,
    type: 'text/plain',
    ...(hop !== undefined && { headers: { 'at-ussd-hop-metadata': hop } }),
    body: 'CON x',
  })

  it('returns with the next callback only', () => {
    const read = africastalking.parseResponse(answer('root'))
    if (read.kind !== 'answer') throw new Error(read.message)
    const next = turnOf({ replies: ['1'], answers: [read] })
    expect(africastalking.formatRequest(next).headers['at-ussd-hop-metadata']).toBe('root')
    const silent = { answer: read.answer, echo: {} }
    const later = turnOf({ replies: ['1', '2'], answers: [read, silent] })
    expect(africastalking.formatRequest(later).headers).not.toHaveProperty('at-ussd-hop-metadata')
  })

  it('is rejected if it exceeds 99 characters or contains |', () => {
    expect(africastalking.parseResponse(answer('x'.repeat(99)))).toMatchObject({ kind: 'answer' })
    for (const hop of ['x'.repeat(100), 'a|b']) {
      expect(africastalking.parseResponse(answer(hop))).toEqual({
        kind: 'malformed',
        message: 'the hop metadata is longer than 99 characters or has a |',
      } satisfies Malformed)
    }
  })
})

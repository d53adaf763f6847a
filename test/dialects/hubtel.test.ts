import { describe, expect, it } from '@jest/globals'
import { createHubtel, hubtel } from '../../src/dialects/hubtel.ts'
import { conforms, received, turnOf } from './dialect.conformance.ts'
import { json, malformed, notJson, posted } from './posted.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

const programmable = createHubtel('programmable')

conforms(hubtel)
conforms(programmable, { title: 'the dialect hubtel, Programmable Services' })

const begin = {
  Mobile: '375291234567',
  SessionId: '9d1f0b7c2e684c0f',
  ServiceCode: '141*0',
  Type: 'Initiation',
  Message: '*141*0#',
  Operator: 'mtn',
  Sequence: 1,
}
const reply = { ...begin, Type: 'Response', Message: '2', Sequence: 2, ClientState: 'root' }
const guid = '5b0e6f2d8c4a4f1c9d7e3a2b1c0d9e8f'
const session = { dialect: 'hubtel', sessionId: '9d1f0b7c2e684c0f', msisdn: '375291234567' }
const callback = (changed: object) => ({
  kind: 'callback',
  callback: {
    ...session,
    dialled: '*141*0#',
    reported: { kind: 'sequenced', number: 1, typed: undefined },
    ...changed,
  },
})

describe('a callback of Hubtel', () => {
  it('parses the wire examples of both generations', () => {
    expect(posted(hubtel, begin)).toEqual({ ...callback({}), echo: { generation: 'v1' } })
    expect(posted(hubtel, reply)).toEqual({
      ...callback({ reported: { kind: 'sequenced', number: 2, typed: '2' } }),
      echo: { generation: 'v1' },
    })
    const sent = { ServiceCode: guid, Type: 'initiation', Platform: 'USSD', Sequence: '1', ExtraData: {} }
    expect(posted(hubtel, { ...begin, ...sent })).toEqual({
      ...callback({}),
      echo: { generation: 'programmable' },
    })
  })

  it('formats the wire example, with the state of the application', () => {
    const answers = [{ answer: { text: 'Menu', waits: true }, echo: { ClientState: 'root' } }]
    const turn = turnOf({ sessionId: begin.SessionId, dialled: '*141*0#', replies: ['2'], answers })
    const { body, headers } = hubtel.formatRequest(turn)
    expect(JSON.parse(body)).toEqual(reply)
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(JSON.parse(hubtel.formatRequest({ ...turn, replies: [], answers: [] }).body)).toEqual(begin)
    expect(JSON.parse(programmable.formatRequest({ ...turn, replies: [], answers: [] }).body)).toEqual({
      ...begin,
      ServiceCode: guid,
      Type: 'initiation',
      Operator: 'mtn-gh',
      Sequence: '1',
      Platform: 'USSD',
      ExtraData: {},
    })
  })

  it('returns a state only once', () => {
    const answers = [
      { answer: { text: 'a', waits: true }, echo: { ClientState: 'root' } },
      { answer: { text: 'b', waits: true }, echo: {} },
    ]
    const { body } = hubtel.formatRequest(turnOf({ replies: ['1', '2'], answers }))
    expect(body).not.toContain('ClientState')
  })

  it.each(['Initiation', 'INITIATION', 'initiation', 'Favorite', 'favorite'])(
    'begins a dialogue with %s',
    (Type) => {
      expect(posted(hubtel, { ...begin, Type })).toMatchObject(callback({}))
    },
  )

  it('accepts names in any case, and no operator', () => {
    const { Operator: _, ...rest } = begin
    const lower = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name.toLowerCase(), value]))
    expect(posted(hubtel, lower)).toMatchObject(callback({}))
  })

  it.each([1, '1', '001'])('accepts the sequence as a number or as text: %j', (Sequence) => {
    expect(posted(hubtel, { ...begin, Sequence })).toMatchObject(callback({}))
  })

  it.each([undefined, null, ''])('accepts an absent sequence: %j', (Sequence) => {
    const reported = { kind: 'latest-only', typed: '2' }
    expect(posted(hubtel, { ...reply, Sequence })).toMatchObject(callback({ reported }))
  })

  it.each([
    ['*141*0#', '141*0'],
    ['*141*3*6#', '141*0'],
    ['*141*3*6#', guid],
    ['*141*3*6', guid],
    ['141*3*6', undefined],
    ['', '141*0'],
    [undefined, '*141*0#'],
    ['Anna', '141*0'],
  ])('finds the dialled string in the message %j or the service code %j', (Message, ServiceCode) => {
    const dialled = Message?.includes('141*3*6') ? '*141*3*6#' : '*141*0#'
    expect(posted(hubtel, { ...begin, Message, ServiceCode })).toMatchObject(callback({ dialled }))
  })

  it('rejects a begin without a code', () => {
    for (const ServiceCode of [guid, undefined, null, '', 7, {}]) {
      expect(posted(hubtel, { ...begin, Message: 'Anna', ServiceCode })).toEqual(
        malformed('Message must be a USSD code such as *141#'),
      )
    }
  })

  it.each([
    ['Release', 'cancelled'],
    ['release', 'cancelled'],
    ['Timeout', 'timed-out'],
    ['TIMEOUT', 'timed-out'],
  ])('ends the dialogue with %s as %s', (Type, why) => {
    const end = { ...begin, Type, Message: '', Sequence: 3 }
    expect(posted(hubtel, end)).toMatchObject({ kind: 'ended', ended: { ...session, why } })
    const { Message: _, Sequence: __, ServiceCode: ___, ...bare } = end
    expect(posted(hubtel, bare)).toMatchObject({ kind: 'ended', ended: { ...session, why } })
  })

  it('reports a cancelled, expired or failed dialogue, but not a completed one', () => {
    const turn = turnOf({ replies: ['1'] })
    const told = (['cancelled', 'timed-out', 'failed'] as const).map((end) => hubtel.formatEnd(turn, end, 0))
    expect(told.map((call) => JSON.parse(call?.body ?? '{}'))).toMatchObject([
      { Type: 'Release', Message: '', Sequence: 3 },
      { Type: 'Timeout', Message: '', Sequence: 3 },
      { Type: 'Timeout', Message: '', Sequence: 3 },
    ])
    expect(hubtel.formatEnd(turn, 'completed', 0)).toBeUndefined()
  })

  it.each<[string, object, string]>([
    ['no number', { Mobile: undefined }, 'Mobile is required'],
    ['a number that is none', { Mobile: true }, 'Mobile must be text'],
    ['a number in words', { Mobile: 'my phone' }, 'Mobile must be a phone number'],
    ['no session', { SessionId: undefined }, 'SessionId is required'],
    ['an empty session', { SessionId: '' }, 'SessionId is required'],
    ['a session in an array', { SessionId: ['a'] }, 'SessionId must be text'],
    ['no type', { Type: undefined }, 'Type is required'],
    [
      'another type',
      { Type: 'Query' },
      'Type must be one of initiation, favorite, response, release, timeout',
    ],
    ['no message', { Type: 'Response', Message: undefined }, 'Message is required'],
    ['a message of two lines', { Message: '1\n2' }, 'Message must not contain control characters'],
    ['half a character', { Message: '\ud83d' }, 'Message must not contain control characters'],
    ['a number of the turn that is none', { Sequence: 'one' }, 'Sequence must be a whole number'],
    ['a turn before the first', { Sequence: -1 }, 'Sequence must be a whole number'],
    ['half a turn', { Sequence: 1.5 }, 'Sequence must be a whole number'],
  ])('rejects %s', (_, changed, problem) => {
    expect(posted(hubtel, { ...begin, ...changed })).toEqual(malformed(problem))
  })

  it.each(notJson)('rejects the body %j', (body, problem) => {
    expect(posted(hubtel, body)).toEqual(malformed(problem))
  })
})

describe('an answer to Hubtel', () => {
  it('follows the letter case of the request', () => {
    const answer = { text: 'Да\n1 Нет', waits: true }
    const { status, body } = hubtel.formatAnswer(answer, { generation: 'v1' })
    expect([status, JSON.parse(body)]).toEqual([200, { Type: 'Response', Message: 'Да\n1 Нет' }])
    const parsed = hubtel.parseRequest(received(programmable.formatRequest(turnOf())))
    if (parsed.kind !== 'callback') throw new Error(parsed.kind)
    expect(JSON.parse(hubtel.formatAnswer(answer, parsed.echo).body)).toMatchObject({
      type: 'Response',
      message: 'Да\n1 Нет',
      dataType: 'input',
    })
    expect(JSON.parse(hubtel.formatAnswer({ ...answer, waits: false }, parsed.echo).body)).toMatchObject({
      type: 'Release',
      dataType: 'display',
    })
    expect(JSON.parse(hubtel.formatEnded(parsed.echo).body)).toEqual({ type: 'Release', message: '' })
  })

  it('parses either letter case, with the state to return', () => {
    const answer = { text: 'x', waits: true }
    const echo = { ClientState: 'root' }
    for (const fields of [
      { Type: 'Response', Message: 'x', ClientState: 'root' },
      { type: 'response', message: 'x', clientState: 'root', label: 'Main', data: [], item: null },
    ]) {
      expect(hubtel.parseResponse(json(fields))).toEqual({ kind: 'answer', answer, echo })
    }
    expect(hubtel.parseResponse(json({ type: 'Release', message: '', clientState: null }))).toEqual({
      kind: 'answer',
      answer: { text: '', waits: false },
      echo: {},
    })
  })

  it.each<[object | string, string]>([
    ['', 'the answer must be JSON'],
    ['CON x', 'the answer must be JSON'],
    [{ Message: 'x' }, 'in the answer Type is required'],
    [{ Type: 'AddToCart', Message: 'x' }, 'in the answer Type must be one of response, release'],
    [{ Type: 'Response' }, 'in the answer Message is required'],
    [{ Type: 'Response', Message: 1 }, 'in the answer Message must be text'],
    [{ Type: 'Response', Message: 'x', ClientState: {} }, 'in the answer ClientState must be text'],
  ])('rejects the answer %j', (fields, problem) => {
    expect(hubtel.parseResponse(json(fields))).toEqual({
      kind: 'malformed',
      message: problem,
    } satisfies Malformed)
  })
})

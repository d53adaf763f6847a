import { describe, expect, it } from '@jest/globals'
import type { Malformed, Method } from '../../src/dialects/dialect.ts'
import { infobip } from '../../src/dialects/infobip.ts'
import { conforms, turnOf } from './dialect.conformance.ts'
import { json, malformed, notJson, posted } from './posted.ts'

conforms(infobip)

const begin = {
  msisdn: '375291234567',
  imsi: '257010123456789',
  text: '*141*0#',
  shortCode: '*141*0#',
  language: null,
  optional: null,
  ussdGwId: 'live2',
}
const reply = { ...begin, text: '2' }
const start = '/session/77120045/start'
const response = '/session/77120045/response'
const callback = (dialled: string, typed: string | undefined, sessionId = '77120045') => ({
  kind: 'callback',
  callback: {
    dialect: 'infobip',
    sessionId,
    msisdn: '375291234567',
    dialled,
    reported: { kind: 'latest-only', typed },
  },
  echo: {},
})
const called = (method: Method, path: string, body = '') =>
  infobip.parseRequest({ method, path, query: {}, headers: {}, body })

describe('a callback of Infobip', () => {
  it('parses the wire example', () => {
    expect(posted(infobip, begin, start)).toEqual(callback('*141*0#', undefined))
    expect(posted(infobip, reply, response)).toEqual(callback('*141*0#', '2'))
  })

  it('formats the wire example', () => {
    const { imsi: _, ...sent } = begin
    const turn = turnOf({ sessionId: '77120045', dialled: '*141*0#' })
    const first = infobip.formatRequest(turn)
    expect([first.method, first.path, JSON.parse(first.body)]).toEqual(['POST', start, sent])
    const next = infobip.formatRequest({ ...turn, replies: ['1', '2'] })
    expect([next.method, next.path, JSON.parse(next.body)]).toEqual([
      'POST',
      response,
      { ...sent, text: '2' },
    ])
  })

  it('carries the session id in the path, percent-encoded', () => {
    expect(posted(infobip, begin, '/session/a%2Fb%20%D0%B9/start')).toEqual(
      callback('*141*0#', undefined, 'a/b й'),
    )
    const { path } = infobip.formatRequest(turnOf({ sessionId: 'a/b?c#d' }))
    expect(path).toBe('/session/a%2Fb%3Fc%23d/start')
  })

  it('requires only the number and the text', () => {
    expect(posted(infobip, { msisdn: begin.msisdn, text: '*141*0#' }, start)).toEqual(
      callback('*141*0#', undefined),
    )
    expect(posted(infobip, { msisdn: begin.msisdn, text: '' }, response)).toEqual(callback('', ''))
  })

  it.each([
    ['*141*3*6#', '*141#', '*141*3*6#'],
    ['*141*3*6', null, '*141*3*6#'],
    ['', '*141*0#', '*141*0#'],
    ['6', '*141*3#', '*141*3#'],
    ['141*0', undefined, '*141*0#'],
    ['menu', '141', '*141#'],
  ])('begins a dialogue with the text %j and the short code %j', (text, shortCode, dialled) => {
    expect(posted(infobip, { ...begin, text, shortCode }, start)).toEqual(callback(dialled, undefined))
  })

  it('reports the end of a dialogue at …/end, without the subscriber', () => {
    for (const body of ['{"reason":"user abort","exitCode":500}', '{}', '', 'x']) {
      expect(called('PUT', '/session/77120045/end', body)).toEqual({
        kind: 'ended',
        ended: undefined,
        echo: {},
      })
    }
    const call = infobip.formatEnd(turnOf({ sessionId: '77120045' }), 'cancelled', 0)
    expect(call).toMatchObject({ method: 'PUT', path: '/session/77120045/end' })
    expect(JSON.parse(call?.body ?? '')).toEqual({ reason: 'user abort', exitCode: 500 })
    expect(infobip.formatEnd(turnOf(), 'completed', 0)).toBeUndefined()
    expect(JSON.parse(infobip.formatEnded({}).body)).toEqual({ responseExitCode: 200, responseMessage: '' })
  })

  it.each<[Method, string, string]>([
    ['POST', '', 'the address is not /session/<id>/start, response, end or status'],
    ['POST', '/session//start', 'the address is not /session/<id>/start, response, end or status'],
    ['POST', '/session/1/abort', 'the address is not /session/<id>/start, response, end or status'],
    ['POST', '/session/1/2/start', 'the address is not /session/<id>/start, response, end or status'],
    ['GET', '/session/1/start', 'start takes POST'],
    ['PUT', '/session/1/response', 'response takes POST'],
    ['POST', '/session/1/end', 'end takes PUT'],
    ['POST', '/session/1/status', 'status takes GET'],
    ['GET', '/session/1/status', 'the status of a session is not available without a number'],
    ['POST', '/session/%zz/start', 'sessionId is required'],
    ['POST', '/session/a%0Ab/start', 'sessionId must not contain control characters'],
    ['POST', `/session/${'x'.repeat(129)}/start`, 'sessionId must be at most 128 characters'],
  ])('rejects %s %s', (method, path, problem) => {
    expect(called(method, path, JSON.stringify(begin))).toEqual(malformed(problem))
  })

  it.each<[string, object, string]>([
    ['no number', { msisdn: undefined }, 'msisdn is required'],
    ['a number in words', { msisdn: 'my phone' }, 'msisdn must be a phone number'],
    ['no text', { text: undefined }, 'text is required'],
    ['a text in an array', { text: ['*141#'] }, 'text must be text'],
    ['no code anywhere', { text: 'menu', shortCode: {} }, 'text must be a USSD code such as *141#'],
  ])('rejects %s', (_, changed, problem) => {
    expect(posted(infobip, { ...begin, ...changed }, start)).toEqual(malformed(problem))
  })

  it.each(notJson)('rejects the body %j', (body, problem) => {
    expect(posted(infobip, body, start)).toEqual(malformed(problem))
  })
})

describe('an answer to Infobip', () => {
  it('has shouldClose, and errors with status 200', () => {
    expect(JSON.parse(infobip.formatAnswer({ text: 'Да', waits: true }, {}).body)).toEqual({
      ussdMenu: 'Да',
      shouldClose: false,
      responseExitCode: 200,
      responseMessage: '',
    })
    const { status, body } = infobip.formatError(401, 'No token')
    expect([status, JSON.parse(body)]).toEqual([200, { responseExitCode: 401, responseMessage: 'No token' }])
  })

  it.each<[object | string, string]>([
    [{ responseExitCode: 400, responseMessage: 'x' }, 'in the answer responseExitCode must be 200'],
    [{ ussdMenu: 'x', shouldClose: false }, 'in the answer responseExitCode must be 200'],
    [{ shouldClose: false, responseExitCode: 200 }, 'in the answer ussdMenu is required'],
    [{ ussdMenu: 'x', responseExitCode: 200 }, 'in the answer shouldClose must be true or false'],
    [
      { ussdMenu: 'x', shouldClose: 0, responseExitCode: 200 },
      'in the answer shouldClose must be true or false',
    ],
  ])('rejects the answer %j', (fields, problem) => {
    expect(infobip.parseResponse(json(fields))).toEqual({
      kind: 'malformed',
      message: problem,
    } satisfies Malformed)
  })
})

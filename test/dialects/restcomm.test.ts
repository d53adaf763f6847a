import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { request } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import type { Echo, Malformed, WireCall } from '../../src/dialects/dialect.ts'
import { restcomm } from '../../src/dialects/restcomm.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { startForeignApplication } from '../simulator/foreign-application.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'
import { conforms, received, turnOf } from './dialect.conformance.ts'

conforms(restcomm)

const parse = (body: string) =>
  restcomm.parseRequest({ method: 'POST', path: '', query: {}, headers: {}, body })
const ids = 'appCntx="networkUnstructuredSsContext_version2" networkId="0" localId="12" remoteId="13"'
const dialog = (attributes: string, inside: string) => `<dialog ${ids} ${attributes}>${inside}</dialog>`
const origin = '<originationReference number="375291234567" nai="international_number" npi="ISDN"/>'
const child = '<msisdn nai="international_number" npi="ISDN" number="375291234567"/>'
const begin = (attributes: string, inside = '', before = '') =>
  dialog(
    'type="Begin" mapMessagesSize="1" returnMessageOnError="false"',
    `<destinationReference number="257010123456789" nai="international_number" npi="land_mobile"/>${before}<errComponents/>` +
      `<processUnstructuredSSRequest_Request ${attributes}>${inside}</processUnstructuredSSRequest_Request>`,
  )
const reply = (userObject: string | undefined, attributes: string, before = '') =>
  dialog(
    `type="Continue" mapMessagesSize="1" returnMessageOnError="false"${userObject === undefined ? '' : ` userObject="${userObject}"`}`,
    `${before}<errComponents/><unstructuredSSRequest_Response ${attributes}/>`,
  )
const abort = (attributes: string, inside = '<errComponents/>') =>
  dialog(`type="Abort" mapMessagesSize="0" ${attributes}`, inside)
const session = { dialect: 'restcomm', sessionId: '12:13', msisdn: '375291234567' }
const malformed = (problem: string): Malformed => ({ kind: 'malformed', message: `Bad request: ${problem}` })

describe('a begin of RestComm', () => {
  const callback = {
    ...session,
    dialled: '*141*0#',
    reported: { kind: 'sequenced', number: 0, typed: undefined },
  }

  it('has turn number 0, and its invoke id is kept for the last answer', () => {
    const echo = { msisdn: '375291234567', number: '0' }
    for (const beginId of ['0', '1', '-128', '127']) {
      const body = begin(`invokeId="${beginId}" dataCodingScheme="15" string="*141*0#"`, child, origin)
      expect(parse(body)).toEqual({ kind: 'callback', callback, echo: { ...echo, beginId } })
    }
  })

  it('takes the number from msisdn, otherwise from originationReference', () => {
    const attributes = 'invokeId="0" dataCodingScheme="15" string="*141*0#"'
    expect(parse(begin(attributes, '', origin))).toMatchObject({ callback })
    expect(parse(begin(attributes, child, origin.replace('4567', '0000')))).toMatchObject({ callback })
    expect(parse(begin(attributes))).toEqual(malformed('msisdn is required'))
  })

  it.each([
    ['no XML', 'x', 'the body must be well-formed XML'],
    ['another document', '<ussd/>', 'the body must be a dialog element'],
    [
      'no operation',
      dialog('type="Begin"', origin),
      'the operation must be processUnstructuredSSRequest_Request or unstructuredSSRequest_Response',
    ],
    [
      'an operation that is never asked for',
      dialog('type="Continue"', `${origin}<unstructuredSSNotify_Response invokeId="1"/>`),
      'the operation must be processUnstructuredSSRequest_Request or unstructuredSSRequest_Response',
    ],
    [
      'two operations',
      dialog('', `${origin}<unstructuredSSRequest_Response/><unstructuredSSRequest_Response/>`),
      'the dialog must have one operation',
    ],
    ['no id', begin('invokeId="0" string="*1#"', child).replace('localId="12"', ''), 'localId is required'],
    ['no invoke id', begin('string="*141#"', child), 'invokeId is required'],
    [
      'a strange invoke id',
      begin('invokeId="128" string="*141#"', child),
      'invokeId must be from -128 to 127',
    ],
    ['no string', begin('invokeId="0"', child), 'string is required'],
    ['no code', begin('invokeId="0" string="141"', child), 'string must be a USSD code such as *141#'],
  ])('rejects %s', (_, body, problem) => {
    expect(parse(body)).toEqual(malformed(problem))
  })
})

describe('a reply from RestComm', () => {
  it('is numbered by our userObject, because the gateway assigns its own invoke ids', () => {
    expect(parse(reply('375291234567;5;3', 'invokeId="0" dataCodingScheme="15" string="2"'))).toEqual({
      kind: 'callback',
      callback: { ...session, dialled: '', reported: { kind: 'sequenced', number: 3, typed: '2' } },
      echo: { msisdn: '375291234567', beginId: '5', number: '3' },
    })
  })

  it('is numbered by its invoke id without a userObject, as is the rest of the dialogue', () => {
    const parsed = parse(reply(undefined, 'invokeId="2" string="1"', origin))
    expect(parsed).toMatchObject({
      callback: { reported: { number: 2, typed: '1' } },
      echo: { msisdn: '375291234567' },
    })
    const echo: Echo = parsed.kind === 'callback' ? parsed.echo : {}
    expect(restcomm.formatAnswer({ text: 'x', waits: true }, echo).body).toContain(
      'userObject="375291234567;0"',
    )
  })

  it('keeps escaped line breaks and spaces, and may lack a string', () => {
    const string = (attributes: string) => parse(reply('375291234567;0;1', `invokeId="1" ${attributes}`))
    expect(string('string=" 1 "')).toMatchObject({ callback: { reported: { typed: ' 1 ' } } })
    expect(string('string=""')).toMatchObject({ callback: { reported: { typed: '' } } })
    expect(string('')).toMatchObject({ callback: { reported: { typed: '' } } })
    expect(string('string="1&#10;2"')).toEqual(malformed('string must not contain control characters'))
  })

  it('is rejected without a number of its own or in userObject', () => {
    const missing = malformed('msisdn is required')
    expect(parse(reply(undefined, 'invokeId="1" string="1"'))).toEqual(missing)
    expect(parse(reply('s-42', 'invokeId="1" string="1"'))).toEqual(missing)
  })
})

describe('an abort of RestComm', () => {
  it.each([
    ['cancelled', 'mapUserAbortChoice="isUserSpecificReason"'],
    ['cancelled', 'mapUserAbortChoice="isProcedureCancellationReason_callRelease"'],
    ['timed-out', 'dialogTimedOut="true"'],
    ['timed-out', 'invokeTimedOut="1"'],
    ['failed', 'mapAbortProviderReason="SupportingDialogueTransactionReleased"'],
    ['failed', 'mapRefuseReason="NoReasonGiven"'],
    ['failed', ''],
  ])('reports %s with %s', (why, attributes) => {
    const ended = { kind: 'ended', ended: { ...session, why }, echo: {} }
    expect(parse(abort(`${attributes} userObject="375291234567;0;1"`))).toEqual(ended)
    expect(parse(abort(attributes, origin))).toEqual(ended)
    expect(parse(abort(attributes))).toEqual({ kind: 'ended', ended: undefined, echo: {} })
  })

  it('may be an error of the handset', () => {
    const body = dialog(
      'type="End" userObject="375291234567;0;1"',
      '<errComponents><errComponent><invokeId value="1"/></errComponent></errComponents>',
    )
    expect(parse(body)).toMatchObject({ kind: 'ended', ended: { why: 'failed' } })
  })

  it('is not reported if dialogTimedOut is false', () => {
    const body = reply('375291234567;0;1', 'invokeId="1" string="1"').replace(
      'type=',
      'dialogTimedOut="false" type=',
    )
    expect(parse(body)).toMatchObject({ kind: 'callback' })
  })
})

describe('an answer to RestComm', () => {
  const type = 'text/xml; charset=utf-8'
  const xml = '<?xml version="1.0" encoding="UTF-8"?>\n'
  const echo = { msisdn: '375291234567', beginId: '7', number: '2' }

  it('asks with the next turn number, and stores number, invoke id and turn number in userObject', () => {
    expect(restcomm.formatAnswer({ text: '1. Balance\n2. Top up', waits: true }, echo)).toEqual({
      status: 200,
      type,
      body: `${xml}<dialog mapMessagesSize="1" userObject="375291234567;7;3"><unstructuredSSRequest_Request invokeId="3" dataCodingScheme="15" string="1. Balance&#10;2. Top up"/></dialog>`,
    })
  })

  it('ends with the result of the begin, under its invoke id, in the required alphabet', () => {
    expect(restcomm.formatAnswer({ text: 'Пока', waits: false }, echo).body).toBe(
      `${xml}<dialog mapMessagesSize="1" prearrangedEnd="false"><processUnstructuredSSRequest_Response invokeId="7" dataCodingScheme="72" string="Пока"/></dialog>`,
    )
    expect(restcomm.formatError(400, 'No').body).toContain('invokeId="0" dataCodingScheme="15" string="No"')
    expect(restcomm.formatEnded({})).toEqual({
      status: 200,
      type,
      body: `${xml}<dialog mapMessagesSize="0"/>`,
    })
  })

  it.each([
    ['no document', 'x', 'the answer must be well-formed XML'],
    ['another document', '<ussd/>', 'the answer must be a dialog element'],
    ['no size', '<dialog/>', 'the answer has no mapMessagesSize'],
    [
      'an abort',
      '<dialog mapMessagesSize="0" mapUserAbortChoice="x"/>',
      'the application aborted the dialogue',
    ],
    [
      'silence',
      '<dialog mapMessagesSize="0" prearrangedEnd="true"/>',
      'the application dropped the dialogue',
    ],
    ['nothing', '<dialog mapMessagesSize="0"/>', 'the answer must have one operation'],
    [
      'a notification',
      '<dialog mapMessagesSize="1"><unstructuredSSNotify_Request invokeId="1" string="x"/></dialog>',
      'the answer is a notification, which is not supported in a dialogue begun by the phone',
    ],
    [
      'what the gateway alone sends',
      '<dialog mapMessagesSize="1"><unstructuredSSRequest_Response invokeId="1" string="x"/></dialog>',
      "the answer's operation must be unstructuredSSRequest_Request or processUnstructuredSSRequest_Response",
    ],
    [
      'addresses and no operation',
      `<dialog mapMessagesSize="0">${origin}<errComponents/></dialog>`,
      'the answer must have one operation',
    ],
    [
      'two operations',
      '<dialog mapMessagesSize="1"><unstructuredSSRequest_Request string="x"/><unstructuredSSRequest_Request string="x"/></dialog>',
      'the answer must have one operation',
    ],
    [
      'no string',
      '<dialog mapMessagesSize="1"><unstructuredSSRequest_Request invokeId="1"/></dialog>',
      "the answer's operation has no string",
    ],
  ])('rejects %s', (_, body, problem) => {
    expect(restcomm.parseResponse({ status: 200, type, body })).toEqual({
      kind: 'malformed',
      message: problem,
    } satisfies Malformed)
  })

  it('may have other elements before its operation', () => {
    const body = `<dialog mapMessagesSize="1"><localAddress/><remoteAddress/><destinationReference number="1"/>${origin}<errComponents/><unstructuredSSRequest_Request invokeId="1" dataCodingScheme="15" string="x"/></dialog>`
    const answer = { text: 'x', waits: true }
    expect(restcomm.parseResponse({ status: 200, type, body })).toEqual({ kind: 'answer', answer, echo: {} })
  })

  it('may set cookies, whose names and values are kept', () => {
    const { body } = restcomm.formatAnswer({ text: 'x', waits: true }, {})
    const echo = (cookies: string) => {
      const read = restcomm.parseResponse({ status: 200, type, body, headers: { 'set-cookie': cookies } })
      return read.kind === 'answer' ? read.echo : read
    }
    expect(echo('a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/\nb="x=y"')).toEqual({
      cookie: 'a=1; b="x=y"',
    })
    expect(echo('a=\nnameless; Path=/\n=2')).toEqual({ cookie: 'a=' })
    expect(echo('nameless')).toEqual({})
  })
})

describe('the network of RestComm', () => {
  const answer = { text: 'x', waits: true }
  const turn = turnOf({ sessionId: '12:13' })

  it('returns the latest userObject, and then no number', () => {
    const answers = [
      { answer, echo: { userObject: 's-41' } },
      { answer, echo: { userObject: 's-42' } },
      { answer, echo: {} },
    ]
    const { body } = restcomm.formatRequest({ ...turn, replies: ['1', '1', '2'], answers })
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<dialog type="Continue" appCntx="networkUnstructuredSsContext_version2" networkId="0" localId="12" remoteId="13" mapMessagesSize="1" returnMessageOnError="false" userObject="s-42"><errComponents/><unstructuredSSRequest_Response invokeId="3" dataCodingScheme="15" string="2"/></dialog>',
    )
    expect(restcomm.formatEnd({ ...turn, answers }, 'timed-out', 0)?.body).toContain(
      'type="Abort" appCntx="networkUnstructuredSsContext_version2" networkId="0" localId="12" remoteId="13" mapMessagesSize="0" returnMessageOnError="false" dialogTimedOut="true" userObject="s-42"',
    )
  })

  it('sends the latest value of every cookie, also with the end', () => {
    expect(restcomm.formatRequest(turn).headers).not.toHaveProperty('cookie')
    const answers = [{ cookie: 'a=1; b=2' }, {}, { cookie: 'a=3' }, {}].map((echo) => ({ answer, echo }))
    const { headers } = restcomm.formatRequest({ ...turn, replies: ['1', '2', '3', '4'], answers })
    expect(headers['cookie']).toBe('a=3; b=2')
    expect(restcomm.formatEnd({ ...turn, answers }, 'cancelled', 0)?.headers['cookie']).toBe('a=3; b=2')
  })

  it.each([
    ['cancelled', 'cancelled'],
    ['timed-out', 'timed-out'],
    ['failed', 'failed'],
  ] as const)('tells %s as such', (end, why) => {
    const call = restcomm.formatEnd(turn, end, 0)
    expect(call && restcomm.parseRequest(received(call))).toMatchObject({ ended: { why } })
  })

  it('splits a session id into localId and remoteId', () => {
    expect(restcomm.newSessionId()).toMatch(/^\d+:\d+$/)
  })
})

describe('RestComm over HTTP', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway.close('immediate'))

  /** Sends the charset as content encoding, like the real gateway, which fetch and Express would change. */
  const send = ({ headers, body }: WireCall) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request(`${gateway.url}/ussd/restcomm`, { method: 'POST', headers: { ...headers } }, (response) => {
        textOf(response).then((read) => resolve({ status: response.statusCode, body: read }), reject)
      })
        .on('error', reject)
        .end(body)
    })

  it('completes a dialogue with Content-Encoding: utf-8, and replays the answer to a duplicate', async () => {
    let turn = turnOf({ sessionId: '77:78', dialled: '*141*3*6#' })
    expect(restcomm.formatRequest(turn).headers['content-encoding']).toBe('utf-8')
    const shown: string[] = []
    for (const typed of [undefined, '1', '0', undefined]) {
      if (typed !== undefined) turn = { ...turn, replies: [...turn.replies, typed] }
      const call = restcomm.formatRequest(turn)
      const response = await send(call)
      expect(await send(call)).toEqual(response)
      const read = restcomm.parseResponse({ status: response.status ?? 0, type: '', body: response.body })
      if (read.kind !== 'answer') throw new Error(read.message)
      shown.push(`${read.answer.waits ? 'waits' : 'ends'}: ${read.answer.text.split('\n')[0] ?? ''}`)
      if (!read.answer.waits) break
      turn = { ...turn, answers: [...turn.answers, read] }
    }
    expect(shown.slice(0, 2)).toEqual([
      'waits: Доступ в личный кабинет открыт',
      expect.stringMatching(/^waits: /),
    ])
    expect(shown.at(-1)).toMatch(/^ends: /)
  })

  it('ends an aborted dialogue', async () => {
    const begun = turnOf({ sessionId: '79:80', dialled: '*141*3*6#' })
    const first = restcomm.parseResponse({
      ...(await send(restcomm.formatRequest(begun))),
      status: 200,
      type: '',
    })
    if (first.kind !== 'answer') throw new Error(first.message)
    const turn = { ...begun, answers: [first] }
    const over = restcomm.formatEnd(turn, 'cancelled', 0)
    expect(over && (await send(over))).toMatchObject({
      status: 200,
      body: expect.stringContaining('<dialog'),
    })
    const late = await send(restcomm.formatRequest({ ...turn, replies: ['1'] }))
    expect(late.body).toContain('processUnstructuredSSRequest_Response')
  })
})

describe('an application that identifies its dialogues by cookie', () => {
  it('receives the cookie with every reply and with the hang-up', async () => {
    const ask = (text: string) =>
      restcomm.formatAnswer({ text, waits: true }, {}).body.replace(/ userObject="[^"]*"/, '')
    const visits = new Map<string, number>()
    const application = await startForeignApplication(({ headers, body }, response) => {
      response.setHeader('Content-Type', 'text/xml')
      if (body.includes('type="Begin"')) {
        visits.set('s42', 0)
        response.setHeader('Set-Cookie', [
          'JSESSIONID=s42; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/; HttpOnly',
          'route=b',
        ])
        return void response.end(ask('Hello'))
      }
      const [, id = ''] = /(?:^|; )JSESSIONID=(\w+)/.exec(headers.cookie ?? '') ?? []
      const visit = visits.get(id)
      if (visit === undefined) return void response.writeHead(500).end()
      visits.set(id, visit + 1)
      response.end(ask(`Answer ${visit + 1}`))
    })
    try {
      const phone = '+375291234567'
      const handsets = createHandsets({ dialect: restcomm, callbackUrl: application.url })
      await handsets.type(phone, '*100#')
      await handsets.type(phone, '1')
      expect(await handsets.type(phone, '1')).toMatchObject({
        screen: { text: 'Answer 2', state: 'waiting' },
      })
      handsets.hangUp(phone)
      await handsets.whenIdle()
      const both = 'JSESSIONID=s42; route=b'
      expect(application.received.map(({ headers }) => headers.cookie)).toEqual([undefined, both, both, both])
      expect(application.received.at(-1)?.body).toContain('mapUserAbortChoice')
    } finally {
      await application.close()
    }
  })
})

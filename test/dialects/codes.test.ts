/** The code in the address of a callback, and the service code of a phone, in every dialect. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createGet, variants } from '../../src/dialects/get.ts'
import { networkDialects } from '../../src/dialects/index.ts'
import type { Dialect, WireCall } from '../../src/dialects/dialect.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { startForeignApplication } from '../simulator/foreign-application.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'
import { turnOf } from './dialect.conformance.ts'

const msisdn = '+375291234563'
const opened = 'Access to self-care is open\n1 Close it\n0 Exit'
const every = networkDialects('advanta')
// A gateway accepts one variant of the GET family.
const names = Object.keys(every).filter((name) => !/^get:(?!advanta)/.test(name))

function dialectOf(name: string): Dialect {
  const dialect = every[name]
  if (!dialect) throw new Error(name)
  return dialect
}

let sessions = 0
const begin = (dialect: Dialect, dialled: string) =>
  dialect.formatRequest(turnOf({ sessionId: `code-${sessions++}`, msisdn, dialled }))

describe('the code in the address', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway.close('immediate'))

  async function send({ name }: Dialect, { method, path, query, headers, body }: WireCall, address = '') {
    const url = `${gateway.url}/ussd/${name}${path}?${[address, query].filter(Boolean).join('&')}`
    const { 'content-encoding': _, ...plain } = headers
    const response = await fetch(url, { method, headers: plain, ...(method !== 'GET' && { body }) })
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: await response.text(),
      headers: Object.fromEntries(response.headers),
    }
  }
  async function textOf(dialect: Dialect, call: WireCall, address?: string) {
    const read = dialect.parseResponse(await send(dialect, call, address))
    return read.kind === 'answer' ? read.answer.text : read.message
  }

  describe.each(names)('in the dialect %s', (name) => {
    const dialect = dialectOf(name)

    it('replaces a dialled string that does not start with it', async () => {
      expect(await textOf(dialect, begin(dialect, '*384*77#'), 'code=*141*3*6%23')).toBe(opened)
      // By segments: *141 does not start with *14.
      const unknown = await textOf(dialect, begin(dialect, '*141*3*6#'), 'code=*14%23')
      expect(unknown).toBe(await textOf(dialect, begin(dialect, '*14#')))
    })

    it('leaves a dialled string that starts with it', async () => {
      for (const code of ['*141%23', '*141*3*6%23', '*141', '141']) {
        expect(await textOf(dialect, begin(dialect, '*141*3*6*1#'), `code=${code}`)).toMatch(/^Close access/)
      }
    })

    it('gives duplicates of the begin one identity, and does not touch later turns', async () => {
      const turn = turnOf({ sessionId: `code-${sessions++}`, msisdn, dialled: '*384*77#' })
      const first = dialect.formatRequest(turn)
      const screen = await send(dialect, first, 'code=*141*3*6%23')
      expect(await send(dialect, first, 'code=*141*3*6%23')).toEqual({
        ...screen,
        headers: expect.anything(),
      })
      const shown = dialect.parseResponse(screen)
      if (shown.kind !== 'answer') throw new Error(shown.message)
      const reply = dialect.formatRequest({ ...turn, replies: ['1'], answers: [shown] })
      expect(await textOf(dialect, reply, 'code=*100%23')).toMatch(/^Close access/)
      const outcomes = (await (await fetch(`${gateway.url}/metrics`)).text())
        .split('\n')
        .filter((line) => line.includes(`dialect="${dialect.name}"`) && line.includes('outcome="repeat"'))
      expect(outcomes).not.toEqual([])
    })

    it.each([
      ['empty', 'code='],
      ['no code', 'code=shop'],
      ['a code with an empty argument', 'code=*141*%23'],
      ['a digit prefix', 'code=*101%E2%80%A6%23'],
    ])('is rejected in the dialect if it is %s', async (_, address) => {
      const { status, body } = await send(dialect, begin(dialect, '*141*3*6#'), address)
      const problem = 'Bad request: code in the address must be a USSD code such as *141%23'
      expect({ status, body }).toMatchObject({
        status: dialect.formatError(400, problem).status,
        body: dialect.formatError(400, problem).body,
      })
    })

    it('is rejected if it is given twice', async () => {
      const { body } = await send(dialect, begin(dialect, '*141*3*6#'), 'code=*141%23&code=*142%23')
      expect(body).toBe(dialect.formatError(400, 'Bad request: code must be given once in the address').body)
    })
  })

  it.each<[string, string, (call: WireCall) => string]>([
    ['arkesel', 'userData', ({ body }) => body.replace('*141*3*6#', '')],
    ['nalo', 'USERDATA', ({ body }) => body.replace('*141*3*6#', '')],
    ['service-op', 'ussdString', ({ body }) => body.replace('*141*3*6#', '')],
    ['truroute', 'msg', ({ body }) => body.replace('*141*3*6#', '')],
    ['comviva', 'subscriberinput', ({ body }) => body.replace('141*3*6', '')],
    ['restcomm', 'string', ({ body }) => body.replace('string="*141*3*6#"', 'string=""')],
    ['infobip', 'text', ({ body }) => body.replaceAll('*141*3*6#', '')],
    ['hubtel:programmable', 'Message', ({ body }) => body.replace('*141*3*6#', '')],
  ])('applies to a begin of %s without a dialled string', async (name, field, without) => {
    const dialect = dialectOf(name)
    const empty = () => {
      const call = begin(dialect, '*141*3*6#')
      return { ...call, body: without(call) }
    }
    expect(await textOf(dialect, empty(), 'code=*141*3*6%23')).toBe(opened)
    const problem = `Bad request: ${field} must be a USSD code such as *141#`
    expect((await send(dialect, empty())).body).toBe(dialect.formatError(400, problem).body)
  })

  it("replaces the registered code of Africa's Talking, and keeps what was dialled behind it", async () => {
    const call = (text: string) =>
      dialectOf('africastalking').formatRequest(
        turnOf({ sessionId: 'shared', msisdn, dialled: '*384*77#', replies: text === '' ? [] : [text] }),
      )
    const at = 'code=*141%23'
    expect(await textOf(dialectOf('africastalking'), call('3*6'), at)).toBe(opened)
    expect(await textOf(dialectOf('africastalking'), call('3*6'), at)).toBe(opened)
    expect(await textOf(dialectOf('africastalking'), call('3*6*1'), at)).toMatch(/^Close access/)
  })

  it('stands beside the token, and phones use it', async () => {
    const guarded = await startGateway({ CALLBACK_TOKEN: 'correct-horse-battery-staple' })
    const url = `${guarded.url}/ussd/arkesel?token=correct-horse-battery-staple&code=*141*3*6%23`
    const handsets = createHandsets({ dialect: dialectOf('arkesel'), callbackUrl: url })
    expect(await handsets.type(msisdn, '*384*77#')).toMatchObject({ screen: { text: opened } })
    expect(await handsets.type(msisdn, '0')).toMatchObject({ screen: { state: 'ended' } })
    await guarded.close('immediate')
  })
})

describe('a variant of the GET family', () => {
  it.each(['code', 'token'])('cannot use the field %s', (name) => {
    for (const field of ['session', 'msisdn', 'code', 'input'] as const) {
      const { names } = variants.advanta
      expect(() => createGet({ ...variants.advanta, names: { ...names, [field]: name } })).toThrow(
        `A variant cannot use the field '${name}'`,
      )
    }
  })

  it.each(Object.entries(variants))('%s uses neither', (_, { names }) => {
    expect(Object.values(names)).not.toContain('code')
    expect(Object.values(names)).not.toContain('token')
  })
})

/** What the aggregator sends when `*384*123*1*2#` is dialled and `*384*123#` is registered. */
const sent: Readonly<
  Record<string, { readonly fields: readonly string[]; readonly whole: readonly string[] }>
> = {
  africastalking: {
    fields: ['serviceCode=%2A384%2A123%23', 'text=1%2A2&'],
    whole: ['serviceCode=%2A384%2A123%2A1%2A2%23', 'text=&'],
  },
  hubtel: {
    fields: ['"ServiceCode":"384*123"', '"Message":"*384*123*1*2#"'],
    whole: ['"ServiceCode":"384*123*1*2"'],
  },
  'hubtel:programmable': { fields: ['"Message":"*384*123*1*2#"'], whole: ['"Message":"*384*123*1*2#"'] },
  arkesel: { fields: ['"userData":"*384*123*1*2#"'], whole: ['"userData":"*384*123*1*2#"'] },
  nalo: { fields: ['"USERDATA":"*384*123*1*2#"'], whole: ['"USERDATA":"*384*123*1*2#"'] },
  'service-op': { fields: ['"ussdString":"*384*123*1*2#"'], whole: ['"ussdString":"*384*123*1*2#"'] },
  infobip: {
    fields: ['"text":"*384*123*1*2#"', '"shortCode":"*384*123#"'],
    whole: ['"shortCode":"*384*123*1*2#"'],
  },
  truroute: { fields: ['<msg>*384*123*1*2#</msg>'], whole: ['<msg>*384*123*1*2#</msg>'] },
  comviva: {
    fields: ['<subscriberInput>384*123*1*2</subscriberInput>'],
    whole: ['<subscriberInput>384*123*1*2</subscriberInput>'],
  },
  restcomm: { fields: ['string="*384*123*1*2#"'], whole: ['string="*384*123*1*2#"'] },
  get: { fields: ['USSDCODE=*384*123%23', 'INPUT=*384*123*1*2%23'], whole: ['USSDCODE=*384%23'] },
  'get:advanta': { fields: ['USSDCODE=*384*123%23', 'INPUT=*384*123*1*2%23'], whole: ['USSDCODE=*384%23'] },
  'get:kemru': { fields: ['USSDCODE=*384*123%23', 'INPUT=1*2'], whole: ['INPUT=123*1*2'] },
  'get:safaricom': { fields: ['DEST=384*123&', 'USSD_PARAMS=1*2'], whole: ['DEST=384&'] },
  'get:crossgate': {
    fields: ['service_code=*384*123%23', 'ussd_string=1*2'],
    whole: ['ussd_string=123*1*2'],
  },
}

describe('a phone with a service code', () => {
  it('covers every dialect of the network', () => {
    expect(Object.keys(sent).toSorted()).toEqual(Object.keys(every).toSorted())
  })

  it.each(Object.entries(sent))(
    'in the dialect %s sends what the aggregator sends',
    async (name, { fields, whole }) => {
      const application = await startForeignApplication(() => 'END Thanks')
      for (const [serviceCode, expected] of [
        ['*384*123#', fields],
        [undefined, whole],
      ] as const) {
        const handsets = createHandsets({
          dialect: dialectOf(name),
          callbackUrl: application.url,
          serviceCode,
        })
        await handsets.type(msisdn, '*384*123*1*2#')
        const { url, body } = application.received.at(-1) ?? { url: '', body: '' }
        for (const field of expected) expect(`${url}&${body}&`).toContain(field)
      }
      await application.close()
    },
  )

  it.each(Object.keys(every))('in the dialect %s reaches the same screens of a gateway', async (name) => {
    const [, variant = ''] = name.split(':')
    const gateway = await startGateway(name.startsWith('get:') ? { GET_VARIANT: variant } : {})
    const dialect = dialectOf(name)
    for (const serviceCode of ['*141#', '*141*3#', '*141*3*6#']) {
      const callbackUrl = `${gateway.url}/ussd/${dialect.name}`
      const handsets = createHandsets({ dialect, callbackUrl, serviceCode })
      expect(await handsets.type(msisdn, '*141*3*6#')).toMatchObject({ screen: { text: opened } })
      expect(await handsets.type(msisdn, '1')).toMatchObject({
        screen: { text: expect.stringMatching(/^Close access/) },
      })
      expect(await handsets.repeat(msisdn)).toMatchObject({ screen: { state: 'waiting' } })
      expect(await handsets.type(msisdn, '0')).toMatchObject({ screen: { state: 'ended' } })
    }
    await gateway.close('immediate')
  })

  it('does not dial a code that the network routes elsewhere', async () => {
    const application = await startForeignApplication(() => 'END Thanks')
    const route = { dialect: dialectOf('africastalking'), callbackUrl: application.url }
    const handsets = createHandsets({ ...route, serviceCode: '*384*123#' })
    for (const dialled of ['*384#', '*384*1234#', '*385*123#', '#384*123#']) {
      expect(await handsets.type(msisdn, dialled)).toEqual({
        kind: 'refused',
        message:
          'The network does not route this code to the application: it does not start with *384*123#, the registered service code.',
      })
    }
    expect(application.received).toEqual([])
    expect(await handsets.type(msisdn, '*384*123#')).toMatchObject({ screen: { text: 'Thanks' } })
    await application.close()
  })
})

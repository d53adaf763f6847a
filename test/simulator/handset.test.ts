import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { africastalking } from '../../src/dialects/africastalking.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import type { Handsets } from '../../src/simulator/handset.ts'
import type { Screen } from '../../src/simulator/screen.ts'
import { startForeignApplication, shop } from './foreign-application.ts'
import type { Answering, ForeignApplication } from './foreign-application.ts'
import type { Refused } from '../../src/simulator/dial-pad.ts'

const msisdn = '+375291234567'
const connectionProblem = 'Connection problem or invalid MMI code.'

const running: ForeignApplication[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((application) => application.close()))
})

async function phones(answering: Answering, options: Partial<Parameters<typeof createHandsets>[0]> = {}) {
  const application = await startForeignApplication(answering)
  running.push(application)
  const handsets = createHandsets({ dialect: africastalking, callbackUrl: application.url, ...options })
  return { application, handsets }
}

/** Types each input and returns the last screen. Fails on a rejected input. */
async function shown(handsets: Handsets, ...typed: string[]): Promise<Screen> {
  for (const text of typed) {
    const { kind } = await handsets.type(msisdn, text)
    expect(kind).toBe('screen')
  }
  return handsets.screen(msisdn)
}

/** Holds back answers until `next` takes them. */
function held() {
  const waiting: ServerResponse[] = []
  let arrived = () => {}
  const answering: Answering = (_received, response) => {
    waiting.push(response)
    arrived()
  }
  return {
    answering,
    next: async (): Promise<ServerResponse> => {
      while (waiting.length === 0) await new Promise<void>((resolve) => (arrived = resolve))
      return waiting.shift() as ServerResponse
    },
  }
}

describe('a handset', () => {
  it('sends the callback of the aggregator, byte for byte', async () => {
    const { application, handsets } = await phones(shop)
    await shown(handsets, ' *384*1# ', '1', '*100#')
    const [begin, ...later] = application.received
    expect(begin).toMatchObject({
      method: 'POST',
      url: '/callbacks/ussd',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(begin?.headers).not.toHaveProperty('authorization')
    expect(begin?.body).toMatch(
      /^phoneNumber=%2B375291234567&serviceCode=%2A384%2A1%23&text=&sessionId=ATUid_[0-9a-f]{32}&networkCode=25701$/,
    )
    expect(later.map(({ body }) => body)).toEqual([
      begin?.body.replace('&text=', '&text=1'),
      begin?.body.replace('&text=', '&text=1%2A%2A100%23'),
    ])
  })

  it("sends the network code of the number's country, or the given one", async () => {
    const { application, handsets } = await phones(() => 'END Bye')
    await handsets.type('+254712345678', '*384#')
    const route = { dialect: africastalking, callbackUrl: application.url, network: '63903' }
    await handsets.type('+254712345678', '*384#', route)
    const codes = application.received.map(({ body }) => new URLSearchParams(body).get('networkCode'))
    expect(codes).toEqual(['63902', '63903'])
  })

  it('ignores invisible characters in a code', async () => {
    const { application, handsets } = await phones(() => 'END Bye')
    await handsets.type(msisdn, '\u2066*384*\u00ad1\ufe0f#\u2069\u3000')
    expect(application.received[0]?.body).toContain('serviceCode=%2A384%2A1%23')
  })

  it('shows each screen with its size and state', async () => {
    const { application, handsets } = await phones(({ fields: { text } }) =>
      text === '' ? 'CON Вопрос\n1 да' : 'END Goodbye',
    )
    const first = await handsets.type(msisdn, '*141#')
    const session = application.received[0]?.fields['sessionId']
    expect(first).toEqual({
      kind: 'screen',
      screen: { session, state: 'waiting', text: 'Вопрос\n1 да', alphabet: 'ucs2', octets: 22 },
      before: { session: '', state: 'ended', text: '', alphabet: 'gsm7', octets: 0 },
    })
    expect(await shown(handsets, '1')).toEqual({
      session,
      state: 'ended',
      text: 'Goodbye',
      alphabet: 'gsm7',
      octets: 7,
    })
    await shown(handsets, '*141#')
    expect(application.received[2]?.fields['sessionId']).not.toBe(session)
  })

  it.each([
    ['Ussd-Input', 'plain'],
    ['Ussd-Asks', 'open'],
  ])('reads the input kind of a waiting screen from %s', async (header, plain) => {
    const kinds = ['secret', plain, 'anything', 'secret']
    const { handsets } = await phones((_received, response) => {
      response.setHeader(header, kinds.shift() ?? '')
      return kinds.length === 0 ? 'END Goodbye' : 'CON Question'
    })
    expect((await shown(handsets, '*141#')).asks).toBe('secret')
    expect((await shown(handsets, '1')).asks).toBe('plain')
    expect(await shown(handsets, '1')).not.toHaveProperty('asks')
    expect(await shown(handsets, '1')).not.toHaveProperty('asks')
  })

  it('sends its last callback again, byte for byte, even after the end of the dialogue', async () => {
    const { application, handsets } = await phones(shop)
    expect(await handsets.repeat(msisdn)).toEqual({
      kind: 'refused',
      message: 'This phone has sent no callback yet.',
    } satisfies Refused)
    const over = await shown(handsets, '*384#', '1', '1')
    expect(await handsets.repeat(msisdn)).toEqual({ kind: 'screen', screen: over, before: over })
    expect(application.received).toHaveLength(4)
    expect(application.received[3]?.body).toBe(application.received[2]?.body)
  })

  it('reports a different answer to a retried callback, and keeps its screen', async () => {
    let answers = 0
    const { handsets } = await phones(() => `CON ${answers++}`)
    const first = await shown(handsets, '*384#')
    const problem = 'The retried callback got a different answer.'
    expect(await handsets.repeat(msisdn)).toMatchObject({ screen: { ...first, problem } })
    expect(handsets.screen(msisdn)).toEqual(first)
  })

  it('sends its token, keeps the query of the URL, and reuses its connection', async () => {
    const application = await startForeignApplication(shop)
    running.push(application)
    const handsets = createHandsets({
      dialect: africastalking,
      callbackUrl: () => `${application.url}?channel=7`,
      token: 'sesame',
    })
    await shown(handsets, ...Array<string[]>(6).fill(['*141#', '1', '2']).flat())
    expect(application.received.map(({ url }) => url)).toEqual(Array(18).fill('/callbacks/ussd?channel=7'))
    expect(application.received.at(-1)?.headers.authorization).toBe('Bearer sesame')
    // A second connection may open while the first is being released.
    expect(application.connections()).toBeLessThan(3)
  })

  it('sends the query of a dialect, and no body with GET', async () => {
    const { application, handsets } = await phones(() => 'END ok', {
      dialect: {
        ...africastalking,
        formatRequest: ({ dialled }) => ({
          method: 'GET',
          path: '',
          headers: {},
          query: `code=${encodeURIComponent(dialled)}`,
          body: '',
        }),
      },
    })
    expect((await shown(handsets, '*141#')).text).toBe('ok')
    expect(application.received).toMatchObject([
      { method: 'GET', url: '/callbacks/ussd?code=*141%23', body: '' },
    ])
  })

  it('handles other codes itself, and never quotes them', async () => {
    const { application, handsets } = await phones(shop)
    const texts = new Set<string>()
    for (const typed of [
      '*21*80291#',
      '*#06#',
      '**05*80291802*8029*8029#',
      '*05*80291802*8029*8029#',
      '80291',
      '112',
    ]) {
      const screen = await shown(handsets, typed)
      expect(screen).toMatchObject({ session: '', state: 'ended', alphabet: 'gsm7' })
      expect(screen.text).toMatch(/^[A-Z].*\.$/)
      expect(screen.text).not.toContain('8029')
      expect(screen).not.toHaveProperty('problem')
      texts.add(screen.text)
    }
    expect(texts.size).toBe(3)
    expect(application.received).toEqual([])
  })

  it('rejects an invalid code, and keeps its screen', async () => {
    const { application, handsets } = await phones(() => 'END ok')
    const before = await shown(handsets, '*141#')
    for (const [typed, says] of [
      ['', 'Nothing was typed: dial a code such as *141*0#.'],
      ['   ', 'Nothing was typed: dial a code such as *141*0#.'],
      ['*14О#', 'A USSD code has digits, *, # and Latin letters: this one has other characters.'],
      [`*141*${'1'.repeat(177)}#`, 'This is too long: a USSD code takes at most 182 characters.'],
      ['*141#\n*141#', 'Type one line, without control characters.'],
    ] as const) {
      expect(await handsets.type(msisdn, typed)).toEqual({
        kind: 'refused',
        message: says,
      } satisfies Refused)
      expect(handsets.screen(msisdn)).toEqual(before)
    }
    expect(application.received).toHaveLength(1)
  })

  it('rejects a reply longer than one message, and continues the dialogue', async () => {
    const { application, handsets } = await phones(shop)
    await shown(handsets, '*141#')
    for (const [typed, says] of [
      ['1'.repeat(183), 'This is too long: one USSD message takes at most 182 characters.'],
      [
        'я'.repeat(81),
        'This is too long: one USSD message takes at most 80 characters that are not all Latin.',
      ],
      ['1\n2', 'Type one line, without control characters.'],
    ] as const) {
      expect(await handsets.type(msisdn, typed)).toEqual({
        kind: 'refused',
        message: says,
      } satisfies Refused)
    }
    expect(handsets.screen(msisdn)).toMatchObject({ state: 'waiting', text: 'Вопрос 1\n1 да' })
    await shown(handsets, '1'.repeat(182), 'й'.normalize('NFD').repeat(80))
    expect(application.received.at(-1)?.fields['text']).toBe(`${'1'.repeat(182)}*${'й'.repeat(80)}`)
  })

  it('sends an empty reply', async () => {
    const { application, handsets } = await phones(shop)
    await shown(handsets, '*141#', '', '1')
    expect(application.received.map(({ fields }) => fields['text'])).toEqual(['', '', '*1'])
  })

  it('sends every reply exactly as typed', async () => {
    const { application, handsets } = await phones(() => 'CON ok')
    const answer = fc.oneof(
      // Every dialect refuses U+FFFD: it is what a decoder leaves of invalid bytes.
      fc.string({ maxLength: 30, unit: 'grapheme' }).filter((text) => !text.includes('\ufffd')),
      fc.stringMatching(/^[0-9*#+ &=%]{1,8}$/),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 5 }), async (answers) => {
        handsets.hangUp(msisdn)
        await shown(handsets, '*141#')
        const sent: string[] = []
        for (const text of answers) {
          const { kind } = await handsets.type(msisdn, text)
          if (kind === 'screen') sent.push(text.normalize('NFC'))
        }
        const { body = '' } = application.received.at(-1) ?? {}
        expect(
          africastalking.parseRequest({ method: 'POST', path: '', query: {}, headers: {}, body }),
        ).toMatchObject({
          kind: 'callback',
          callback: { msisdn, reported: { kind: 'cumulative', code: '*141#', text: sent.join('*') } },
        })
      }),
      { numRuns: 60 },
    )
  })
})

describe('an application that fails', () => {
  const failing: [string, Answering, RegExp][] = [
    [
      'answers with status 500',
      (_received, response) => void response.writeHead(500).end('END secret 80291'),
      /^The application answered with status 500\.$/,
    ],
    [
      'redirects',
      (_received, response) => void response.writeHead(302, { Location: '/other' }).end(),
      /^The application answered with status 302\.$/,
    ],
    ['answers in another format', () => 'con 80291', /^The answer must begin with CON or END\.$/],
    ['answers with an empty body', () => '', /^The answer must begin with CON or END\.$/],
    ['answers with a byte order mark', () => '\ufeffEND ok', /^The answer must begin with CON or END\.$/],
    [
      'answers in another charset',
      (_received, response) => void response.end(Buffer.from('END \xcf\xe0', 'latin1')),
      /^The answer is not UTF-8\.$/,
    ],
    ['answers without end', () => `END ${'1'.repeat(20_000)}`, /^The answer is larger than any screen\.$/],
    [
      'closes the connection',
      (_received, response) => void response.destroy(),
      /^The application could not be reached: it closed the connection\.$/,
    ],
    ['does not answer', () => undefined, /^The application did not answer within 0\.05 s\.$/],
    [
      'does not finish its answer',
      (_received, response) => void response.write('END '),
      /^The application did not answer within 0\.05 s\.$/,
    ],
  ]

  it.each(failing)('%s: the dialogue ends with the failure text', async (_name, answering, problem) => {
    let isDown = false
    const isSlow = String(problem).includes('within')
    const dialect: Dialect = {
      ...africastalking,
      get answerTimeoutMs() {
        return isDown && isSlow ? 50 : 10_000
      },
    }
    const { application, handsets } = await phones(
      (received, response) => (isDown ? answering(received, response) : 'CON ok'),
      { dialect },
    )
    await shown(handsets, '*141#')
    isDown = true
    const screen = await shown(handsets, '80291')
    expect(screen).toMatchObject({ state: 'ended', text: connectionProblem, alphabet: 'gsm7', octets: 35 })
    expect(screen.session).toBe(application.received[0]?.fields['sessionId'])
    expect(screen.problem).toMatch(problem)
    expect(screen.problem).not.toContain('80291')
    isDown = false
    expect(await shown(handsets, '*141#')).toMatchObject({ state: 'waiting', text: 'ok' })
    expect(handsets.screen(msisdn)).not.toHaveProperty('problem')
    expect(application.received).toHaveLength(3)
  })

  it('is not listening: the dialogue ends with the failure text', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const handsets = createHandsets({
      dialect: africastalking,
      callbackUrl: `http://127.0.0.1:${port}/ussd?token=80291`,
    })
    expect(await shown(handsets, '*141#')).toMatchObject({
      state: 'ended',
      text: connectionProblem,
      problem: 'The application could not be reached: nothing listens at its address.',
    })
  })
})

describe('several inputs', () => {
  it('of one phone are processed in order', async () => {
    let together = 0
    const { application, handsets } = await phones(({ fields }, response) => {
      expect((together += 1)).toBe(1)
      setImmediate(() => {
        together -= 1
        response.end(`CON ${fields['text']}`)
      })
    })
    const typed = await Promise.all(['*141#', '1', '2', '3'].map((text) => handsets.type(msisdn, text)))
    expect(typed.map((each) => each.kind === 'screen' && each.screen.text)).toEqual(['', '1', '1*2', '1*2*3'])
    expect(application.received.map(({ fields }) => fields['text'])).toEqual(['', '1', '1*2', '1*2*3'])
  })

  it('of two phones are independent', async () => {
    const { answering, next } = held()
    const { handsets } = await phones(answering)
    const slow = handsets.type(msisdn, '*141#')
    const slowResponse = await next()
    const quick = handsets.type('+375441234567', '*141#')
    const quickResponse = await next()
    quickResponse.end('CON quick')
    await quick
    expect(handsets.screen('+375441234567')).toMatchObject({ state: 'waiting', text: 'quick' })
    expect(handsets.screen(msisdn)).toMatchObject({ state: 'ended', text: '' })
    slowResponse.end('END slow')
    await slow
    expect(handsets.screen(msisdn).text).toBe('slow')
  })
})

describe('hanging up', () => {
  it('ends the dialogue and clears the screen: the next input is dialled', async () => {
    const { application, handsets } = await phones(shop)
    const { session } = await shown(handsets, '*141#')
    handsets.hangUp(msisdn)
    expect(handsets.screen(msisdn)).toEqual({
      session,
      state: 'ended',
      text: '',
      alphabet: 'gsm7',
      octets: 0,
    })
    await shown(handsets, '80291')
    expect(application.received).toHaveLength(1)
  })

  it('does not wait for the application, and drops queued inputs', async () => {
    const { answering, next } = held()
    const { application, handsets } = await phones(answering, {
      // Longer than the test.
      dialect: { ...africastalking, answerTimeoutMs: 60_000 },
    })
    const typed = [handsets.type(msisdn, '*141#'), handsets.type(msisdn, '1')]
    await next()
    handsets.hangUp(msisdn)
    const blank = {
      kind: 'screen',
      screen: { session: '', state: 'ended', text: '', alphabet: 'gsm7', octets: 0 },
    }
    expect(await Promise.all(typed)).toMatchObject([blank, blank])
    const again = handsets.type(msisdn, '*100#')
    ;(await next()).end('END ok')
    expect(await again).toMatchObject({ screen: { text: 'ok' } })
    expect(application.received.map(({ fields }) => fields['serviceCode'])).toEqual(['*141#', '*100#'])
  })

  it('has no effect on an unused phone', async () => {
    const { handsets } = await phones(shop)
    handsets.hangUp(msisdn)
    expect(handsets.screen(msisdn)).toEqual({
      session: '',
      state: 'ended',
      text: '',
      alphabet: 'gsm7',
      octets: 0,
    })
  })
})

describe('the limits of the network', () => {
  it('end an expired dialogue: a late reply is dropped, a code begins a new one', async () => {
    const clock = { ms: 0 }
    const { application, handsets } = await phones(shop, { now: () => clock.ms })
    await shown(handsets, '*141#')
    clock.ms = 179_999
    expect(await shown(handsets, '1')).toMatchObject({ state: 'waiting' })
    clock.ms = 180_000
    const broken = {
      session: application.received[0]?.fields['sessionId'],
      state: 'ended',
      text: connectionProblem,
      problem: 'The network ended the dialogue after 180 s.',
    }
    expect(await shown(handsets, '7')).toMatchObject(broken)
    expect(application.received).toHaveLength(2)

    await shown(handsets, '*141#')
    clock.ms = 360_000
    expect(handsets.screen(msisdn)).toMatchObject({
      ...broken,
      session: application.received[2]?.fields['sessionId'],
    })
    await shown(handsets, '*141#')
    clock.ms = 540_000
    expect(await shown(handsets, '*141#')).toMatchObject({ state: 'waiting', text: 'Вопрос 1\n1 да' })
    expect(application.received).toHaveLength(5)
  })

  it('end an endless dialogue', async () => {
    const { application, handsets } = await phones(() => 'CON again')
    await shown(handsets, '*141#', ...Array<string>(500).fill('1'))
    expect(await shown(handsets, '1')).toMatchObject({
      state: 'ended',
      problem: 'The network ended the dialogue after 500 replies.',
    })
    expect(application.received).toHaveLength(501)
  })

  it('evict the least recently used phone, but no busy one', async () => {
    const { answering, next } = held()
    const { handsets } = await phones(answering, { maxPhones: 2 })
    const [first, second, third] = ['+375291234561', '+375291234562', '+375291234563'] as const
    const dial = async (phone: string) => {
      const typed = handsets.type(phone, '*141#')
      ;(await next()).end(`CON ${phone}`)
      await typed
    }
    await dial(first)
    const busy = handsets.type(first, '1')
    const response = await next()
    await dial(second)
    await dial(third)
    expect(handsets.screen(second).text).toBe('')
    expect(handsets.screen(third).text).toBe(third)
    response.end('END done')
    await busy
    expect(handsets.screen(first).text).toBe('done')
  })
})

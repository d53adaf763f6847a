import project from '../../menus/index.ts'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Dialect, NetworkTurn, ParsedResponse, WireCall } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/index.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'
import { received, turnOf } from './dialect.conformance.ts'

const msisdn = '+375291234567'
const puk1 = '12345678'

const passwordScreen = 'Личный кабинет. Введите новый пароль: 5-10 цифр\n0 Выход'
const open = 'Доступ в личный кабинет открыт\n1 Закрыть\n0 Выход'
const closed = 'Доступ в личный кабинет закрыт\n1 Открыть по PUK1\n0 Выход'

/** One gateway for all dialects: the state of one must not affect another. */
let gateway: Running
let aheadMs = 0
beforeAll(async () => {
  gateway = await startGateway({}, { store: createMemoryStore({ now: () => Date.now() + aheadMs }) })
})
afterAll(() => gateway.close('immediate'))

describe.each(Object.values(dialects))('the gateway, called in the dialect $name', (dialect) => {
  const address = () => `${gateway.url}/ussd/${dialect.name}`
  const cannot = new Set(dialect.limitations.map((inability) => inability.case))

  async function send({ method, path, query, headers, body }: WireCall) {
    const url = `${address()}${path}${query === '' ? '' : `?${query}`}`
    const response = await fetch(url, { method, headers, ...(method !== 'GET' && { body }) })
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    }
  }

  const say = async (turn: NetworkTurn): Promise<ParsedResponse> =>
    dialect.parseResponse(await send(dialect.formatRequest(turn)))

  const begin = (changed: Partial<NetworkTurn> = {}) =>
    turnOf({ sessionId: dialect.newSessionId(), msisdn, beganAtMs: Date.now(), ...changed })

  /** Returns the next turn of a dialogue. */
  const after = (turn: NetworkTurn, said: ParsedResponse, reply: string): NetworkTurn => {
    if (said.kind !== 'answer') throw new Error(said.message)
    return { ...turn, replies: [...turn.replies, reply], answers: [...turn.answers, said] }
  }

  /** Returns the screen after each input, 5 s apart. Fails on any problem. */
  async function phone(...typed: string[]): Promise<string[]> {
    const handsets = createHandsets({ dialect, callbackUrl: address() })
    const shown: string[] = []
    for (const text of typed) {
      aheadMs += 5000
      const result = await handsets.type(msisdn, text)
      if (result.kind === 'refused') throw new Error(result.message)
      expect(result.screen.problem).toBeUndefined()
      shown.push(result.screen.text)
    }
    expect(handsets.screen(msisdn).state).toBe('ended')
    return shown
  }

  it('sets a password that works at once', async () => {
    const password = String(47_000 + Object.keys(dialects).indexOf(dialect.name) * 13)
    expect(await phone('*141*0#', password, password)).toEqual([
      passwordScreen,
      'Повторите новый пароль\n0 Выход',
      'Пароль сохранён. Никому его не сообщайте',
    ])
    const login = await fetch(`${gateway.url}/self-care/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ msisdn, password }),
    })
    expect(login.status).toBe(201)
    expect(gateway.log()).not.toContain(password)
  })

  it('closes access, and opens it with PUK1', async () => {
    expect(await phone('*141*3*6#', '1', '2')).toEqual([
      open,
      'Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет',
      'Доступ закрыт. Чтобы открыть, наберите *141*3*6# и введите PUK1',
    ])
    expect(await phone('*141*3*6#', '1', puk1)).toEqual([
      closed,
      'Введите PUK1 вашей SIM-карты: 8 цифр\n0 Выход',
      'Доступ в личный кабинет открыт. Пароль можно задать: *141*0#',
    ])
    expect(gateway.log()).not.toContain(puk1)
  })

  it('accepts a deep dial', async () => {
    const [first] = await phone(...(cannot.has('deep-dial') ? ['*141*3*6#', '1', '0'] : ['*141*3*6*1#', '0']))
    expect(first).toMatch(cannot.has('deep-dial') ? /^Доступ / : /^Закрыть доступ/)
  })

  it('repeats the screen for an invalid choice, including #, * and Cyrillic', async () => {
    const shown = await phone('*141*3*6#', '#', '*', 'да', '7*7', '0')
    expect(shown.slice(1, -1)).toEqual(Array.from({ length: 4 }, () => `Неверный выбор\n${open}`))
  })

  it('replays the answer to a duplicate and repeats no effect', async () => {
    const first = begin()
    const screen = await say(first)
    expect(await say(first)).toEqual(screen)
    const closing = after(first, screen, '1')
    const question = await say(closing)
    expect(question).toMatchObject({ answer: { text: expect.stringMatching(/^Закрыть доступ/) } })
    expect(await say(closing)).toEqual(question)
    const [one, other] = await Promise.all([
      say(after(closing, question, '0')),
      say(after(closing, question, '0')),
    ])
    expect(one).toMatchObject({ answer: { text: 'Доступ не изменён. До свидания', waits: false } })
    expect(other).toEqual(one)
  })

  it('ends the dialogue on the notice of the network, if the dialect has one', async () => {
    const first = begin()
    const screen = await say(first)
    const end = cannot.has('cancel') ? 'timed-out' : 'cancelled'
    const call = dialect.formatEnd(first, end, Date.now())
    if (!call) {
      expect([...cannot]).toEqual(expect.arrayContaining(['cancel', 'time-out']))
      return
    }
    const acknowledged = dialect.formatEnded({})
    expect(await send(call)).toMatchObject({ status: 200, type: acknowledged.type })
    expect((await send(call)).status).toBe(200)
    const late = await say(after(first, screen, '1'))
    const isReported = !cannot.has(end === 'cancelled' ? 'cancel' : 'time-out')
    expect(late).toMatchObject({
      answer: isReported
        ? { text: systemMessages.ended.ru, waits: false }
        : { text: expect.stringMatching(/^Закрыть доступ/) },
    })
  })

  it('answers a reply without a dialogue with the expired message, unless it can be a begin', async () => {
    const screen: ParsedResponse = { kind: 'answer', answer: { text: open, waits: true }, echo: {} }
    const turn = after(begin(), screen, '1')
    const parsed = dialect.parseRequest(received(dialect.formatRequest(turn)))
    if (parsed.kind !== 'callback') throw new Error(`parsed as ${parsed.kind}`)
    const begins = parsed.callback.reported.kind === 'cumulative'
    expect(await say(turn)).toMatchObject({
      answer: begins ? { waits: true } : { text: systemMessages.expired.ru, waits: false },
    })
  })

  it('treats an equal reply as a duplicate if it is immediate or the dialect has turn identity', async () => {
    const first = begin({ dialled: '*141*0#' })
    const password = await say(first)
    const once = after(first, password, '47213')
    const repeatPassword = await say(once)
    const twice = after(once, repeatPassword, '47213')
    if (!cannot.has('repeat')) {
      expect(await say(twice)).toMatchObject({ answer: { waits: false } })
      return
    }
    expect(await say(twice)).toEqual(repeatPassword)
    aheadMs += 5000
    expect(await say(twice)).toMatchObject({ answer: { waits: false } })
  })

  it('does not serve an unknown number', async () => {
    expect(await say(begin({ msisdn: '+375297654321' }))).toMatchObject({
      answer: { text: project.messages.notServed['ru'], waits: false },
    })
  })

  it.each([
    ['of another country', '+254712345678'],
    ['that is not mobile', '+375171234567'],
  ])('does not serve a number %s, and acknowledges its end', async (_which, msisdn) => {
    const turn = begin({ msisdn })
    expect(await say(turn)).toMatchObject({
      answer: { text: project.messages.notServed['ru'], waits: false },
    })
    const end = dialect.formatEnd(turn, 'cancelled', turn.beganAtMs + 1000)
    if (end) expect((await send(end)).status).toBe(dialect.formatEnded({}).status)
  })

  it('rejects a malformed callback in the dialect, and never fails', async () => {
    const call = dialect.formatRequest(begin())
    const reference = dialect.formatError(400, 'x')
    const half = (text: string) => text.slice(0, text.length / 2)
    const bodies = ['', 'x', '[]', 'null', '{}', '{"a":', '<a>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']
    const calls: WireCall[] = [
      { ...call, query: half(call.query), body: half(call.body) },
      { ...call, query: '', body: `${call.body}${call.body}x` },
      {
        ...call,
        query: call.query.replaceAll('=', '=%00'),
        body: call.body.replaceAll('375291234567', '112'),
      },
      ...(call.method === 'GET' ? [] : bodies.map((body) => ({ ...call, body }))),
    ]
    for (const malformed of calls) {
      const response = await send(malformed)
      expect([200, 400]).toContain(response.status)
      expect(response.type).toBe(reference.type)
      expect(response.status).toBe(reference.status)
      const read = dialect.parseResponse({ ...response, status: 200 })
      expect(read.kind === 'answer' && read.answer.waits).toBe(false)
    }
  })

  it('rejects a large body and an unknown method in the dialect', async () => {
    const call = dialect.formatRequest(begin())
    const large = await send({ ...call, method: 'POST', body: 'x'.repeat(9000) }).catch(() => undefined)
    const refused = await fetch(`${address()}${call.path}`, { method: 'DELETE' })
    expect(refused.status).toBe(cannot.has('error-status') ? 200 : 405)
    for (const type of [large?.type, refused.headers.get('content-type')]) {
      if (type !== undefined) expect(type).toBe(dialect.formatError(405, '').type)
    }
    if (large && dialect.methods.includes('POST')) {
      expect(large.status).toBe(dialect.formatError(413, '').status)
    }
  })
})

describe('one number in several dialects at once', () => {
  it('has a separate dialogue in each', async () => {
    const every: Dialect[] = Object.values(dialects)
    const screens = await Promise.all(
      every.map(async (dialect) => {
        const handsets = createHandsets({ dialect, callbackUrl: `${gateway.url}/ussd/${dialect.name}` })
        await handsets.type(msisdn, '*141*3*6#')
        const last = await handsets.type(msisdn, '1')
        return last.kind === 'screen' ? last.screen.text : last.message
      }),
    )
    expect(new Set(screens)).toEqual(new Set(['Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет']))
  })
})

import { describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { parse } from 'node:querystring'
import fc from 'fast-check'
import type {
  Dialect,
  Inability,
  NetworkTurn,
  ParsedRequest,
  WireCall,
  WireRequest,
} from '../../src/dialects/dialect.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import type { Answer } from '../../src/gateway/ports.ts'
import { nextSession } from '../../src/gateway/records/session.ts'
import type { Session } from '../../src/gateway/records/session.ts'
import { createTurnClassifier } from '../../src/gateway/turn-identity.ts'
import type { TurnClass } from '../../src/gateway/turn-identity.ts'

const typable = (text: string) => !/[\p{Cc}\ufffd]/u.test(text)

/** What may be typed: answers of every script, empty ones, and such as look like the wire's own punctuation. */
const answers = fc.oneof(
  fc.string({
    unit: fc.constantFrom('0', '1', '2', '9', '*', '#', '+', '&', '=', '%', ' ', '|', '\\', '"', '<'),
  }),
  fc.string({ unit: fc.constantFrom('ы', 'й', 'ў', 'і', 'Ё', 'ґ', '1', ' ') }),
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter(typable),
)

const screens: fc.Arbitrary<Answer> = fc.record({
  text: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    answers,
    fc.constantFrom('', '\n', ' ', 'CON x', 'END ', 'Да\n1 Нет\n', '{"type":"Release"}', ']]></a>&amp;'),
  ),
  waits: fc.boolean(),
})

/** A dotted id would be resolved away where a dialect has it in the address; no aggregator has such ids. */
const isDots = (id: string) => /^\.{1,2}$/.test(id)

const sessionIds = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((id) => typable(id) && id.length <= 128 && !isDots(id))

const oddCodes = fc
  .tuple(fc.constantFrom('*', '#'), fc.string({ unit: fc.constantFrom('0', '1', '4', '*', '#') }))
  .map(([symbol, code]) => `${symbol}${code}#`)

/** A callback as a server gets it: the address as sent, the query taken apart, names of headers in lower case. */
export function received({ method, path, query, headers, body }: WireCall): WireRequest {
  const url = new URL('http://gateway/ussd/name')
  url.pathname += path
  url.search = query
  return {
    method,
    path: url.pathname.slice('/ussd/name'.length),
    query: { ...parse(url.search.slice(1)) },
    headers,
    body,
  }
}

/** A turn of the network before anything was answered, and whatever else a test wants otherwise. */
export const turnOf = (changed: Partial<NetworkTurn> = {}): NetworkTurn => ({
  sessionId: '7361928450',
  msisdn: '+375291234567',
  dialled: '*141*3*6#',
  replies: [],
  answers: [],
  beganAtMs: Date.UTC(2026, 9, 1),
  ...changed,
})

type Heard = Extract<ParsedRequest, { kind: 'callback' }>

/** What the network sent, as the gateway's end reads it. */
function heardBy(dialect: Dialect, turn: NetworkTurn): Heard {
  const parsed = dialect.parseRequest(received(dialect.formatRequest(turn)))
  if (parsed.kind !== 'callback') throw new Error(`it is no callback but ${JSON.stringify(parsed)}`)
  return parsed
}

const keyring = createKeyring({ current: randomBytes(32) })
const transcripts = createTurnClassifier({ keyring, repeatWithinMs: 3000 })

interface Talked {
  /** Of every turn: what it was taken for when it came, at once again, and again when a minute had gone. */
  readonly turns: readonly { first: TurnClass; atOnce: TurnClass; later: TurnClass }[]
}

/** A whole dialogue over the wire, a minute between the turns; `screens` are shown one after another, all of them waiting. */
function talk(dialect: Dialect, begin: NetworkTurn, replies: readonly string[]): Talked {
  let session: Session | undefined
  let nowMs = begin.beganAtMs
  let turn = begin
  const turns: Talked['turns'][number][] = []
  for (let said = 0; said <= replies.length; said++) {
    turn = { ...turn, replies: replies.slice(0, said) }
    const { callback, echo } = heardBy(dialect, turn)
    const first = transcripts.classify(callback, session, nowMs)
    const answer: Answer = { text: `Экран ${said}\n1 Да`, waits: true }
    if (first.kind === 'begin' || first.kind === 'reply') {
      const { id, key, heard } = first
      const rest = { menu: 'm', revision: 'r', latin: false, state: { value: 's', context: {} } }
      const idleMs = 900_000
      ;({ session } = nextSession(session, {
        ...rest,
        id,
        key,
        asksAgain: false,
        confirms: false,
        replaced: undefined,
        heard,
        answer,
        nowMs,
        idleMs,
      }))
    }
    const read = dialect.parseResponse(dialect.formatAnswer(answer, echo))
    if (read.kind !== 'answer') throw new Error(read.sentence)
    turns.push({
      first,
      atOnce: transcripts.classify(callback, session, nowMs + 1),
      later: transcripts.classify(callback, session, nowMs + 60_000),
    })
    turn = { ...turn, answers: [...turn.answers, { answer, echo: read.echo }] }
    nowMs += 60_000
  }
  return { turns }
}

/** What the gateway should make of a dialogue. */
const meant = (replies: readonly string[]) => [
  expect.objectContaining({ kind: 'begin' }),
  ...replies.map((reply) => expect.objectContaining({ kind: 'reply', typed: reply.normalize('NFC') })),
]

const isMeant = (dialect: Dialect, replies: readonly string[]): boolean =>
  talk(dialect, turnOf(), replies).turns.every(({ first }, at) =>
    at === 0 ? first.kind === 'begin' : first.kind === 'reply' && first.typed === replies[at - 1],
  )

const statuses = [400, 401, 403, 404, 405, 413, 503]

/** Whether a dialect says it after all. */
const says: Record<Inability['case'], (dialect: Dialect) => boolean> = {
  cancel: (dialect) => tellsEnd(dialect, 'cancelled'),
  'time-out': (dialect) => tellsEnd(dialect, 'timed-out'),
  'empty-answer': (dialect) => isMeant(dialect, ['1', '', '2', '']),
  'first-empty-answer': (dialect) => isMeant(dialect, ['']),
  repeat: (dialect) =>
    talk(dialect, turnOf(), ['1', '2']).turns.every(({ later }) => later.kind === 'repeat'),
  'deep-dial': (dialect) =>
    heardBy(dialect, turnOf({ dialled: '*141*3*6*1#' })).callback.dialled === '*141*3*6*1#',
  'error-status': (dialect) =>
    statuses.every((status) => dialect.formatError(status, 'Bad request').status === status),
}

function tellsEnd(dialect: Dialect, why: 'cancelled' | 'timed-out'): boolean {
  const turn = turnOf({ replies: ['1'] })
  const call = dialect.formatEnd(turn, why, turn.beganAtMs + 1000)
  const parsed = call && dialect.parseRequest(received(call))
  const { sessionId, msisdn } = turn
  return (
    parsed?.kind === 'ended' &&
    parsed.ended?.why === why &&
    parsed.ended.sessionId === sessionId &&
    parsed.ended.msisdn === msisdn
  )
}

/**
 * The suite that every dialect passes: its two ends understand each other, neither is upset by anybody else, and what it
 * cannot say is exactly what it lists.
 *
 * @param options.codes dialled strings it can carry; without it, any there may be
 */
export function conforms(
  dialect: Dialect,
  options: { readonly title?: string; readonly codes?: fc.Arbitrary<string> } = {},
): void {
  const { codes = oddCodes, title = `the dialect ${dialect.name}` } = options
  const cannot = new Set(dialect.cannot.map((inability) => inability.case))

  const begins: fc.Arbitrary<NetworkTurn> = fc
    .record({
      sessionId: sessionIds,
      msisdn: fc.constantFrom('+375291234567', '+375447654321', '+375257777777', '+375331112233'),
      dialled: cannot.has('deep-dial') ? fc.constantFrom('*141#', '*100#') : codes,
    })
    .map(turnOf)
  // Where an empty first answer cannot be said, a star at the beginning of the first is taken for the one behind it.
  const replies = fc
    .array(answers, { maxLength: 6 })
    .filter(
      (all) =>
        !(cannot.has('empty-answer') && all.includes('')) &&
        !(cannot.has('first-empty-answer') && /^(\*|$)/.test(all[0] ?? '1')),
    )
  const turns = fc.tuple(begins, replies).map(([begin, said]) => ({ ...begin, replies: said }))

  describe(title, () => {
    it.each(Object.entries(says))('says %s, or lists why it cannot', (name, isSaid) => {
      const reasons = dialect.cannot.filter((inability) => inability.case === name)
      expect(isSaid(dialect)).toBe(reasons.length === 0)
      for (const { because } of reasons) expect(because).not.toBe('')
    })

    it('reads what it writes: session, number and dialled string', () => {
      fc.assert(
        fc.property(begins, (begin) => {
          const { reported: heard, ...callback } = heardBy(dialect, begin).callback
          const { sessionId, msisdn, dialled } = begin
          expect(callback).toEqual({ dialect: dialect.name, sessionId, msisdn, dialled })
          if (heard.kind !== 'cumulative') expect(heard.typed).toBeUndefined()
        }),
      )
    })

    it('stays in its dialogue: the session and the number are the same in every turn', () => {
      fc.assert(
        fc.property(turns, (turn) => {
          const { sessionId, msisdn, dialled } = heardBy(dialect, turn).callback
          expect({ sessionId, msisdn }).toEqual({ sessionId: turn.sessionId, msisdn: turn.msisdn })
          expect(dialled).toMatch(/^([*#].*#)?$/)
        }),
      )
    })

    it('carries a whole dialogue: the begin, then every answer as it was typed', () => {
      fc.assert(
        fc.property(begins, replies, (begin, said) => {
          const { turns } = talk(dialect, begin, said)
          expect(turns.map(({ first }) => first)).toEqual(meant(said))
        }),
      )
    })

    it.each([
      ['*, # and +', ['#', '*', '+', '*100#', '1*2', '#1*', '+375', '**']],
      ['Cyrillic', ['Мінск', 'Ёлка', 'ў', 'й'.normalize('NFD')]],
      ['spaces and punctuation', ['a b', ' 1', '1 ', '&x=1', '%2A', '"', '<a>&amp;</a>', '\\n']],
      ['one digit again and again', ['1', '1', '1', '1']],
    ])('carries answers of %s', (_, said) => {
      expect(talk(dialect, turnOf(), said).turns.map(({ first }) => first)).toEqual(meant(said))
    })

    it('is recognised when it says the same again at once, the begin as well as an answer', () => {
      fc.assert(
        fc.property(begins, replies, (begin, said) => {
          for (const { atOnce } of talk(dialect, begin, said).turns) expect(atOnce.kind).toBe('repeat')
        }),
        { numRuns: 30 },
      )
    })

    it('makes session ids of its own, that it can say and that differ', () => {
      const ids = Array.from({ length: 50 }, () => dialect.newSessionId())
      expect(new Set(ids).size).toBe(50)
      for (const sessionId of ids) {
        expect(heardBy(dialect, turnOf({ sessionId })).callback.sessionId).toBe(sessionId)
      }
    })

    it('writes with a method it takes, and the same each time', () => {
      fc.assert(
        fc.property(turns, (turn) => {
          const call = dialect.formatRequest(turn)
          expect(dialect.methods).toContain(call.method)
          expect(dialect.formatRequest(turn)).toEqual(call)
          if (call.method === 'GET') expect(call.body).toBe('')
        }),
      )
    })

    it('tells an end as an end, whatever became of the dialogue, or does not tell it', () => {
      const ends = fc.constantFrom('completed', 'cancelled', 'timed-out', 'failed')
      fc.assert(
        fc.property(turns, ends, (turn, end) => {
          const call = dialect.formatEnd(turn, end, turn.beganAtMs + 1234)
          if (!call) return
          expect(dialect.methods).toContain(call.method)
          const parsed = dialect.parseRequest(received(call))
          if (parsed.kind !== 'ended') throw new Error(`it is taken for ${JSON.stringify(parsed)}`)
          if (end === 'completed') expect(parsed.ended).toBeUndefined()
          if (!parsed.ended) return
          const { dialect: name, sessionId, msisdn } = parsed.ended
          expect({ name, sessionId, msisdn }).toEqual({
            name: dialect.name,
            sessionId: turn.sessionId,
            msisdn: turn.msisdn,
          })
          expect(dialect.formatEnded(parsed.echo).status).toBe(200)
        }),
      )
    })

    it('reads on one end the answer that was written on the other, line breaks and all, in every turn', () => {
      fc.assert(
        fc.property(turns, screens, (turn, answer) => {
          const { echo } = heardBy(dialect, turn)
          const read = dialect.parseResponse(dialect.formatAnswer(answer, echo))
          expect(read).toMatchObject({ kind: 'answer', answer })
        }),
      )
    })

    it('gives back what the other side wants back, and means the same by it', () => {
      fc.assert(
        fc.property(turns, screens, (turn, answer) => {
          const { callback, echo } = heardBy(dialect, turn)
          const written = dialect.formatAnswer(answer, echo)
          for (const value of Object.values(echo)) {
            expect(typeof value).toBe('string')
            expect(value.length).toBeLessThanOrEqual(2000)
          }
          const read = dialect.parseResponse(written)
          if (read.kind !== 'answer') throw new Error(read.sentence)
          const reminded = { ...turn, answers: [{ answer, echo: read.echo }] }
          expect(heardBy(dialect, reminded).callback).toEqual(callback)
        }),
      )
    })

    it('says the charset of what it writes', () => {
      for (const response of [
        dialect.formatAnswer({ text: 'Баланс', waits: true }, {}),
        dialect.formatError(400, 'Bad request'),
        dialect.formatEnded({}),
      ]) {
        expect(response.type).toMatch(/charset=utf-8/i)
      }
    })

    it('says an error in its own form and with its status, and never as a screen that waits', () => {
      for (const status of statuses) {
        const response = dialect.formatError(status, 'Bad request: the number is missing')
        expect(response.status).toBe(cannot.has('error-status') ? 200 : status)
        const said = response.body + Object.values(response.headers ?? {}).join('\n')
        expect(said).toContain('Bad request: the number is missing')
        for (const as of [status, 200]) {
          const read = dialect.parseResponse({ ...response, status: as })
          expect(read.kind === 'answer' && read.answer.waits).toBe(false)
        }
      }
    })

    it('takes an application that answers with a failure, or with nothing, for malformed', () => {
      const written = dialect.formatAnswer({ text: 'x', waits: true }, {})
      const { headers: _, ...bare } = written
      for (const response of [
        { ...written, status: 500 },
        { ...written, status: 404 },
        { ...written, status: 302 },
        { ...bare, body: '' },
        { ...bare, type: 'text/html', body: '<!DOCTYPE html><html><body>It works!</body></html>' },
        { ...bare, type: 'application/json', body: 'null' },
        { ...bare, type: 'application/json', body: '[]' },
        { ...bare, type: 'application/json', body: '{}' },
        { ...bare, type: 'application/json', body: '{"__proto__":{"message":"x"}}' },
        { ...bare, type: 'text/xml', body: '<ussd></ussd>' },
      ]) {
        expect(dialect.parseResponse(response)).toEqual({ kind: 'malformed', sentence: expect.any(String) })
      }
    })

    it('takes any answer at all of an application, also one cut off or damaged', () => {
      const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.json())
      fc.assert(
        fc.property(screens, anything, fc.nat(), (answer, put, at) => {
          const written = dialect.formatAnswer(answer, {})
          const from = at % (written.body.length + 1)
          for (const body of [
            put,
            written.body.slice(0, from),
            written.body.slice(0, from) + put + written.body.slice(from),
          ]) {
            const read = dialect.parseResponse({ ...written, body })
            if (read.kind === 'answer') expect(typeof read.answer.text).toBe('string')
            else expect(read.sentence).not.toBe('')
          }
        }),
      )
    })

    it('takes anything at all: it makes something of it, or a sentence that quotes nothing', () => {
      const text = fc.string({ unit: 'binary', maxLength: 60 })
      const anything = fc.record({
        method: fc.constantFrom('GET' as const, 'POST' as const, 'PUT' as const),
        path: fc.oneof(
          fc.constant(''),
          text.map((path) => `/canary${path}`),
        ),
        query: fc.dictionary(text, fc.oneof(text, fc.array(text))),
        headers: fc.dictionary(text, text),
        body: fc.oneof(text, fc.json(), fc.webQueryParameters()).map((body) => `canary${body}`),
      })
      fc.assert(fc.property(anything, (given) => expectSense(dialect, given)))
    })

    it('takes a callback of it in which fields are missing, of another kind, twice or strange, or says so', () => {
      const strange = fc.constantFrom('', 'canary', '[]', '{}', 'null', '-1', '1e999', '[1]', '{"a":1}')
      fc.assert(
        fc.property(turns, fc.nat(), strange, (turn, at, put) => {
          const call = received(dialect.formatRequest(turn))
          const names = Object.keys(call.query)
          const name = names[at % Math.max(1, names.length)]
          if (name !== undefined) {
            const { [name]: _, ...without } = call.query
            expectSense(dialect, { ...call, query: without })
            expectSense(dialect, { ...call, query: { ...call.query, [name]: put } })
            expectSense(dialect, { ...call, query: { ...call.query, [name]: [put, put] } })
          }
          // Every quoted text of a JSON, every value of a form and every text of an XML body in turn becomes another one.
          const values = [...call.body.matchAll(/"(?:[^"\\]|\\.)*"|(?<=[=>])[^&<>]*/g)]
          const value = values[at % Math.max(1, values.length)]
          if (value) {
            const body =
              call.body.slice(0, value.index) + put + call.body.slice(value.index + value[0].length)
            expectSense(dialect, { ...call, body })
          }
          expectSense(dialect, { ...call, body: `[${call.body}]` })
          expectSense(dialect, { ...call, body: call.body + call.body })
          expectSense(dialect, { ...call, body: `{"__proto__":${call.body || 'null'}}` })
          expect(Object.keys(Object.prototype)).toEqual([])
        }),
      )
    })

    it('takes a callback that was damaged on its way, or says what is wrong with it', () => {
      const damage = fc.record({
        at: fc.nat(),
        cut: fc.nat(5),
        put: fc.string({ unit: 'binary', maxLength: 3 }),
      })
      fc.assert(
        fc.property(turns, damage, (turn, { at, cut, put }) => {
          const call = dialect.formatRequest(turn)
          const damaged = (whole: string) => {
            const from = at % (whole.length + 1)
            return whole.slice(0, from) + put + whole.slice(from + cut)
          }
          const whole = received(call)
          expectSense(dialect, {
            ...whole,
            query: { ...parse(damaged(call.query)) },
            body: damaged(call.body),
          })
          if (call.path !== '') expectSense(dialect, { ...whole, path: damaged(whole.path) })
        }),
      )
    })
  })
}

/** Whatever came, what was made of it can be trusted: the fields are of their form, and no sentence quotes it. */
function expectSense(dialect: Dialect, request: WireRequest): void {
  const parsed = dialect.parseRequest(request)
  switch (parsed.kind) {
    case 'malformed':
      return expect(parsed.sentence).toMatch(/^Bad request: (?!.*canary)/)
    case 'ended':
      return parsed.ended && expectForm(parsed.ended)
    case 'callback': {
      const { reported: heard, dialled } = parsed.callback
      expectForm(parsed.callback)
      expect(dialled).toMatch(/^([*#].*#)?$/)
      if (heard.kind === 'sequenced') expect(Number.isSafeInteger(heard.number)).toBe(true)
      if (heard.kind !== 'cumulative' && heard.typed === undefined) expect(dialled).not.toBe('')
      const typed = heard.kind === 'cumulative' ? heard.text : (heard.typed ?? '')
      expect(typable(typed)).toBe(true)
      expect(dialect.formatAnswer({ text: '', waits: false }, parsed.echo).status).toBe(200)
    }
  }
}

function expectForm({ sessionId, msisdn }: { readonly sessionId: string; readonly msisdn: string }): void {
  expect(sessionId.length).toBeGreaterThan(0)
  expect(sessionId.length).toBeLessThanOrEqual(128)
  expect(typable(sessionId)).toBe(true)
  expect(msisdn).toMatch(/^\+375\d{9}$/)
}

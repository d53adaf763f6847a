import { describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { parse } from 'node:querystring'
import fc from 'fast-check'
import { malformed } from '../../src/dialects/dialect.ts'
import type {
  Dialect,
  Limitation,
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

/** Replies in every script, including empty ones and those with punctuation of the wire formats. */
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

/** URL parsers remove `.` and `..` in a path. No aggregator uses such ids. */
const isDots = (id: string) => /^\.{1,2}$/.test(id)

const sessionIds = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((id) => typable(id) && id.length <= 128 && !isDots(id))

const oddCodes = fc
  .tuple(fc.constantFrom('*', '#'), fc.string({ unit: fc.constantFrom('0', '1', '4', '*', '#') }))
  .map(([symbol, code]) => `${symbol}${code}#`)

/** Converts a call to the request that a server receives. */
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

/** Returns the first turn of a dialogue, with changes. */
export const turnOf = (changed: Partial<NetworkTurn> = {}): NetworkTurn => ({
  sessionId: '7361928450',
  msisdn: '+375291234567',
  dialled: '*141*3*6#',
  replies: [],
  answers: [],
  beganAtMs: Date.UTC(2026, 9, 1),
  ...changed,
})

/** A number without `+`: an aggregator may leave it out, and the gateway resolves both. */
const digits = (msisdn: string) => msisdn.replace('+', '')

type ParsedCallback = Extract<ParsedRequest, { kind: 'callback' }>

/** Formats a turn at the network's end and parses it at the gateway's end. */
function transmit(dialect: Dialect, turn: NetworkTurn): ParsedCallback {
  const parsed = dialect.parseRequest(received(dialect.formatRequest(turn)))
  if (parsed.kind !== 'callback') throw new Error(`not a callback: ${JSON.stringify(parsed)}`)
  return parsed
}

const keyring = createKeyring({ current: randomBytes(32) })
const classifier = createTurnClassifier({ keyring, repeatWithinMs: 3000 })

interface Conversation {
  /** The classes of every turn: on arrival, as an immediate duplicate, and as a duplicate after a minute. */
  readonly turns: readonly { first: TurnClass; atOnce: TurnClass; later: TurnClass }[]
}

/** Runs a complete dialogue over the wire, with a minute between turns. */
function converse(dialect: Dialect, begin: NetworkTurn, replies: readonly string[]): Conversation {
  let session: Session | undefined
  let nowMs = begin.beganAtMs
  let turn = begin
  const turns: Conversation['turns'][number][] = []
  for (let said = 0; said <= replies.length; said++) {
    turn = { ...turn, replies: replies.slice(0, said) }
    const { callback, echo } = transmit(dialect, turn)
    const first = classifier.classify(callback, session, nowMs)
    const answer: Answer = { text: `Экран ${said}\n1 Да`, waits: true }
    if (first.kind === 'begin' || first.kind === 'reply') {
      const { id, key, position } = first
      const rest = { menu: 'm', revision: 'r', latin: false, state: { value: 's', context: {} } }
      const idleMs = 900_000
      ;({ session } = nextSession(session, {
        ...rest,
        id,
        key,
        asksAgain: false,
        confirms: false,
        replaced: undefined,
        format: 'compact',
        position,
        answer,
        nowMs,
        idleMs,
      }))
    }
    const read = dialect.parseResponse(dialect.formatAnswer(answer, echo))
    if (read.kind !== 'answer') throw new Error(read.message)
    turns.push({
      first,
      atOnce: classifier.classify(callback, session, nowMs + 1),
      later: classifier.classify(callback, session, nowMs + 60_000),
    })
    turn = { ...turn, answers: [...turn.answers, { answer, echo: read.echo }] }
    nowMs += 60_000
  }
  return { turns }
}

/** Returns the expected classes of a dialogue's turns. */
const expectedClasses = (replies: readonly string[]) => [
  expect.objectContaining({ kind: 'begin' }),
  ...replies.map((reply) => expect.objectContaining({ kind: 'reply', typed: reply.normalize('NFC') })),
]

const isUnderstood = (dialect: Dialect, replies: readonly string[]): boolean =>
  converse(dialect, turnOf(), replies).turns.every(({ first }, at) =>
    at === 0 ? first.kind === 'begin' : first.kind === 'reply' && first.typed === replies[at - 1],
  )

const statuses = [400, 401, 403, 404, 405, 413, 503]

/** Returns true if a dialect supports the case. */
const supports: Record<Limitation['case'], (dialect: Dialect) => boolean> = {
  cancel: (dialect) => tellsEnd(dialect, 'cancelled'),
  'time-out': (dialect) => tellsEnd(dialect, 'timed-out'),
  'empty-answer': (dialect) => isUnderstood(dialect, ['1', '', '2', '']),
  'first-empty-answer': (dialect) => isUnderstood(dialect, ['']),
  repeat: (dialect) =>
    converse(dialect, turnOf(), ['1', '2']).turns.every(({ later }) => later.kind === 'repeat'),
  'deep-dial': (dialect) =>
    transmit(dialect, turnOf({ dialled: '*141*3*6*1#' })).callback.dialled === '*141*3*6*1#',
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
    digits(parsed.ended.msisdn) === digits(msisdn)
  )
}

/**
 * Defines the suite that every dialect passes. Both ends agree, both tolerate any input, and the limitations are exactly those
 * that the dialect lists.
 *
 * @param options.codes dialled strings that the dialect supports; all by default
 */
export function conforms(
  dialect: Dialect,
  options: { readonly title?: string; readonly codes?: fc.Arbitrary<string> } = {},
): void {
  const { codes = oddCodes, title = `the dialect ${dialect.name}` } = options
  const cannot = new Set(dialect.limitations.map((inability) => inability.case))

  const begins: fc.Arbitrary<NetworkTurn> = fc
    .record({
      sessionId: sessionIds,
      msisdn: fc.constantFrom(
        '+375291234567',
        '+254712345678',
        '+436641234567',
        '+2250712345678',
        '+12025550123',
      ),
      dialled: cannot.has('deep-dial') ? fc.constantFrom('*141#', '*100#') : codes,
    })
    .map(turnOf)
  // Without support for an empty first reply, a leading star reads as the separator after one.
  const replies = fc
    .array(answers, { maxLength: 6 })
    .filter(
      (all) =>
        !(cannot.has('empty-answer') && all.includes('')) &&
        !(cannot.has('first-empty-answer') && /^(\*|$)/.test(all[0] ?? '1')),
    )
  const turns = fc.tuple(begins, replies).map(([begin, said]) => ({ ...begin, replies: said }))

  describe(title, () => {
    it.each(Object.entries(supports))('supports %s, or lists the reason why not', (name, isSupported) => {
      const reasons = dialect.limitations.filter((inability) => inability.case === name)
      expect(isSupported(dialect)).toBe(reasons.length === 0)
      for (const reason of reasons) expect(reason.reason).not.toBe('')
    })

    it('round-trips the session id, the number and the dialled string', () => {
      fc.assert(
        fc.property(begins, (begin) => {
          const { reported, ...callback } = transmit(dialect, begin).callback
          const { sessionId, msisdn, dialled } = begin
          expect({ ...callback, msisdn: digits(callback.msisdn) }).toEqual({
            dialect: dialect.name,
            sessionId,
            msisdn: digits(msisdn),
            dialled,
          })
          if (reported.kind !== 'cumulative') expect(reported.typed).toBeUndefined()
        }),
      )
    })

    it('keeps the session id and the number in every turn', () => {
      fc.assert(
        fc.property(turns, (turn) => {
          const { sessionId, msisdn, dialled } = transmit(dialect, turn).callback
          expect({ sessionId, msisdn: digits(msisdn) }).toEqual({
            sessionId: turn.sessionId,
            msisdn: digits(turn.msisdn),
          })
          expect(dialled).toMatch(/^([*#].*#)?$/)
        }),
      )
    })

    it('carries a complete dialogue: the begin, then every reply as typed', () => {
      fc.assert(
        fc.property(begins, replies, (begin, said) => {
          const { turns } = converse(dialect, begin, said)
          expect(turns.map(({ first }) => first)).toEqual(expectedClasses(said))
        }),
      )
    })

    it.each([
      ['*, # and +', ['#', '*', '+', '*100#', '1*2', '#1*', '+375', '**']],
      ['Cyrillic', ['Мінск', 'Ёлка', 'ў', 'й'.normalize('NFD')]],
      ['spaces and punctuation', ['a b', ' 1', '1 ', '&x=1', '%2A', '"', '<a>&amp;</a>', '\\n']],
      ['one digit again and again', ['1', '1', '1', '1']],
    ])('carries replies of %s', (_, said) => {
      expect(converse(dialect, turnOf(), said).turns.map(({ first }) => first)).toEqual(expectedClasses(said))
    })

    it('recognises an immediate duplicate of any turn', () => {
      fc.assert(
        fc.property(begins, replies, (begin, said) => {
          for (const { atOnce } of converse(dialect, begin, said).turns) expect(atOnce.kind).toBe('repeat')
        }),
        { numRuns: 30 },
      )
    })

    it('creates unique session ids that round-trip', () => {
      const ids = Array.from({ length: 50 }, () => dialect.newSessionId())
      expect(new Set(ids).size).toBe(50)
      for (const sessionId of ids) {
        expect(transmit(dialect, turnOf({ sessionId })).callback.sessionId).toBe(sessionId)
      }
    })

    it('formats a turn deterministically, with one of its methods', () => {
      fc.assert(
        fc.property(turns, (turn) => {
          const call = dialect.formatRequest(turn)
          expect(dialect.methods).toContain(call.method)
          expect(dialect.formatRequest(turn)).toEqual(call)
          if (call.method === 'GET') expect(call.body).toBe('')
        }),
      )
    })

    it('reports the end of a dialogue as an end, or not at all', () => {
      const ends = fc.constantFrom('completed', 'cancelled', 'timed-out', 'failed')
      fc.assert(
        fc.property(turns, ends, (turn, end) => {
          const call = dialect.formatEnd(turn, end, turn.beganAtMs + 1234)
          if (!call) return
          expect(dialect.methods).toContain(call.method)
          const parsed = dialect.parseRequest(received(call))
          if (parsed.kind !== 'ended') throw new Error(`parsed as ${JSON.stringify(parsed)}`)
          if (end === 'completed') expect(parsed.ended).toBeUndefined()
          if (!parsed.ended) return
          const { dialect: name, sessionId, msisdn } = parsed.ended
          expect({ name, sessionId, msisdn: digits(msisdn) }).toEqual({
            name: dialect.name,
            sessionId: turn.sessionId,
            msisdn: digits(turn.msisdn),
          })
          expect(dialect.formatEnded(parsed.echo).status).toBe(200)
        }),
      )
    })

    it('round-trips an answer, including line breaks, in every turn', () => {
      fc.assert(
        fc.property(turns, screens, (turn, answer) => {
          const { echo } = transmit(dialect, turn)
          const read = dialect.parseResponse(dialect.formatAnswer(answer, echo))
          expect(read).toMatchObject({ kind: 'answer', answer })
        }),
      )
    })

    it('returns echoed values without changing the callback', () => {
      fc.assert(
        fc.property(turns, screens, (turn, answer) => {
          const { callback, echo } = transmit(dialect, turn)
          const written = dialect.formatAnswer(answer, echo)
          for (const value of Object.values(echo)) {
            expect(typeof value).toBe('string')
            expect(value.length).toBeLessThanOrEqual(2000)
          }
          const read = dialect.parseResponse(written)
          if (read.kind !== 'answer') throw new Error(read.message)
          const reminded = { ...turn, answers: [{ answer, echo: read.echo }] }
          expect(transmit(dialect, reminded).callback).toEqual(callback)
        }),
      )
    })

    it('declares the charset of every response', () => {
      for (const response of [
        dialect.formatAnswer({ text: 'Баланс', waits: true }, {}),
        dialect.formatError(400, 'Bad request'),
        dialect.formatEnded({}),
      ]) {
        expect(response.type).toMatch(/charset=utf-8/i)
      }
    })

    it('formats an error with its status, and never as a waiting screen', () => {
      for (const status of statuses) {
        const response = dialect.formatError(status, 'Bad request: the number is required')
        expect(response.status).toBe(cannot.has('error-status') ? 200 : status)
        const said = response.body + Object.values(response.headers ?? {}).join('\n')
        expect(said).toContain('Bad request: the number is required')
        for (const as of [status, 200]) {
          const read = dialect.parseResponse({ ...response, status: as })
          expect(read.kind === 'answer' && read.answer.waits).toBe(false)
        }
      }
    })

    it('rejects a failed or empty answer of an application', () => {
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
        expect(dialect.parseResponse(response)).toEqual(malformed(expect.any(String) as never))
      }
    })

    it('handles any answer of an application, including truncated and corrupted ones', () => {
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
            else expect(read.message).not.toBe('')
          }
        }),
      )
    })

    it('handles any request, and quotes no input in an error', () => {
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
      fc.assert(fc.property(anything, (given) => expectValid(dialect, given)))
    })

    it('handles callbacks with missing, repeated or unusual fields', () => {
      const strange = fc.constantFrom('', 'canary', '[]', '{}', 'null', '-1', '1e999', '[1]', '{"a":1}')
      fc.assert(
        fc.property(turns, fc.nat(), strange, (turn, at, put) => {
          const call = received(dialect.formatRequest(turn))
          const names = Object.keys(call.query)
          const name = names[at % Math.max(1, names.length)]
          if (name !== undefined) {
            const { [name]: _, ...without } = call.query
            expectValid(dialect, { ...call, query: without })
            expectValid(dialect, { ...call, query: { ...call.query, [name]: put } })
            expectValid(dialect, { ...call, query: { ...call.query, [name]: [put, put] } })
          }
          // Replaces one JSON text, form value or XML text at a time.
          const values = [...call.body.matchAll(/"(?:[^"\\]|\\.)*"|(?<=[=>])[^&<>]*/g)]
          const value = values[at % Math.max(1, values.length)]
          if (value) {
            const body =
              call.body.slice(0, value.index) + put + call.body.slice(value.index + value[0].length)
            expectValid(dialect, { ...call, body })
          }
          expectValid(dialect, { ...call, body: `[${call.body}]` })
          expectValid(dialect, { ...call, body: call.body + call.body })
          expectValid(dialect, { ...call, body: `{"__proto__":${call.body || 'null'}}` })
          expect(Object.keys(Object.prototype)).toEqual([])
        }),
      )
    })

    it('handles corrupted callbacks', () => {
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
          expectValid(dialect, {
            ...whole,
            query: { ...parse(damaged(call.query)) },
            body: damaged(call.body),
          })
          if (call.path !== '') expectValid(dialect, { ...whole, path: damaged(whole.path) })
        }),
      )
    })
  })
}

/** Asserts that a parsed request has valid fields, or an error that quotes no input. */
function expectValid(dialect: Dialect, request: WireRequest): void {
  const parsed = dialect.parseRequest(request)
  switch (parsed.kind) {
    case 'malformed':
      return expect(parsed.message).toMatch(/^Bad request: (?!.*canary)/)
    case 'ended':
      return parsed.ended && expectForm(parsed.ended)
    case 'callback': {
      const { reported, dialled } = parsed.callback
      expectForm(parsed.callback)
      expect(dialled).toMatch(/^([*#].*#)?$/)
      if (reported.kind === 'sequenced') expect(Number.isSafeInteger(reported.number)).toBe(true)
      if (reported.kind !== 'cumulative' && reported.typed === undefined) expect(dialled).not.toBe('')
      const typed = reported.kind === 'cumulative' ? reported.text : (reported.typed ?? '')
      expect(typable(typed)).toBe(true)
      expect(dialect.formatAnswer({ text: '', waits: false }, parsed.echo).status).toBe(200)
    }
  }
}

function expectForm({ sessionId, msisdn }: { readonly sessionId: string; readonly msisdn: string }): void {
  expect(sessionId.length).toBeGreaterThan(0)
  expect(sessionId.length).toBeLessThanOrEqual(128)
  expect(typable(sessionId)).toBe(true)
  expect(msisdn).toMatch(/^\+?\d{1,64}$/)
}

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Dialect, NetworkTurn, WireRequest } from '../../src/dialects/dialect.ts'
import type { Answer, Callback } from '../../src/gateway/ports.ts'

const typable = (text: string) => !/\p{Cc}/u.test(text)

/** What may be typed: answers of every script, empty ones, and such as look like the wire's own punctuation. */
const answers = fc.oneof(
  fc.string({
    unit: fc.constantFrom('0', '1', '2', '9', '*', '#', '+', '&', '=', '%', ' ', '|', '\\', '"', '<'),
  }),
  fc.string({ unit: fc.constantFrom('ы', 'й', 'ў', 'і', 'Ё', 'ґ', '1', ' ') }),
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter(typable),
)

const turns: fc.Arbitrary<NetworkTurn> = fc.record({
  sessionId: fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((id) => typable(id) && id.length <= 128),
  msisdn: fc.constantFrom('+375291234567', '+375447654321', '+375257777777', '+375331112233'),
  dialled: fc
    .tuple(fc.constantFrom('*', '#'), fc.string({ unit: fc.constantFrom('0', '1', '4', '*', '#') }))
    .map(([symbol, code]) => `${symbol}${code}#`),
  replies: fc.array(answers, { maxLength: 6 }),
})

const screens: fc.Arbitrary<Answer> = fc.record({
  text: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    answers,
    fc.constantFrom('', '\n', ' ', 'CON x', 'END ', 'Да\n1 Нет\n'),
  ),
  waits: fc.boolean(),
})

/** A callback as a server gets it: the query taken apart, names of headers in lower case. */
export function received({ method, type, query, body }: ReturnType<Dialect['formatRequest']>): WireRequest {
  const fields: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    const before = fields[name]
    fields[name] = before === undefined ? value : [before, value].flat()
  }
  return { method, query: fields, headers: type === undefined ? {} : { 'content-type': type }, body }
}

/** What the network sent, as the gateway's end reads it. */
function heardBy(dialect: Dialect, turn: NetworkTurn): Callback {
  const parsed = dialect.parseRequest(received(dialect.formatRequest(turn)))
  if (parsed.kind !== 'callback') throw new Error(parsed.sentence)
  return parsed.callback
}

/** The suite that every dialect passes: its two ends understand each other, and neither is upset by anybody else. */
export function conforms(dialect: Dialect): void {
  describe(`the dialect ${dialect.name}`, () => {
    it('reads what it writes: session, number, dialled string and answers', () => {
      fc.assert(
        fc.property(turns, (turn) => {
          const { heard, ...callback } = heardBy(dialect, turn)
          const { sessionId, msisdn, dialled, replies } = turn
          expect(callback).toEqual({ dialect: dialect.name, sessionId, msisdn, dialled })
          const last = replies.at(-1)?.normalize('NFC')
          if (heard.kind === 'transcript') expect(heard.text).toBe(replies.join('*').normalize('NFC'))
          else expect(heard.typed).toBe(last)
          if (heard.kind !== 'numbered') return
          const begin = heardBy(dialect, { ...turn, replies: [] }).heard
          expect(begin.kind === 'numbered' && heard.number - begin.number).toBe(replies.length)
        }),
      )
    })

    it('writes with a method it takes', () => {
      fc.assert(
        fc.property(turns, (turn) => {
          expect(dialect.methods).toContain(dialect.formatRequest(turn).method)
        }),
      )
    })

    it('reads on one end the answer that was written on the other, line breaks and all', () => {
      fc.assert(
        fc.property(screens, (answer) => {
          expect(dialect.parseResponse(dialect.formatAnswer(answer))).toEqual({ kind: 'answer', answer })
        }),
      )
    })

    it('says the charset of what it writes', () => {
      for (const response of [
        dialect.formatAnswer({ text: 'Баланс', waits: true }),
        dialect.formatError(400, 'Bad request'),
      ]) {
        expect(response.type).toMatch(/charset=utf-8/i)
      }
    })

    it('says an error in its own form and with its status, and never as a screen that waits', () => {
      fc.assert(
        fc.property(fc.constantFrom(400, 401, 403, 404, 405, 413, 503), (status) => {
          const response = dialect.formatError(status, 'Bad request: the number is missing')
          expect(response.status).toBe(status)
          expect(response.body).toContain('Bad request: the number is missing')
          for (const as of [status, 200]) {
            const read = dialect.parseResponse({ ...response, status: as })
            expect(read.kind === 'answer' && read.answer.waits).toBe(false)
          }
        }),
      )
    })

    it('takes an application that answers with a failure, or with nothing, for malformed', () => {
      const { type, body } = dialect.formatAnswer({ text: 'x', waits: true })
      for (const response of [
        { status: 500, type, body },
        { status: 404, type, body },
        { status: 200, type, body: '' },
        { status: 200, type: 'text/html', body: '<!DOCTYPE html><html><body>It works!</body></html>' },
      ]) {
        expect(dialect.parseResponse(response)).toEqual({ kind: 'malformed', sentence: expect.any(String) })
      }
    })

    it('takes anything at all: it makes a callback of it, or a sentence that quotes nothing', () => {
      const text = fc.string({ unit: 'binary', maxLength: 60 })
      const request = fc.record({
        method: fc.constantFrom('GET' as const, 'POST' as const),
        query: fc.dictionary(text, fc.oneof(text, fc.array(text))),
        headers: fc.dictionary(text, text),
        body: fc.oneof(text, fc.json(), fc.webQueryParameters()),
      })
      fc.assert(
        fc.property(request, (given) => {
          const parsed = dialect.parseRequest({ ...given, body: `canary${given.body}` })
          if (parsed.kind === 'malformed') expect(parsed.sentence).toMatch(/^Bad request: (?!.*canary)/)
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
          const request = dialect.formatRequest(turn)
          const damaged = (whole: string) => {
            const from = at % (whole.length + 1)
            return whole.slice(0, from) + put + whole.slice(from + cut)
          }
          const query = damaged(request.query)
          const parsed = dialect.parseRequest(received({ ...request, query, body: damaged(request.body) }))
          if (parsed.kind === 'malformed') return expect(parsed.sentence).toMatch(/^Bad request: /)
          const { sessionId, msisdn, dialled } = parsed.callback
          expect(sessionId.length).toBeGreaterThan(0)
          expect(sessionId.length).toBeLessThanOrEqual(128)
          expect(msisdn).toMatch(/^\+375\d{9}$/)
          expect(dialled).toMatch(/^[*#].*#$/)
        }),
      )
    })
  })
}

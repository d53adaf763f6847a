import { randomInt } from 'node:crypto'
import { parse } from 'node:querystring'
import { z } from 'zod'
import { bareCode } from './code.ts'
import type { Dialect, NetworkTurn, WireResponse } from './dialect.ts'
import { fieldProblem, looseUssdString, msisdn, sessionId, typed, ussdString } from './encoding/fields.ts'

/** How one provider of the family writes a callback. */
export interface GetSettings {
  /** How the simulated network calls; the gateway takes both. */
  readonly method: 'GET' | 'POST'
  readonly names: Readonly<Record<'session' | 'msisdn' | 'code' | 'input', string>>
  /** Whether the code is sent as it is dialled, `*141#`, or bare, `141`. Either is taken. */
  readonly codeForm: 'dialled' | 'bare'
  /** `*141*3*6*1#`, or what stands behind the code, `3*6*1`. */
  readonly inputForm: 'full-dial-string' | 'suffix'
}

const advanta: GetSettings = {
  method: 'GET',
  names: { session: 'SESSIONID', msisdn: 'MSISDN', code: 'USSDCODE', input: 'INPUT' },
  codeForm: 'dialled',
  inputForm: 'full-dial-string',
}

/** The providers whose form is known. */
export const presets = {
  /** Advanta Africa, FastMessage, TechSavanna. */
  advanta,
  kemru: { ...advanta, inputForm: 'suffix' },
  /** Safaricom itself, as it was deployed in 2012-2014. */
  safaricom: {
    method: 'GET',
    names: { session: 'SESSION_ID', msisdn: 'ORIG', code: 'DEST', input: 'USSD_PARAMS' },
    codeForm: 'bare',
    inputForm: 'suffix',
  },
  /** That its input is a suffix is not written anywhere. */
  crossgate: {
    method: 'GET',
    names: { session: 'session_id', msisdn: 'msisdn', code: 'service_code', input: 'ussd_string' },
    codeForm: 'dialled',
    inputForm: 'suffix',
  },
} satisfies Record<string, GetSettings>

const Request = z.object({ session: sessionId, msisdn, code: looseUssdString, input: typed })

const plain = 'text/plain; charset=utf-8'

/**
 * The family of Kenyan providers that call with a query: the base code in one field, and in another the code, all that was
 * dialled behind it and every answer so far, joined with `*`. `CON ` or `END ` and the screen in plain text come back. No
 * field says where a dialogue begins: a session nobody knows does.
 */
export function createGet({ method, names, codeForm, inputForm }: GetSettings): Dialect {
  return {
    name: 'get',
    methods: ['GET', 'POST'],
    answerWithinMs: 10_000,
    cannot: [
      { case: 'cancel', because: 'nothing is sent when a dialogue is over' },
      { case: 'time-out', because: 'nothing is sent when a dialogue is over' },
    ],

    answersUnread: () => true,

    parseRequest({ method: sentWith, query, body }) {
      // Not POST alone: Express answers HEAD where GET is, and a turn must not be taken by it.
      const given = sentWith === 'GET' ? query : parse(body)
      const fields = Request.safeParse(
        Object.fromEntries(Object.entries(names).map(([field, name]) => [field, given[name]])),
      )
      if (!fields.success) return { kind: 'malformed', sentence: problemOf(fields.error) }
      const { session, msisdn, code, input } = fields.data
      const base = code.slice(0, -1)
      const isDialString = input === code || (input.startsWith(`${base}*`) && input.endsWith('#'))
      if (inputForm === 'full-dial-string' && !isDialString) {
        const sentence = `Bad request: ${names.input} is not the code, what was answered behind it, and #`
        return { kind: 'malformed', sentence }
      }
      const suffix = input === '' ? '' : `*${input}`
      const whole = inputForm === 'full-dial-string' ? input : `${base}${suffix}#`
      // Late in a dialogue it is longer than anything that can be dialled, and is no begin.
      const dialled = ussdString.safeParse(whole)
      return {
        kind: 'callback',
        callback: {
          dialect: 'get',
          sessionId: session,
          msisdn,
          dialled: dialled.success ? dialled.data : '',
          reported: {
            kind: 'cumulative',
            code,
            // With the code in front it is never empty, so that an empty first answer shows.
            text: inputForm === 'full-dial-string' ? input.slice(0, -1) : input,
            begins: 'unknown',
          },
        },
        echo: {},
      }
    },

    formatAnswer({ text, waits }) {
      return { status: 200, type: plain, body: `${waits ? 'CON' : 'END'} ${text}` }
    },

    formatEnded() {
      return { status: 200, type: plain, body: '' }
    },

    formatError(status, sentence) {
      return { status, type: plain, body: `END ${sentence}` }
    },

    newSessionId: () => String(randomInt(1e9, 1e10)),

    formatRequest(turn) {
      const { code, behind } = partsOf(turn)
      const input = inputForm === 'suffix' ? behind.join('*') : `${[code.slice(0, -1), ...behind].join('*')}#`
      const fields = new URLSearchParams({
        [names.session]: turn.sessionId,
        [names.code]: codeForm === 'bare' ? bareCode(code) : code,
        [names.msisdn]: turn.msisdn.slice(1),
        [names.input]: input,
      }).toString()
      return method === 'GET'
        ? { method, path: '', query: fields, headers: {}, body: '' }
        : {
            method,
            path: '',
            query: '',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: fields,
          }
    },

    parseResponse,

    formatEnd: () => undefined,
  }

  /** Names the field as the provider does. */
  function problemOf(error: z.ZodError): string {
    const issues = error.issues.map((issue) => ({
      ...issue,
      path: issue.path.map((part) => names[part as keyof typeof names]),
    }))
    return fieldProblem(new z.ZodError(issues))
  }
}

/** The family as most of its providers write it. */
export const get = createGet(presets.advanta)

/** The base code, up to the second `*` of what was dialled, and all that follows it. */
function partsOf({ dialled, replies }: NetworkTurn): { code: string; behind: readonly string[] } {
  const [, base, suffix] = /^(\*\d+)(?:\*(.+))?#$/.exec(dialled) ?? []
  if (base === undefined) return { code: dialled, behind: replies }
  return { code: `${base}#`, behind: suffix === undefined ? replies : [suffix, ...replies] }
}

function parseResponse({ status, body }: WireResponse): ReturnType<Dialect['parseResponse']> {
  if (status !== 200) return { kind: 'malformed', sentence: `the application answered with status ${status}` }
  const [, verb, text] = /^(CON|END) ([^]*)$/.exec(body) ?? []
  return text === undefined
    ? { kind: 'malformed', sentence: 'the answer begins with neither CON nor END' }
    : { kind: 'answer', answer: { text, waits: verb === 'CON' }, echo: {} }
}

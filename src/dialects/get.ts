import { randomInt } from 'node:crypto'
import { parse } from 'node:querystring'
import { z } from 'zod'
import { malformed } from './dialect.ts'
import type { Dialect, NetworkTurn, ParsedRequest, WireRequest } from './dialect.ts'
import { conEndAnswers, parseConEnd } from './encoding/con-end.ts'
import { bareCode, describeIssue, dialledAt, looseUssdString, msisdn } from './encoding/fields.ts'
import { sessionId, typed, ussdString } from './encoding/fields.ts'

/** The form in which one provider of the family writes a callback. */
export interface GetVariant {
  /** The method of the simulated network; the gateway accepts both. */
  readonly method: 'GET' | 'POST'
  readonly names: Readonly<Record<'session' | 'msisdn' | 'code' | 'input', string>>
  /** The form of the code: `*141#` as dialled, or `141` bare. The gateway accepts both. */
  readonly codeForm: 'dialled' | 'bare'
  /** The form of the input: `*141*3*6*1#` in full, or `3*6*1` without the code. */
  readonly inputForm: 'full-dial-string' | 'suffix'
}

const advanta: GetVariant = {
  method: 'GET',
  names: { session: 'SESSIONID', msisdn: 'MSISDN', code: 'USSDCODE', input: 'INPUT' },
  codeForm: 'dialled',
  inputForm: 'full-dial-string',
}

/** The known variants, by provider. */
export const variants = {
  /** Advanta Africa, FastMessage, TechSavanna. */
  advanta,
  kemru: { ...advanta, inputForm: 'suffix' },
  /** Safaricom's own gateway, as deployed in 2012-2014. */
  safaricom: {
    method: 'GET',
    names: { session: 'SESSION_ID', msisdn: 'ORIG', code: 'DEST', input: 'USSD_PARAMS' },
    codeForm: 'bare',
    inputForm: 'suffix',
  },
  /** Undocumented: the form of the input. */
  crossgate: {
    method: 'GET',
    names: { session: 'session_id', msisdn: 'msisdn', code: 'service_code', input: 'ussd_string' },
    codeForm: 'dialled',
    inputForm: 'suffix',
  },
} satisfies Record<string, GetVariant>

const Request = z.object({ session: sessionId, msisdn, code: looseUssdString, input: typed })

/**
 * Creates a dialect of the Kenyan providers that call with a query string. One field holds the base code. Another holds
 * everything dialled and replied so far, joined with `*`. The answer is plain text after `CON ` or `END `. No field marks the
 * begin of a dialogue: an unknown session id does.
 *
 * Throws a TypeError for a field `code` or `token`, which belong to the callback URL.
 */
export function createGet(variant: GetVariant): Dialect {
  const { method, names, codeForm, inputForm } = variant
  const reserved = Object.values(names).find((name) => name === 'code' || name === 'token')
  if (reserved !== undefined) {
    throw new TypeError(
      `A variant cannot use the field '${reserved}': it belongs to the callback URL. Use another name.`,
    )
  }
  return {
    name: 'get',
    methods: ['GET', 'POST'],
    answerTimeoutMs: 10_000,
    limitations: [
      { case: 'cancel', reason: 'no callback reports the end of a dialogue' },
      { case: 'time-out', reason: 'no callback reports the end of a dialogue' },
    ],

    canAnswerUnread: () => true,

    requestSchema: () =>
      z.object({
        [names.session]: sessionId,
        [names.msisdn]: msisdn,
        [names.code]: looseUssdString,
        [names.input]: typed,
      }),

    parseRequest: (request) => parseRequest(request, variant),

    ...conEndAnswers,

    newSessionId: () => String(randomInt(1e9, 1e10)),

    formatRequest(turn) {
      const { code, inputs } = partsOf(turn)
      const input = inputForm === 'suffix' ? inputs.join('*') : `${[code.slice(0, -1), ...inputs].join('*')}#`
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

    parseResponse: parseConEnd,

    formatEnd: () => undefined,
  }
}

/** The most common variant of the family. */
export const get = createGet(variants.advanta)

/** Splits a dialogue into the registered code, by default up to the second `*` of the dialled string, and all inputs after it. */
function partsOf({ dialled, serviceCode, replies }: NetworkTurn): {
  code: string
  inputs: readonly string[]
} {
  const code = serviceCode ?? dialled.replace(/^(\*\d+)\*.+#$/, '$1#')
  return { code, inputs: dialled === code ? replies : [dialled.slice(code.length, -1), ...replies] }
}

function parseRequest(
  { method, query, body, code: address }: WireRequest,
  { names, inputForm }: GetVariant,
): ParsedRequest {
  // Express routes HEAD to GET handlers. HEAD must not take a turn, so it counts as a POST without a body.
  const sent = method === 'GET' ? query : parse(body)
  const fields = Request.safeParse(
    Object.fromEntries(Object.entries(names).map(([field, name]) => [field, sent[name]])),
  )
  if (!fields.success) return malformed(problemOf(fields.error, names))
  const { session, msisdn, code, input } = fields.data
  const base = code.slice(0, -1)
  const isFull = inputForm === 'full-dial-string'
  const isDialString = input === code || (input.startsWith(`${base}*`) && input.endsWith('#'))
  if (isFull && !isDialString) {
    return malformed(`Bad request: ${names.input} must be the code, the replies after it, and #`)
  }
  const suffix = input === '' ? '' : `*${input}`
  // Late in a dialogue, it is longer than a dialled string can be. It is not a begin then.
  const dialled = ussdString.safeParse(isFull ? input : `${base}${suffix}#`)
  return {
    kind: 'callback',
    callback: {
      dialect: 'get',
      sessionId: session,
      msisdn,
      dialled: dialled.success ? (dialledAt(address, dialled.data) ?? '') : '',
      reported: {
        kind: 'cumulative',
        code,
        // Keeps the code in front: an empty first reply stays distinguishable from the begin.
        text: isFull ? input.slice(0, -1) : input,
        begins: 'unknown',
      },
    },
    echo: {},
  }
}

/** Returns the error with the provider's field names. */
function problemOf(error: z.ZodError, names: GetVariant['names']): string {
  const issues = error.issues.map((issue) => ({
    ...issue,
    path: issue.path.map((part) => names[part as keyof typeof names]),
  }))
  return describeIssue(new z.ZodError(issues))
}

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Dialect, End, NetworkTurn, ParsedRequest, WireCall } from './dialect.ts'
import { codeOfBegin, dialledAt, msisdn, noCode, normaliseCode, requiredField } from './encoding/fields.ts'
import { sessionId, typed } from './encoding/fields.ts'
import { jsonResponse, jsonText, orNothing, readRequest, readResponse, screenText } from './encoding/json.ts'
import type { JsonFields } from './encoding/json.ts'
import { postJson } from './encoding/json-dialect.ts'

/**
 * v1 answers in PascalCase, with capitalised types. Its successor, Programmable Services, answers in camelCase, has
 * lower-case types and a `Platform`, and may name the service by a GUID instead of its code.
 */
type Generation = 'v1' | 'programmable'

const type = <T extends string>(types: readonly [T, ...T[]]) =>
  z
    .preprocess(
      (value) => (typeof value === 'string' ? value.toLowerCase() : value),
      z.enum(types, {
        error: ({ input }) => (input === undefined ? 'is required' : `must be one of ${types.join(', ')}`),
      }),
    )
    .meta({ override: { enum: undefined, description: `${types.join(', ')}, in any case` } })

const notNumber = { error: 'must be a whole number' }

/** `Operator`, `ClientState` and `ExtraData` are ignored. */
const Request = z.object({
  Mobile: jsonText(msisdn),
  SessionId: jsonText(sessionId),
  ServiceCode: z.unknown().optional(),
  Type: type(['initiation', 'favorite', 'response', 'release', 'timeout']),
  Message: orAbsent(jsonText(typed.optional())),
  Sequence: orNothing(jsonText(z.string(notNumber).regex(/^\d{1,9}$/, notNumber))),
  Platform: z.unknown().optional(),
})

const Response = z.object({
  Type: type(['response', 'release']),
  Message: screenText,
  ClientState: orNothing(z.string({ error: 'must be text' })),
})

const why = { release: 'cancelled', timeout: 'timed-out' } as const

/** A service may be named by 32 hexadecimal digits, which are not a code. */
const guid = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/i

/**
 * Creates the dialect of Hubtel. A JSON POST carries the latest input in `Message` and its turn number in `Sequence`, as a
 * number or as text. The answer has `Type` and `Message`. The begin carries the dialled string. `Type` Release reports a
 * hang-up; Timeout reports that the subscriber or the application timed out. As in Hubtel's own libraries, names and types
 * are case-insensitive.
 *
 * @param generation of the network's end; the gateway's end accepts both
 */
export const createHubtel = (generation: Generation): Dialect => ({
  name: 'hubtel',
  methods: ['POST'],
  answerTimeoutMs: 5000,
  limitations: [],

  requestSchema: () => Request,

  parseRequest({ body, code }): ParsedRequest {
    const read = readRequest(body, Request, withNames(Object.keys(Request.shape)))
    if (read.kind === 'malformed') return read
    const { Mobile, SessionId, Type, Message, Sequence, Platform } = read.fields
    const session = { dialect: 'hubtel', sessionId: SessionId, msisdn: Mobile }
    const isProgrammable = Platform != null || /^[a-z]/.test(String(read.raw['Type']))
    const echo = { generation: isProgrammable ? 'programmable' : 'v1' }
    if (Type === 'release' || Type === 'timeout') {
      return { kind: 'ended', ended: { ...session, why: why[Type] }, echo }
    }
    const begins = Type !== 'response'
    if (!begins && Message === undefined) return requiredField('Message')
    const said = codeOf(begins ? Message : undefined, read.fields.ServiceCode)
    const dialled = begins ? dialledAt(code, said) : said
    if (begins && dialled === undefined) return noCode('Message')
    const typed = begins ? undefined : Message
    return {
      kind: 'callback',
      callback: {
        ...session,
        dialled: dialled ?? '',
        reported:
          Sequence === undefined
            ? { kind: 'latest-only', typed }
            : { kind: 'sequenced', number: Number(Sequence), typed },
      },
      echo,
    }
  },

  formatAnswer({ text, waits }, echo) {
    const type = waits ? 'Response' : 'Release'
    if (echo['generation'] !== 'programmable') return jsonResponse(200, { Type: type, Message: text })
    const dataType = waits ? 'input' : 'display'
    return jsonResponse(200, { type, message: text, label: '', dataType, fieldType: 'text' })
  },

  formatEnded(echo) {
    return echo['generation'] === 'programmable'
      ? jsonResponse(200, { type: 'Release', message: '' })
      : jsonResponse(200, { Type: 'Release', Message: '' })
  },

  formatError(status, message) {
    return jsonResponse(status, { Type: 'Release', Message: message })
  },

  newSessionId: () => randomBytes(generation === 'v1' ? 8 : 10).toString('hex'),

  formatRequest(turn) {
    const { dialled, replies } = turn
    return replies.length === 0
      ? formatCall(generation, turn, 'Initiation', dialled, 1)
      : formatCall(generation, turn, 'Response', replies.at(-1) ?? '', replies.length + 1)
  },

  parseResponse(response) {
    const read = readResponse(response, Response, withNames(Object.keys(Response.shape)))
    if (read.kind === 'malformed') return read
    const { Type, Message, ClientState } = read.fields
    return {
      kind: 'answer',
      answer: { text: Message, waits: Type === 'response' },
      echo: ClientState === undefined ? {} : { ClientState },
    }
  },

  formatEnd(turn, end) {
    const type = typeOfEnd[end]
    return type && formatCall(generation, turn, type, '', turn.replies.length + 2)
  },
})

/** The default variant: the simulated network sends v1. */
export const hubtel = createHubtel('v1')

/** Timeout also reports an application that failed to answer. */
const typeOfEnd: Record<End, 'Release' | 'Timeout' | undefined> = {
  completed: undefined,
  cancelled: 'Release',
  'timed-out': 'Timeout',
  failed: 'Timeout',
}

/** Makes a field optional; `null` counts as absent. */
function orAbsent<T extends z.ZodType<unknown>>(field: T) {
  return z.preprocess((value) => value ?? undefined, field.optional())
}

/** Returns a function that finds fields by case-insensitive name. If two names differ only in case, the last one wins. */
function withNames(names: readonly string[]): (fields: JsonFields) => JsonFields {
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]))
  return (fields) => {
    const found: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(fields)) {
      const canonical = byLowerCase.get(name.toLowerCase())
      if (canonical !== undefined) found[canonical] = value
    }
    return found
  }
}

/** Returns the code of a callback. `message` is that of a begin. */
function codeOf(message: string | undefined, serviceCode: unknown): string | undefined {
  const service =
    typeof serviceCode === 'string' && !guid.test(serviceCode) ? normaliseCode(serviceCode) : undefined
  return message === undefined ? service : codeOfBegin(message, service)
}

function formatCall(
  generation: Generation,
  { sessionId, msisdn, network, dialled, serviceCode = dialled, answers }: NetworkTurn,
  type: 'Initiation' | 'Response' | 'Release' | 'Timeout',
  message: string,
  sequence: number,
): WireCall {
  const state = answers.at(-1)?.echo['ClientState']
  const isV1 = generation === 'v1'
  const call = postJson({
    Mobile: msisdn.slice(1),
    SessionId: sessionId,
    ServiceCode: isV1 ? serviceCode.replace(/^[*#]|#$/g, '') : '5b0e6f2d8c4a4f1c9d7e3a2b1c0d9e8f',
    Type: isV1 ? type : type.toLowerCase(),
    Message: message,
    Operator: network ?? (isV1 ? 'mtn' : 'mtn-gh'),
    Sequence: isV1 ? sequence : String(sequence),
    ...(state !== undefined && { ClientState: state }),
    ...(!isV1 && { Platform: 'USSD', ExtraData: {} }),
  })
  return { ...call, headers: { ...call.headers, accept: 'application/json' } }
}

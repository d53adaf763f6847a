/** Reading and writing the JSON of dialects. */
import { z } from 'zod'
import { malformed } from '../dialect.ts'
import type { Malformed, WireResponse } from '../dialect.ts'
import { describeIssue } from './fields.ts'

export type JsonFields = Readonly<Record<string, unknown>>

type JsonObject =
  | { readonly kind: 'object'; readonly fields: JsonFields }
  /** `problem` completes a sentence about the body and quotes none of it. */
  | { readonly kind: 'malformed'; readonly problem: string }

/**
 * Parses a body that must be one JSON object (RFC 8259). The result has no prototype: `constructor` is a field only if it was
 * sent, and `__proto__` is an ordinary field. The last of duplicate names wins. A byte order mark is ignored (RFC 8259, 8.1).
 */
function parseObject(body: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(body.replace(/^\ufeff/, ''))
  } catch {
    // The engine's message quotes the body.
    return { kind: 'malformed', problem: 'must be JSON' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'malformed', problem: 'must be a JSON object' }
  }
  return { kind: 'object', fields: Object.assign(Object.create(null), value) as JsonFields }
}

/** Accepts a text that some senders write as a number: 2 becomes `2`. An array is rejected as a value that is not text. */
export const jsonText = <T extends z.ZodType<unknown>>(field: T) =>
  z
    .preprocess((value) => {
      if (Array.isArray(value)) return null
      return Number.isSafeInteger(value) && Number(value) >= 0 ? String(value) : value
    }, field)
    .meta({ override: orInteger })

/** Adds the numbers to the JSON Schema of a text: OpenAPI would list only what the inner schema accepts. */
const orInteger = ({ jsonSchema }: { readonly jsonSchema: { type?: unknown; enum?: unknown[] } }) => {
  jsonSchema.type = ['string', 'integer']
  if (jsonSchema.enum) jsonSchema.enum = jsonSchema.enum.flatMap((digits) => [digits, Number(digits)])
}

/** Makes a field optional; `null` and the empty text count as absent. */
export const orNothing = <T extends z.ZodType<unknown>>(field: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), field.optional())

/** A boolean in any form that senders use: `true`, `"true"`, `1`, `"1"`. */
export const flag = z.preprocess(
  (value) => flags.get(typeof value === 'string' ? value.toLowerCase() : value) ?? value,
  z.boolean({ error: ({ input }) => (input === undefined ? 'is required' : 'must be true or false') }),
)

const flags = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  [1, true],
  ['false', false],
  ['0', false],
  [0, false],
])

export const jsonType = 'application/json; charset=utf-8'

export const jsonResponse = (status: number, fields: object): WireResponse => ({
  status,
  type: jsonType,
  body: JSON.stringify(fields),
})

type Read<T> =
  /** `raw` holds the fields as sent. */
  { readonly kind: 'fields'; readonly fields: T; readonly raw: JsonFields } | Malformed

/** Parses a callback by its schema, after `prepare`. An error quotes no input. */
export function readRequest<T>(
  body: string,
  schema: z.ZodType<T>,
  prepare: (fields: JsonFields) => JsonFields = (fields) => fields,
): Read<T> {
  const object = parseObject(body)
  if (object.kind === 'malformed') return malformed(`Bad request: the body ${object.problem}`)
  const raw = prepare(object.fields)
  const parsed = schema.safeParse(raw)
  return parsed.success
    ? { kind: 'fields', fields: parsed.data, raw }
    : malformed(describeIssue(parsed.error))
}

/** Parses an application's answer by its schema, after `prepare`. */
export function readResponse<T>(
  { status, body }: WireResponse,
  schema: z.ZodType<T>,
  prepare: (fields: JsonFields) => JsonFields = (fields) => fields,
): Read<T> {
  if (status !== 200) return malformed(`the application answered with status ${status}`)
  const object = parseObject(body)
  if (object.kind === 'malformed') return malformed(`the answer ${object.problem}`)
  const raw = prepare(object.fields)
  const parsed = schema.safeParse(raw)
  if (parsed.success) return { kind: 'fields', fields: parsed.data, raw }
  const [issue] = parsed.error.issues
  return malformed(`in the answer ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is invalid'}`)
}

/** The text of a screen, of any length. */
export const screenText = z.string({
  error: ({ input }) => (input === undefined ? 'is required' : 'must be text'),
})

/** What the dialects that speak JSON have in common. */
import { z } from 'zod'
import type { WireResponse } from '../dialect.ts'
import { fieldProblem } from './fields.ts'

export type JsonFields = Readonly<Record<string, unknown>>

type JsonObject =
  | { readonly kind: 'object'; readonly fields: JsonFields }
  /** `problem` is the end of a sentence about the body; it quotes nothing. */
  | { readonly kind: 'malformed'; readonly problem: string }

/**
 * A body (RFC 8259) that must be one object. It has no prototype, so that a name such as `constructor` is a field only where
 * one was sent, and `__proto__` a field as any other. Of a name that is there twice the last one counts. A byte order mark is
 * overlooked (RFC 8259 8.1).
 */
function parseObject(body: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(body.replace(/^\ufeff/, ''))
  } catch {
    // The engine's own message quotes the body.
    return { kind: 'malformed', problem: 'is not JSON' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'malformed', problem: 'is not a JSON object' }
  }
  return { kind: 'object', fields: Object.assign(Object.create(null), value) as JsonFields }
}

/** A text of a JSON object, which some write as a number: 2 is `2`. An array is no field given twice here. */
export const jsonText = <T extends z.ZodType<unknown>>(field: T) =>
  z.preprocess((value) => {
    if (Array.isArray(value)) return null
    return Number.isSafeInteger(value) && Number(value) >= 0 ? String(value) : value
  }, field)

/** Left out, `null` or empty: some write all fields always. */
export const orNothing = <T extends z.ZodType<unknown>>(field: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), field.optional())

/** True or false, in any form in which it is sent: `true`, `"true"`, `1`, `"1"`. */
export const flag = z.preprocess(
  (value) => flags.get(typeof value === 'string' ? value.toLowerCase() : value) ?? value,
  z.boolean({ error: ({ input }) => (input === undefined ? 'is missing' : 'is neither true nor false') }),
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
  /** `raw`: the fields as they were sent. */
  | { readonly kind: 'fields'; readonly fields: T; readonly raw: JsonFields }
  | { readonly kind: 'malformed'; readonly sentence: string }

const malformed = (sentence: string) => ({ kind: 'malformed' as const, sentence })

/** A callback by its schema; else what is wrong with it, in a sentence that quotes nothing. `prepare` goes first. */
export function readRequest<T>(
  body: string,
  schema: z.ZodType<T>,
  prepare: (fields: JsonFields) => JsonFields = (fields) => fields,
): Read<T> {
  const object = parseObject(body)
  if (object.kind === 'malformed') return malformed(`Bad request: the body ${object.problem}`)
  const raw = prepare(object.fields)
  const parsed = schema.safeParse(raw)
  return parsed.success ? { kind: 'fields', fields: parsed.data, raw } : malformed(fieldProblem(parsed.error))
}

/** An application's answer by its schema; else what is wrong with it, in a sentence. `prepare` goes first. */
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
  return malformed(`in the answer ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}`)
}

/** The text of an answer: any there may be, also empty. */
export const screenText = z.string({
  error: ({ input }) => (input === undefined ? 'is missing' : 'is not text'),
})

import type { z } from 'zod'
import { UssdError } from '../../engine/errors.ts'

/** The stored formats of sessions and subscribers. Versions up to 0.1 read `json` only (decision 0046). */
export const recordFormats = ['compact', 'json'] as const
export type RecordFormat = (typeof recordFormats)[number]

/** The first character of a record in the compact format. JSON begins with a brace. */
export const COMPACT = '2'

/** Parses a stored record. Throws `USSD_RECORD_CORRUPT` with the paths of the invalid fields, never with their values. */
export const parseRecord = <T>(schema: z.ZodType<T>, stored: string): T => validate(schema, parseJson(stored))

/** Validates a parsed record. Throws as `parseRecord` does. */
export function validate<T>(schema: z.ZodType<T>, record: unknown): T {
  const parsed = schema.safeParse(record)
  if (parsed.success) return parsed.data
  const paths = parsed.error.issues.map(({ path }) => path.join('.') || 'the whole record')
  throw new UssdError('USSD_RECORD_CORRUPT', { detail: [...new Set(paths)].join(', ') })
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A cause would quote the record.
    throw new UssdError('USSD_RECORD_CORRUPT', { detail: 'not JSON' })
  }
}

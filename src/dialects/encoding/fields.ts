/** The fields that dialects have in common, parsed once for all: what passes here is trusted behind it. */
import { z } from 'zod'
import { parseMsisdn } from '../../ussd/msisdn.ts'

/** Line breaks, other control characters and halves of a pair are typed by nobody; in logs and keys they would do harm. */
const hasControls = /[\p{Cc}\p{Cs}]/u

/** Why a value that should be text is none. */
const noText = (input: unknown) =>
  input === undefined ? 'is missing' : Array.isArray(input) ? 'is given twice' : 'is not text'

const text = (longest: number) =>
  z
    .string({ error: ({ input }) => noText(input) })
    .max(longest, { error: 'is too long' })
    .refine((value) => !hasControls.test(value), { error: 'has control characters' })
    // What stands for bytes that are none: two texts that differ in them would be one.
    .refine((value) => !value.includes('\ufffd'), { error: 'is not UTF-8' })

/** The aggregator's handle of a dialogue: opaque, 1 to 128 characters. */
export const sessionId = text(128).min(1, { error: 'is missing' })

/** A Belarusian mobile number in any form that is written (E.164 with `+` comes out). */
export const msisdn = text(64).transform((raw, context) => {
  const parsed = parseMsisdn(raw)
  if (parsed.kind === 'msisdn') return parsed.e164
  context.addIssue({ code: 'custom', message: 'is not a mobile number of Belarus' })
  return z.NEVER
})

/** A dialled string: it begins with `*` or `#` and ends with `#`; at most 182 characters, as one USSD message. */
export const ussdString = text(182).regex(/^[*#].*#$/u, { error: 'is not a USSD code such as *141#' })

/** `*141*0#`, and every other way in which a code is written: `*141*0`, `141*0`, `141`. */
const loose = /^[*#]?\d[\d*#]*$/

/**
 * A code in any form in which it is sent, as the dialled string `*…#`: with or without the `*` before and the `#` behind it.
 * `undefined` where it is none, e.g. the name of a service.
 */
export function looseCode(raw: string): string | undefined {
  const code = raw.trim()
  if (ussdString.safeParse(code).success) return code
  if (!loose.test(code)) return undefined
  const whole = `${/^[*#]/.test(code) ? '' : '*'}${code}${code.endsWith('#') ? '' : '#'}`
  return ussdString.safeParse(whole).success ? whole : undefined
}

/** A dialled string in any form of `looseCode`; `*…#` comes out. */
export const looseUssdString = text(182).transform((raw, context) => {
  const code = looseCode(raw)
  if (code !== undefined) return code
  context.addIssue({ code: 'custom', message: 'is not a USSD code such as *141#' })
  return z.NEVER
})

/** What is wrong with a callback without `field`, where others of its kind need none. */
export const missing = (field: string) => ({
  kind: 'malformed' as const,
  sentence: `Bad request: ${field} is missing`,
})

/** What is wrong with a begin whose `field` is no code. */
export const noCode = (field: string) => ({
  kind: 'malformed' as const,
  sentence: `Bad request: ${field} is not a USSD code such as *141#`,
})

/** An account, an operator's name and whatever else is only given back: at most 128 characters. */
export const label = text(128)

/** What was typed, everything there may be of it: a dialogue of the longest answers. NFC, so that й is one character. */
export const typed = text(2000).transform((value) => value.normalize('NFC'))

/** One sentence on what is wrong with a request: which field, and how. Never its content. */
export function fieldProblem(error: z.ZodError): string {
  const [issue] = error.issues
  const field = issue?.path.join('.') ?? ''
  return issue?.code === 'unrecognized_keys'
    ? 'Bad request: there are fields this route does not have'
    : `Bad request: ${field || 'the body'} ${issue?.message ?? 'is not of the right form'}`
}

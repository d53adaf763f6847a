/** The fields that dialects have in common, parsed once for all: what passes here is trusted behind it. */
import { z } from 'zod'
import { parseMsisdn } from '../ussd/msisdn.ts'

/** Line breaks and other control characters are typed by nobody; in logs and keys they would do harm. */
const hasControls = /\p{Cc}/u

const text = (longest: number) =>
  z
    .string({ error: (issue) => (Array.isArray(issue.input) ? 'is given twice' : 'is missing') })
    .max(longest, { error: 'is too long' })
    .refine((value) => !hasControls.test(value), { error: 'has control characters' })

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

/** Schemas for the fields that dialects share. Values that pass them are safe to use in logs and keys. */
import { z } from 'zod'
import { dropInvisible } from '../../ussd/invisible.ts'
import { digitsOf } from '../../ussd/numbering.ts'
import type { Numbering } from '../../ussd/numbering.ts'
import { malformed } from '../dialect.ts'

/** Line breaks, other control characters and lone surrogates: never typed on a phone, and unsafe in logs and keys. */
const hasControls = /[\p{Cc}\p{Cs}]/u

const typeError = (input: unknown) =>
  input === undefined ? 'is required' : Array.isArray(input) ? 'must be given once' : 'must be text'

const text = (maxLength: number) =>
  z
    .string({ error: ({ input }) => typeError(input) })
    .max(maxLength, { error: `must be at most ${maxLength} characters` })
    .refine((value) => !hasControls.test(value), { error: 'must not contain control characters' })
    // U+FFFD replaces invalid bytes: texts that differ only in those would compare equal.
    .refine((value) => !value.includes('\ufffd'), { error: 'must be UTF-8' })

/** The aggregator's session id: opaque, 1 to 128 characters. */
export const sessionId = text(128).min(1, { error: 'is required' })

/**
 * A number as an aggregator writes it, of any country. Gives its digits, with `+` if it was written. The gateway resolves them
 * in the numbering of the project.
 */
export const msisdn = text(64).transform((raw, context) => {
  const digits = digitsOf(raw)
  if (digits !== undefined) return digits
  context.addIssue({ code: 'custom', message: 'must be a phone number' })
  return z.NEVER
})

/** Aggregators that write a number without `+` expect it back in this form. */
export const withoutPlus = (digits: string): string => digits.replace('+', '')

/** A number of a numbering, in any written form. Gives E.164 with `+`. */
export const msisdnOf = (numbering: Numbering) =>
  text(64).transform((raw, context) => {
    const parsed = numbering.parse(raw)
    if (parsed.kind === 'msisdn') return parsed.e164
    context.addIssue({ code: 'custom', message: numbering.requirement })
    return z.NEVER
  })

const codeError = 'must be a USSD code such as *141#'

/** A dialled string: begins with `*` or `#`, ends with `#`, at most 182 characters (one USSD message). */
export const ussdString = text(182)
  .overwrite(dropInvisible)
  .regex(/^[*#].*#$/u, { error: codeError })

/** `*141*0#` and its abbreviations: `*141*0`, `141*0`, `141`. */
const abbreviated = /^[*#]?\d[\d*#]*$/

/**
 * Returns a code as the dialled string `*…#`; the leading `*` and the trailing `#` are optional. Returns undefined for
 * anything else, such as the name of a service.
 */
export function normaliseCode(raw: string): string | undefined {
  const code = dropInvisible(raw)
  if (ussdString.safeParse(code).success) return code
  if (!abbreviated.test(code)) return undefined
  const dialled = `${/^[*#]/.test(code) ? '' : '*'}${code}${code.endsWith('#') ? '' : '#'}`
  return ussdString.safeParse(dialled).success ? dialled : undefined
}

/** A dialled string in any form that `normaliseCode` accepts. Gives `*…#`. */
export const looseUssdString = text(182).transform((raw, context) => {
  const code = normaliseCode(raw)
  if (code !== undefined) return code
  context.addIssue({ code: 'custom', message: codeError })
  return z.NEVER
})

/** A code of digits in segments, without arguments that only a subscriber dials. */
const shortCode = /^[*#]\d+(?:\*\d+)*#$/

/** Parses the short code of an address or an option, in any form that `normaliseCode` accepts. */
export function parseShortCode(raw: string): string | undefined {
  const code = normaliseCode(raw)
  return code !== undefined && shortCode.test(code) ? code : undefined
}

/** Returns true if a dialled string is a code or continues it after a `*`. */
export const startsWithCode = (dialled: string, code: string): boolean =>
  dialled === code || dialled.startsWith(code.replace(/#$/, '*'))

/**
 * Returns the dialled string of a begin. The code of the address applies when nothing was dialled, or something that does not
 * start with it.
 */
export const dialledAt = (address: string | undefined, dialled: string | undefined): string | undefined =>
  address === undefined || (dialled !== undefined && startsWithCode(dialled, address)) ? dialled : address

/**
 * Returns the code of a begin. `input` is the dialled string, or, without `*` or `#` in front, possibly the suffix typed after
 * the code of the service.
 */
export function codeOfBegin(input: string, service: string | undefined): string | undefined {
  const isDialled = /^\s*[*#]/.test(input)
  return (isDialled ? normaliseCode(input) : service) ?? service ?? normaliseCode(input)
}

/**
 * Returns `141*0` for `*141*0#`, the form that some aggregators send. Any other code keeps its `*` and `#`, to stay
 * distinguishable from this form.
 */
export const bareCode = (dialled: string): string => /^\*(\d[\d*]*)#$/.exec(dialled)?.[1] ?? dialled

/** The error for a callback that lacks a field its kind requires. */
export const requiredField = (field: string) => malformed(`Bad request: ${field} is required`)

/** The error for a begin whose `field` holds no code. */
export const noCode = (field: string) => malformed(`Bad request: ${field} ${codeError}`)

/** An echoed value, such as an account or an operator's name: at most 128 characters. */
export const label = text(128)

/** Decodes percent-encoded UTF-8; returns undefined for anything else. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Typed text, up to a complete dialogue of the longest replies. Gives NFC, in which й is one character. */
export const typed = text(2000).transform((value) => value.normalize('NFC'))

/** Returns the message for the first invalid field: its name and the problem, never its value. */
export function describeIssue(error: z.ZodError): string {
  const [issue] = error.issues
  const field = issue?.path.join('.') ?? ''
  if (issue?.code === 'unrecognized_keys') {
    const names = issue.keys
      .slice(0, MAX_NAMES)
      .map((name) => (PLAIN_NAME.test(name) ? name : '(unprintable)'))
    return `Bad request: unknown field${issue.keys.length > 1 ? 's' : ''} ${names.join(', ')}`
  }
  return `Bad request: ${field || 'the body'} ${issue?.message ?? 'is invalid'}`
}

/** Names of unknown fields are quoted only when they are short and plain. */
const PLAIN_NAME = /^[\w.-]{1,40}$/
const MAX_NAMES = 5

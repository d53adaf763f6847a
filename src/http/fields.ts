/** Fields of JSON bodies. A route wraps secrets in `Secret` in the same parse. */
import { z } from 'zod'
import { msisdnOf } from '../dialects/encoding/fields.ts'
import type { Numbering } from '../ussd/numbering.ts'

/** A number of the project's numbering, in any written form. Gives E.164 with `+`. */
export const numberField = (numbering: Numbering) =>
  msisdnOf(numbering).meta({
    description: `${numbering.requirement.replace('must be a', 'A')}, in any written form`,
    example: '+375291234567',
  })

/** Rejects a JSON number, because it loses leading zeros. */
const digits = (form: RegExp, error: string) => z.string({ error }).regex(form, { error })

/** Fixed by the issuer of the SIM (ETSI TS 102 221 9.5.2). */
export const puk1 = digits(/^[0-9]{8}$/, 'must be a string of 8 digits').meta({
  description: 'PUK1 of the SIM: 8 digits',
  example: '12345678',
  writeOnly: true,
})

/** Rule L2. */
export const password = digits(/^[0-9]{5,10}$/, 'must be a string of 5 to 10 digits').meta({
  description: 'The self-care password: 5 to 10 digits',
  example: '80291',
  writeOnly: true,
})

/** An enum whose error lists the allowed words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` })

/** An object of exactly these fields. */
export const jsonObject = <const Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? undefined : 'must be a JSON object'),
  })

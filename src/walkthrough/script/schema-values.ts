/** The values of a script: text, and what a reader of text makes of it. */
import { z } from 'zod'
import { PLACEHOLDER } from './secrets.ts'

/**
 * A map of exactly these keys. What it says of a key that it has not is the list of those it has: `flaws.ts` makes a sentence
 * of it.
 */
export const form = <const Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code, input }) => {
      const keys = Object.keys(shape).join(', ')
      if (code === 'unrecognized_keys') return keys
      return input === undefined ? undefined : `is a map with keys of these: ${keys}`
    },
  })

/** A reader gets nothing but text of YAML, so that `01` stays as it was written; what is no text here is read from it. */
export const readAs = <Schema extends z.ZodType>(read: (text: string) => unknown, schema: Schema) =>
  z.preprocess((value) => (typeof value === 'string' ? read(value) : value), schema)

const words: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }
export const word = (text: string): unknown => (Object.hasOwn(words, text) ? words[text] : text)

export const text = z.string({ error: 'is text' })

/** A key that says all by being there. */
export const flag = readAs(word, z.literal(true, { error: 'is true, or left out' }))

export const yesOrNo = readAs(word, z.boolean({ error: 'is true or false' }))

export const whole = (least: number, most: number) => {
  const error = `is a whole number from ${least} to ${most}`
  return readAs(
    (value) => (/^\d{1,6}$/.test(value) ? Number(value) : value),
    z.int({ error }).min(least, { error }).max(most, { error }),
  )
}

export const oneOf = <const Words extends readonly [string, ...string[]]>(those: Words) =>
  z.enum(those, { error: `is one of ${those.join(', ')}` })

/** Text that is printed in a line of its own. */
export const line = (most: number) =>
  text
    .min(1, { error: 'is empty' })
    .max(most, { error: `is longer than ${most} characters` })
    .regex(/^\P{Cc}*$/u, { error: 'has control characters' })

export const orPlaceholder = (pattern: string) => new RegExp(`${pattern}|${PLACEHOLDER.source}`)

/** A secret in clear, or a placeholder and nothing beside it. */
export const secret = text.regex(orPlaceholder('^(?![\\s\\S]*\\{\\{)'), {
  error: 'has a placeholder that is not known; {{puk1}}, {{password}} and such as {{8 digits}} are',
})

/** The values of a script. YAML scalars are read as text and converted here. */
import { z } from 'zod'
import { placeholderPattern } from './secrets.ts'

/** Creates a map of exactly these keys. The message for an unknown key lists them; `zod-issues.ts` builds the sentence. */
export const form = <const Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code, input }) => {
      const keys = Object.keys(shape).join(', ')
      if (code === 'unrecognized_keys') return keys
      return input === undefined ? undefined : `must be a map with the keys ${keys}`
    },
  })

/** Makes a key optional and describes it in the JSON Schema. */
export const optional = <Schema extends z.ZodType>(schema: Schema, description: string) =>
  schema.exactOptional().meta({ description })

/** Converts text with `read` before the schema checks it. */
export const readAs = <Schema extends z.ZodType>(read: (text: string) => unknown, schema: Schema) =>
  z.preprocess((value) => (typeof value === 'string' ? read(value) : value), schema)

const words: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }
export const word = (text: string): unknown => (Object.hasOwn(words, text) ? words[text] : text)

export const text = z.string({ error: 'must be text' })

/** A key that is `true` or omitted. */
export const flag = readAs(word, z.literal(true, { error: 'must be true or omitted' }))

export const yesOrNo = readAs(word, z.boolean({ error: 'must be true or false' }))

export const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return readAs(
    (value) => (/^\d{1,6}$/.test(value) ? Number(value) : value),
    z.int({ error }).min(min, { error }).max(max, { error }),
  )
}

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` })

/** Text of one line. */
export const line = (max: number) =>
  text
    .min(1, { error: 'must not be empty' })
    .max(max, { error: `must be at most ${max} characters long` })
    .regex(/^\P{Cc}*$/u, { error: 'must not contain control characters' })

/** The digits of a secret, or a placeholder. */
export const secretOrPlaceholder = (digits: string, names: readonly string[], error: string) =>
  text.regex(new RegExp(`^${digits}$|${placeholderPattern(names).source}`), { error })

/** A literal secret or a placeholder. Text around a placeholder is not allowed. */
export const secretText = (names: readonly string[]) => {
  const known = names.map((name) => `{{${name}}}, `).join('')
  return text.regex(new RegExp(`^(?![\\s\\S]*\\{\\{)|${placeholderPattern(names).source}`), {
    error: `contains an unknown placeholder: use ${known.replace(/, $/, ' or ')}a form such as {{8 digits}}`,
  })
}

/** The forms in which an operator sends and reads a record: `PUT` and `GET /subscribers`, and the demo subscribers. */
import { z } from 'zod'
import type { Language } from '../engine/authoring.ts'
import { Secret } from '../engine/secret.ts'
import { attemptsLeftOf, describeDigits, digitsPattern } from '../gateway/records/record.ts'
import type { RecordDefinition, SecretForm } from '../gateway/records/record.ts'

/** The fields that the operator sets; an absent field keeps its value. Secrets are wrapped. */
export type SubscriberPatch = Readonly<{ language?: string } & Record<string, unknown>>

/** An object of exactly these fields. */
export const jsonObject = <const Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? undefined : 'must be a JSON object'),
  })

/** An enum whose error lists the allowed words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` })

/** The digits of a secret as text: a JSON number would lose leading zeros. */
export const secretDigits = (form: SecretForm) => {
  const error = `must be a string of ${describeDigits(form)}`
  const { description = 'A secret', example } = form
  return z
    .string({ error })
    .regex(new RegExp(`^${digitsPattern(form)}$`), { error })
    .meta({
      description: `${description}: ${describeDigits(form)}`,
      ...(example !== undefined && { example }),
      writeOnly: true,
    })
}

/** A field without its default: an omitted field is not sent. */
const withoutDefault = (field: z.ZodType): z.ZodType =>
  field instanceof z.ZodDefault || field instanceof z.ZodPrefault
    ? withoutDefault(field.unwrap() as z.ZodType)
    : field

/** The fields of the record as the operator may send them, without the language and without secrets. */
export const sentFields = ({ fields }: RecordDefinition): Readonly<Record<string, z.ZodType>> =>
  Object.fromEntries(
    Object.entries(fields.shape).map(([name, field]) => {
      const sent = withoutDefault(field as z.ZodType)
      // The description may belong to the field with its default.
      return [name, sent.meta({ ...(field as z.ZodType).meta(), ...sent.meta() })]
    }),
  )

/** Returns the schema of `PUT /subscribers`: fields to merge into the record. */
export function subscriberInput(
  definition: RecordDefinition,
  languages: readonly Language[],
): z.ZodType<SubscriberPatch> {
  const optional = (schema: z.ZodType, meta: object = {}) =>
    schema.exactOptional().meta({ ...schema.meta(), ...meta })
  const secrets = Object.entries(definition.secrets).flatMap(([name, form]) => [
    [
      name,
      optional(
        secretDigits(form).transform((digits) => new Secret(digits)),
        secretDigits(form).meta(),
      ),
    ],
    ...(form.attempts === undefined ? [] : [[attemptsLeftOf(name), optional(unlocked(form.attempts))]]),
  ]) as [string, z.ZodType][]
  const schema = jsonObject({
    language: optional(oneOf(languages), { description: 'Language of the screens', example: languages[0] }),
    ...Object.fromEntries(
      Object.entries(sentFields(definition)).map(([name, field]) => [name, optional(field)]),
    ),
    ...Object.fromEntries(secrets),
  })
  return definition.refine(schema as unknown as z.ZodType<SubscriberPatch>) as z.ZodType<SubscriberPatch>
}

const unlocked = (attempts: number) =>
  z
    .literal(attempts, { error: `must be ${attempts}, which restores all attempts` })
    .meta({ description: 'Restores all attempts' })

/** Returns the schema of a record without its secrets. Fields that newer versions added stay hidden. */
export function subscriberOutput({ fields, secrets }: RecordDefinition) {
  const names = Object.entries(secrets)
  return z.object({
    language: z.string(),
    ...fields.shape,
    ...Object.fromEntries(
      names.flatMap(([name, { attempts }]) =>
        attempts === undefined ? [] : [[attemptsLeftOf(name), z.int().min(0).max(attempts)]],
      ),
    ),
    msisdn: z.string().meta({ description: 'E.164' }),
    ...Object.fromEntries(names.map(([name]) => [hasSecret(name), z.boolean()])),
  })
}

/** `hasPin` for `pin`. */
export const hasSecret = (name: string): string => `has${name.charAt(0).toUpperCase()}${name.slice(1)}`

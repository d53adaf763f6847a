/** The schema of a script. The reader and the published JSON Schema are derived from it. */
import { z } from 'zod'
import { FixtureForm, RecordForm, msisdn } from './schema-subscriber.ts'
import { TurnForm, dialled, phoneName } from './schema-turn.ts'
import { flag, form, line, optional } from './schema-values.ts'

const Phone = z
  .union([msisdn.meta({ description: 'The number of a registered subscriber' }), FixtureForm], {
    error: 'must be a number or { msisdn: …, language: …, … }',
  })
  .meta({ id: 'Phone' })

/** Allows at most one of two keys. */
const notBoth = (one: string, other: string) => [
  { properties: { [one]: false } },
  { properties: { [other]: false } },
]

const After = form({
  subscriber: optional(RecordForm, 'The record, if the script has one phone'),
  handsets: optional(
    z.record(phoneName, RecordForm, { error: 'must be a map of phones' }),
    'The records by phone',
  ),
  performed: optional(
    z.array(line(64), { error: 'must be a list of effects' }),
    'The effects in the order in which they were performed',
  ),
})
  .check(
    z.refine(({ subscriber, handsets }) => !subscriber || !handsets, {
      error: 'has both subscriber and handsets',
    }),
    z.refine((after) => Object.keys(after).length > 0, { error: 'must not be empty' }),
  )
  .meta({ id: 'After', minProperties: 1, anyOf: notBoth('subscriber', 'handsets') })

/** A script: one document of a YAML file. */
export const ScriptForm = form({
  title: line(200).meta({ description: 'The behaviour that the walkthrough tests, as a sentence' }),
  rules: optional(
    z.array(line(32), { error: 'must be a list of ids, such as [L2, L4]' }),
    'Ids of the rules that it covers',
  ),
  subscriber: optional(Phone, 'The only phone (default: +375291234567)'),
  handsets: z
    .record(phoneName, Phone, { error: 'must be a map of phones' })
    .refine((phones) => Object.keys(phones).length > 0, { error: 'must have at least one phone' })
    .exactOptional()
    .meta({ description: 'The phones by name', minProperties: 1 }),
  dial: optional(dialled, 'The code to dial first, in quotes; only with one phone'),
  turns: z
    .array(TurnForm, { error: 'must be a list of turns' })
    .min(1, { error: 'must have at least one turn' })
    .meta({ description: 'The actions and expected results, in order' }),
  'hangs up': optional(flag, 'The phone of the last turn hangs up at the end'),
  after: optional(After, 'The expected state at the end'),
})
  .check(
    z.refine(({ subscriber, handsets }) => !subscriber || !handsets, {
      error: 'has both subscriber and handsets',
    }),
  )
  .meta({ title: 'Walkthrough', anyOf: notBoth('subscriber', 'handsets') })

export type Script = z.output<typeof ScriptForm>

/**
 * The JSON Schema (draft 2020-12) of scripts, for completion and checks in editors. Only the reader checks rules that concern
 * two places, such as the name of a phone.
 */
export const scriptJsonSchema = (): object => ({
  ...z.toJSONSchema(ScriptForm, { io: 'input', target: 'draft-2020-12' }),
})

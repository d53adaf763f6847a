/** The schema of a script. The reader and the published JSON Schema are derived from it. */
import { z } from 'zod'
import type { RecordDefinition } from '../../gateway/records/record.ts'
import { msisdn, subscriberForms } from './schema-subscriber.ts'
import { dialled, phoneName, turnForm } from './schema-turn.ts'
import { flag, form, line, optional } from './schema-values.ts'

/** Allows at most one of two keys. */
const notBoth = (one: string, other: string) => [
  { properties: { [one]: false } },
  { properties: { [other]: false } },
]

function createScriptForm(record: RecordDefinition) {
  const names = Object.keys(record.secrets)
  const { Fixture, Patch, Expected } = subscriberForms(record)
  const Turn = turnForm(Patch, names)
  const Phone = z
    .union([msisdn.meta({ description: 'The number of a registered subscriber' }), Fixture], {
      error: 'must be a number or { msisdn: …, language: …, … }',
    })
    .meta({ id: 'Phone' })

  const After = form({
    subscriber: optional(Expected, 'The record, if the script has one phone'),
    handsets: optional(
      z.record(phoneName, Expected, { error: 'must be a map of phones' }),
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

  return form({
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
      .array(Turn, { error: 'must be a list of turns' })
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
}

const forms = new WeakMap<RecordDefinition, ReturnType<typeof createScriptForm>>()

/** Returns the schema of a script: one document of a YAML file. */
export function scriptForm(record: RecordDefinition): ReturnType<typeof createScriptForm> {
  const form = forms.get(record) ?? createScriptForm(record)
  forms.set(record, form)
  return form
}

export type Script = z.output<ReturnType<typeof createScriptForm>>

/**
 * The JSON Schema (draft 2020-12) of scripts, for completion and checks in editors. Only the reader checks rules that concern
 * two places, such as the name of a phone.
 */
export const scriptJsonSchema = (record: RecordDefinition): object => ({
  ...z.toJSONSchema(scriptForm(record), {
    io: 'input',
    target: 'draft-2020-12',
    // A keyword of OpenAPI only.
    override: ({ jsonSchema }) => void delete jsonSchema['example'],
  }),
})

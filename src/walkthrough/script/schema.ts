/** The form of a script: what may stand in a YAML file of walkthroughs. The reader and the published JSON Schema are made of it. */
import { z } from 'zod'
import { FixtureForm, RecordForm, msisdn } from './schema-subscriber.ts'
import { TurnForm, dialled, phoneName } from './schema-turn.ts'
import { flag, form, line } from './schema-values.ts'

const Phone = z
  .union([msisdn.meta({ description: 'Whoever is registered there' }), FixtureForm], {
    error: 'is a number, or { msisdn: …, language: …, … }',
  })
  .meta({ id: 'Phone' })

/** Of these two, at most one stands in the map. */
const notBoth = (one: string, other: string) => [
  { properties: { [one]: false } },
  { properties: { [other]: false } },
]

const After = form({
  subscriber: RecordForm.exactOptional().meta({ description: 'Where there is one phone' }),
  handsets: z
    .record(phoneName, RecordForm, { error: 'is a map of phones' })
    .exactOptional()
    .meta({ description: 'By the names of the phones' }),
  performed: z
    .array(line(64), { error: 'is a list of effects' })
    .exactOptional()
    .meta({ description: 'The effects, in the order in which they were performed' }),
})
  .check(
    z.refine(({ subscriber, handsets }) => !subscriber || !handsets, {
      error: 'has both subscriber and handsets',
    }),
    z.refine((after) => Object.keys(after).length > 0, { error: 'says nothing' }),
  )
  .meta({ id: 'After', minProperties: 1, anyOf: notBoth('subscriber', 'handsets') })

/** A walkthrough as a script has it: one document of a YAML file. */
export const ScriptForm = form({
  title: line(200).meta({ description: 'What the walkthrough shows, in a sentence' }),
  rules: z
    .array(line(32), { error: 'is a list of ids, such as [L2, L4]' })
    .exactOptional()
    .meta({ description: 'Ids of the rules that it shows' }),
  subscriber: Phone.exactOptional().meta({ description: 'The only phone; without it, +375291234567' }),
  handsets: z
    .record(phoneName, Phone, { error: 'is a map of phones' })
    .refine((phones) => Object.keys(phones).length > 0, { error: 'has no phone' })
    .exactOptional()
    .meta({ description: 'The phones, by name', minProperties: 1 }),
  dial: dialled
    .exactOptional()
    .meta({ description: 'What is dialled first, in quotes; only with one phone' }),
  turns: z
    .array(TurnForm, { error: 'is a list of turns' })
    .min(1, { error: 'has no turn' })
    .meta({ description: 'What is done and seen, one after another' }),
  'hangs up': flag.exactOptional().meta({ description: 'At the end the last phone that was used hangs up' }),
  after: After.exactOptional().meta({ description: 'What is to hold when all is over' }),
})
  .check(
    z.refine(({ subscriber, handsets }) => !subscriber || !handsets, {
      error: 'has both subscriber and handsets',
    }),
  )
  .meta({ title: 'Walkthrough', anyOf: notBoth('subscriber', 'handsets') })

export type Script = z.output<typeof ScriptForm>

/**
 * The JSON Schema (draft 2020-12) of a walkthrough, by which an editor completes a script and checks it. What stands in two
 * places at once, such as the name of a phone, only the reader holds against each other.
 */
export const scriptJsonSchema = (): object => ({
  ...z.toJSONSchema(ScriptForm, { io: 'input', target: 'draft-2020-12' }),
})

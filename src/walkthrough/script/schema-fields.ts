/** Reads fields of a project's record from YAML, where every scalar is text. */
import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** Converts the text of a script to the JSON value that a field takes, before the field checks it. */
export function readAsField<Field extends z.ZodType>(field: Field) {
  const schema = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any', cycles: 'ref' })
  return z.preprocess((value) => convert(value, schema), field)
}

function convert(value: unknown, schema: JsonSchema): unknown {
  if (typeof value === 'string') return convertText(value, schema)
  if (Array.isArray(value)) {
    const { items } = schema
    return typeof items === 'object' && !Array.isArray(items)
      ? value.map((item: unknown) => convert(item, items as JsonSchema))
      : value
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const found = branchesOf(schema).find(({ properties }) => properties && Object.hasOwn(properties, name))
      const of = found?.properties?.[name] ?? schema.additionalProperties
      return [name, typeof of === 'object' ? convert(member, of as JsonSchema) : member]
    }),
  )
}

function convertText(text: string, schema: JsonSchema): unknown {
  const branches = branchesOf(schema)
  const takes = (type: string) => branches.some((branch) => [branch.type].flat().includes(type as never))
  // Text stays text where it may be text, except the word for no value.
  if (text === 'null' && takes('null')) return null
  if (takes('string') || branches.some(isWords)) return text
  if ((text === 'true' || text === 'false') && takes('boolean')) return text === 'true'
  const isNumber = /^-?\d{1,15}(\.\d{1,15})?$/.test(text)
  return isNumber && (takes('number') || takes('integer')) ? Number(text) : text
}

const isWords = ({ enum: words, const: word }: JsonSchema): boolean =>
  (words ?? [word]).some((one) => typeof one === 'string')

const branchesOf = (schema: JsonSchema): readonly JsonSchema[] => {
  const { anyOf, oneOf } = schema
  const branches = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined
  return branches ? branches.flatMap(branchesOf) : [schema]
}

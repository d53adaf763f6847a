import type { z } from 'zod'
import { record } from '../../menus/record.ts'
import { scriptJsonSchema } from '../../src/walkthrough/script/schema.ts'
import { code, codes, definitions, page } from './markdown.ts'

type Schema = z.core.JSONSchema.JSONSchema

const schema = scriptJsonSchema(record) as Schema
const nameOf = (ref: string) => ref.replace('#/$defs/', '')

function typeOf({ $ref, type, enum: allowed, const: only }: Schema): string {
  if ($ref !== undefined) return `[${nameOf($ref)}](#${nameOf($ref).toLowerCase()})`
  if (allowed) return codes(allowed.map(String))
  if (only !== undefined) return code(String(only))
  return [type ?? []].flat().join(' or ')
}

const alternatives = ({ anyOf = [] }: Schema): string =>
  anyOf.map((one) => `- ${[typeOf(one), one.description].filter(Boolean).join(': ')}`).join('\n')

function keys({ properties = {}, required = [] }: Schema): string {
  const items = Object.entries(properties).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return []
    const note = [typeOf(value), required.includes(name) ? 'required' : ''].filter((part) => part !== '')
    const text = value.description ?? schema.$defs?.[nameOf(value.$ref ?? '')]?.description ?? ''
    return [{ name, note: note.join('; '), text }]
  })
  return definitions(items)
}

export function walkthroughPage(): string {
  const types = Object.entries(schema.$defs ?? {})
  return page(
    '# Walkthrough schema',
    'The keys of a test script. Editors complete and check scripts with the [JSON Schema](walkthrough.schema.json). For a tutorial, see [Test scripts](../guides/test-scripts.md).',
    '## Script',
    keys(schema),
    ...types.flatMap(([name, definition]) => [
      `## ${name}`,
      definition.description === undefined ? '' : `${definition.description.replace(/\.$/, '')}.`,
      definition.properties ? keys(definition) : alternatives(definition),
    ]),
  )
}

export const walkthroughSchema = (): string => JSON.stringify(scriptJsonSchema(record))

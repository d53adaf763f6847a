import { scriptJsonSchema } from '../../src/walkthrough/script/schema.ts'
import { code, codes, page, table } from './markdown.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: string | number | boolean
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema | false>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly $defs?: Readonly<Record<string, Schema>>
}

const schema = scriptJsonSchema() as Schema
const nameOf = (ref: string) => ref.replace('#/$defs/', '')

function typeOf({ $ref, type, enum: allowed, const: only }: Schema): string {
  if ($ref !== undefined) return `[${nameOf($ref)}](#${nameOf($ref).toLowerCase()})`
  if (allowed) return codes(allowed.map(String))
  if (only !== undefined) return code(String(only))
  return type ?? ''
}

const alternatives = ({ anyOf = [] }: Schema): string =>
  anyOf.map((one) => `- ${[typeOf(one), one.description].filter(Boolean).join(': ')}`).join('\n')

function keys({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).flatMap(([key, value]) =>
    value === false
      ? []
      : [
          [
            code(key),
            typeOf(value),
            required.includes(key) ? 'required' : '',
            value.description ?? schema.$defs?.[nameOf(value.$ref ?? '')]?.description ?? '',
          ],
        ],
  )
  return table(['Key', 'Type', '', 'Description'], rows)
}

export function walkthroughPage(): string {
  const definitions = Object.entries(schema.$defs ?? {})
  return page(
    '# Walkthrough schema',
    'The keys of a test script. Editors complete and check scripts with the [JSON Schema](walkthrough.schema.json). For a tutorial, see [Test scripts](../guides/test-scripts.md).',
    '## Script',
    keys(schema),
    ...definitions.flatMap(([name, definition]) => [
      `## ${name}`,
      definition.description === undefined ? '' : `${definition.description.replace(/\.$/, '')}.`,
      definition.properties ? keys(definition) : alternatives(definition),
    ]),
  )
}

export const walkthroughSchema = (): string => JSON.stringify(scriptJsonSchema())

import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { record } from '../../../menus/record.ts'
import { readScripts } from '../../../src/walkthrough/script/read.ts'
import { scriptJsonSchema } from '../../../src/walkthrough/script/schema.ts'

interface Schema {
  readonly [keyword: string]: unknown
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly properties?: Readonly<Record<string, Schema | false>>
  readonly additionalProperties?: Schema | false
  readonly propertyNames?: Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

const schema = scriptJsonSchema(record) as Schema

/** Keywords that restrict no value. */
const ANNOTATIONS = ['$schema', '$defs', 'title', 'description', 'format']

/** The keywords of JSON Schema (draft 2020-12) in use, as predicates. */
const keywords: Readonly<Record<string, (operand: never, value: unknown, of: Schema) => boolean>> = {
  $ref: (ref: string, value) => accepts(schema.$defs?.[ref.replace('#/$defs/', '')] ?? false, value),
  type: (type: string, value) => type === typeOf(value) || (type === 'number' && typeOf(value) === 'integer'),
  const: (expected: unknown, value) => expected === value,
  enum: (words: unknown[], value) => words.includes(value),
  pattern: (pattern: string, value) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minLength: (min: number, value) => typeof value !== 'string' || Array.from(value).length >= min,
  maxLength: (max: number, value) => typeof value !== 'string' || Array.from(value).length <= max,
  minimum: (min: number, value) => typeof value !== 'number' || value >= min,
  maximum: (max: number, value) => typeof value !== 'number' || value <= max,
  minItems: (min: number, value) => !Array.isArray(value) || value.length >= min,
  items: (items: Schema, value) => !Array.isArray(value) || value.every((item) => accepts(items, item)),
  anyOf: (all: Schema[], value) => all.some((one) => accepts(one, value)),
  required: (keys: string[], value) => !isMap(value) || keys.every((key) => Object.hasOwn(value, key)),
  minProperties: (min: number, value) => !isMap(value) || Object.keys(value).length >= min,
  maxProperties: (max: number, value) => !isMap(value) || Object.keys(value).length <= max,
  propertyNames: (names: Schema, value) =>
    !isMap(value) || Object.keys(value).every((key) => accepts(names, key)),
  properties: (properties: Record<string, Schema | false>, value) =>
    !isMap(value) ||
    Object.entries(properties).every(([key, one]) => !Object.hasOwn(value, key) || accepts(one, value[key])),
  additionalProperties: (others: Schema | false, value, { properties = {} }) =>
    !isMap(value) ||
    Object.keys(value).every((key) => Object.hasOwn(properties, key) || accepts(others, value[key])),
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> => typeOf(value) === 'object'

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function accepts(of: Schema | boolean, value: unknown): boolean {
  if (typeof of === 'boolean') return of
  return Object.entries(of).every(([keyword, operand]) => {
    if (ANNOTATIONS.includes(keyword)) return true
    const holds = keywords[keyword]
    if (!holds) throw new Error(`unsupported keyword ${keyword}`)
    return holds(operand as never, value, of)
  })
}

/** All schemas inside a schema. */
function subschemas(of: unknown): readonly Schema[] {
  if (Array.isArray(of)) return of.flatMap(subschemas)
  return isMap(of) ? [of as Schema, ...Object.values(of).flatMap(subschemas)] : []
}

describe('the JSON Schema of scripts', () => {
  it('is the one in the documents', () => {
    const published = readFileSync(
      new URL('../../../docs/reference/walkthrough.schema.json', import.meta.url),
      'utf8',
    )
    expect(JSON.parse(published)).toEqual(schema)
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema')
  })

  it('describes every key', () => {
    const keys = subschemas(schema).flatMap(({ type, properties = {} }) =>
      type === 'object' ? Object.entries(properties) : [],
    )
    expect(keys.length).toBeGreaterThan(50)
    const described = (one: Schema | false) =>
      one !== false &&
      (one['description'] ?? schema.$defs?.[String(one.$ref).replace('#/$defs/', '')]?.['description'])
    expect(keys.filter(([, one]) => !described(one)).map(([key]) => key)).toEqual([])
  })

  it('allows no undescribed key', () => {
    const maps = subschemas(schema).filter(({ type }) => type === 'object')
    expect(maps.length).toBeGreaterThan(10)
    expect(maps.filter(({ additionalProperties }) => additionalProperties === undefined)).toEqual([])
  })

  const phone = "msisdn: '+375291234567'"
  const of = (turn: string) => `title: T\nturns: [{ ${turn} }]`

  it.each([
    [of('sees: x')],
    [of("dials: '*1#', sees: { contains: x }")],
    [of("as: subscriber, dials: '*1#', ends: { matches: ^x$ }")],
    [of("sends: '1', fails: true")],
    [of("sends: '', fails: waited")],
    [of("sends: { secret: '12345678' }, fails: { contains: waited }")],
    [of("sends: { secret: '{{puk1}}' }")],
    [of("sends: { secret: '{{6 digits a, date}}' }")],
    [of('waits: 20s, sees: x')],
    [of('repeats: true, sees: x')],
    [of('hangs up: true')],
    [of("logs in: { password: '80291' }, answers: 201")],
    [of('visits self-care: true')],
    [of("sets password: { puk1: '{{puk1}}', password: '' }, answers: 204")],
    [of('manages: { subscriber: subscriber, access: closed }, answers: 403')],
    [of('operator sets: { tariff: "", registrationByPuk1: false }')],
    [of('operator sets: { access: closed-by-operator, closedBecause: sim-lost }')],
    [`${of('sees: x')}\nrules: [L2]\ndial: '*1#'\nhangs up: true`],
    [`${of('sees: x')}\nsubscriber: '+375291234567'`],
    [
      `${of('sees: x')}\nsubscriber: { ${phone}, language: be, puk1AttemptsLeft: 0, client: acme, role: administrator }`,
    ],
    [
      `${of('sees: x, as: a')}\nhandsets: { a: { ${phone} }, b: '+375291234568' }\nafter: { handsets: { b: { access: open } } }`,
    ],
    [
      `${of('sees: x')}\nafter: { subscriber: { closedBecause: null, hasPassword: true, puk1AttemptsLeft: 10 }, performed: [] }`,
    ],
  ])('accepts what the reader accepts (%#)', (text) => {
    expect(readScripts(text, 'f', record)).toMatchObject({ kind: 'ok' })
    expect(accepts(schema, parse(text))).toBe(true)
  })

  it.each([
    ['title: T'],
    ['turns: [{ sees: x }]'],
    ['title: ""\nturns: [{ sees: x }]'],
    ['title: T\nturns: []'],
    ['title: T\nturns: { sees: x }'],
    ['title: [T]\nturns: [{ sees: x }]'],
    [`${of('sees: x')}\nrule: [L2]`],
    [`${of('sees: x')}\nrules: L2`],
    [`${of('sees: x')}\nhangs up: false`],
    [`${of('sees: x')}\nsubscriber: '+375291234567'\nhandsets: { a: '+375291234568' }`],
    [`${of('sees: x')}\nhandsets: {}`],
    [`${of('sees: x')}\nhandsets: { 1a: '+375291234567' }`],
    [`${of('sees: x')}\nsubscriber: { language: ru }`],
    [`${of('sees: x')}\nsubscriber: { ${phone}, puk1: '123' }`],
    [`${of('sees: x')}\nsubscriber: { ${phone}, password: '1234' }`],
    [`${of('sees: x')}\nsubscriber: { ${phone}, puk1AttemptsLeft: 11 }`],
    [`${of('sees: x')}\nsubscriber: { ${phone}, access: shut }`],
    [`${of('sees: x')}\nsubscriber: { ${phone}, registrationByPuk1: maybe }`],
    [`${of('sees: x')}\nafter: {}`],
    [`${of('sees: x')}\nafter: { subscriber: {} }`],
    [`${of('sees: x')}\nafter: { subscriber: { access: open }, handsets: { subscriber: { access: open } } }`],
    [of('')],
    [of('as: subscriber')],
    [of('see: x')],
    [of('sees: x, ends: y')],
    [of("dials: '*1#', sends: '1'")],
    [of('dials: ""')],
    [of('answers: 200')],
    [of("dials: '*1#', answers: 200")],
    [of('visits self-care: true, sees: x')],
    [of('visits self-care: true, answers: 2000')],
    [of('hangs up: true, ends: x')],
    [of('operator sets: {}')],
    [of('operator sets: { language: ru }, sees: x')],
    [of('repeats: false')],
    [of('waits: 20')],
    [of('waits: 0s')],
    [of('sees: { contains: x, matches: y }')],
    [of('sees: {}')],
    [of('sees: { equals: x }')],
    [of('sends: { text: x }')],
    [of("sends: '{{puk1}}'")],
    [of("sends: { secret: '{{pin}}' }")],
    [of("logs in: '80291'")],
    [of("sets password: { puk1: '12345678' }")],
    [of('manages: { subscriber: subscriber, access: shut }')],
  ])('rejects what the reader rejects (%#)', (text) => {
    expect(readScripts(text, 'f', record)).toMatchObject({ kind: 'malformed' })
    expect(accepts(schema, parse(text))).toBe(false)
  })

  it.each([
    [`${of('sees: x')}\nsubscriber: { ${phone}, closedBecause: sim-lost }`],
    [`${of('sees: x')}\nsubscriber: { ${phone}, access: open, closedBecause: sim-lost }`],
    [of('operator sets: { closedBecause: sim-lost }')],
  ])("leaves rules on several fields of the project's record to the reader (%#)", (text) => {
    expect(readScripts(text, 'f', record)).toMatchObject({ kind: 'malformed' })
    expect(accepts(schema, parse(text))).toBe(true)
  })
})

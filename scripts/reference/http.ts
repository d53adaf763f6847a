import project from '../../menus/index.ts'
import type { AnyRouteKit } from '../../src/project.ts'
import type { z } from 'zod'
import { dialects } from '../../src/dialects/index.ts'
import { openApiDocument } from '../../src/http/openapi/openapi.ts'
import { code, codes, definitions, page, table } from './markdown.ts'

type Schema = z.core.JSONSchema.JSONSchema

interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly parameters?: readonly {
    readonly in: string
    readonly name: string
    readonly description?: string
  }[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch']
// The routes are described, not called: they need only the numbering.
const routes = project.routes({ numbering: project.numbering } as AnyRouteKit)
const document = openApiDocument(dialects, project, routes) as unknown as Document

const resolve = (schema: Schema): Schema =>
  schema.$ref === undefined
    ? schema
    : (document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] ?? schema)

function typeOf(schema: Schema): string {
  const { type, enum: allowed, const: only, anyOf } = resolve(schema)
  if (allowed) return codes(allowed.map(String))
  if (only !== undefined) return code(String(only))
  if (anyOf) return anyOf.map(typeOf).join(' or ')
  return [type ?? []].flat().join(' or ')
}

function bodyFields({ requestBody }: Operation): string {
  const [[mediaType, { schema }] = ['', { schema: undefined }]] = Object.entries(requestBody?.content ?? {})
  if (!schema) return ''
  const { properties, required = [] } = resolve(schema)
  if (!properties) return `Body: ${code(mediaType)}.`
  const fields = Object.entries(properties as Record<string, Schema>).map(([name, field]) => ({
    name,
    note: [typeOf(field), required.includes(name) ? 'required' : ''].filter((part) => part !== '').join('; '),
    text: field.description ?? resolve(field).description ?? '',
  }))
  return `Body: ${code(mediaType)}.\n\n${definitions(fields)}`
}

function parameterList({ parameters = [] }: Operation): string {
  if (parameters.length === 0) return ''
  const items = parameters.map(({ name, in: place, description = '' }) => ({
    name,
    note: place,
    text: description,
  }))
  return `Parameters:\n\n${definitions(items)}`
}

/** The ways to authenticate; an empty requirement means that none is needed in some set-ups. */
function authentication({ security = [] }: Operation): string {
  const schemes = security.flatMap((requirement) => Object.keys(requirement))
  if (schemes.length === 0) return ''
  const isOptional = security.some((requirement) => Object.keys(requirement).length === 0)
  return `Authentication: ${codes(schemes)}${isOptional ? ', or none where the settings allow it' : ''}.`
}

const responseTable = ({ responses = {} }: Operation): string =>
  table(
    ['Status', 'Response'],
    Object.entries(responses).map(([status, response]) => [status, response.description ?? '']),
  )

const section = (path: string, method: string, operation: Operation): string =>
  [
    `### ${method.toUpperCase()} ${path}`,
    [operation.summary, operation.description]
      .filter((text) => text !== undefined)
      .map((text) => text.replace(/\.?$/, '.'))
      .join(' '),
    authentication(operation),
    parameterList(operation),
    bodyFields(operation),
    responseTable(operation),
  ]
    .filter((part) => part !== '')
    .join('\n\n')

export function httpPage(): string {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => ({
      path,
      method,
      operation: item[method] as Operation,
    })),
  )
  const isCallback = ({ path }: { readonly path: string }) => path.startsWith('/ussd/')
  const callbacks = operations.filter(isCallback)
  const others = operations.filter((one) => !isCallback(one))
  const tags = [...new Set(others.map(({ operation }) => operation.tags?.[0] ?? 'Other'))]
  return page(
    '# HTTP API',
    'The gateway serves this API as OpenAPI at `/openapi.json`. Errors of JSON routes are `{"error": {"code", "message"}}` with a code from [Errors](errors.md).',
    "MSISDNs are accepted in every written form of the project's countries. In Belarus: `+375291234567`, `80291234567`, `8 (029) 123-45-67`.",
    '## Callbacks',
    'Aggregators call these routes. The fields depend on the [dialect](dialects.md). Send `CALLBACK_TOKEN` as Bearer, Basic password or `?token=`.',
    table(
      ['Method', 'Route'],
      callbacks.map(({ path, method }) => [code(method.toUpperCase()), code(path)]),
    ),
    ...tags.flatMap((tag) => [
      `## ${tag}`,
      ...others
        .filter(({ operation }) => (operation.tags?.[0] ?? 'Other') === tag)
        .map(({ path, method, operation }) => section(path, method, operation)),
    ]),
  )
}

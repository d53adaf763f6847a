/** Describes the routes for records, and those of the project. */
import type { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import type { Project } from '../../gateway/project.ts'
import { createSubscriberFormat } from '../../gateway/records/subscriber-format.ts'
import { subscriberInput, subscriberOutput, sentFields, hasSecret } from '../../services/subscriber-input.ts'
import { exampleNumber } from '../../ussd/example-number.ts'
import type { Numbering } from '../../ussd/numbering.ts'
import { failed, json, jsonBody, storeFailures } from './answers.ts'
import { pathOfNumber } from '../project-routes.ts'
import type { AnyRoute, RouteAuthentication } from '../route.ts'

/** The parts of a project that the document depends on. */
export type Described = Pick<Project, 'languages' | 'numbering' | 'record'>

const asOperator = [{ adminBearer: [] }, { adminBasic: [] }]

const notRegistered = failed(
  'USSD_NOT_FOUND',
  'The number is not registered',
  'This number is not registered.',
)

/** The examples of a record: as it is sent, and as it is returned. */
function examplesOf({ languages, numbering, record }: Described) {
  const given = (schema: z.ZodType): unknown => schema.meta()?.['example']
  const fields = Object.entries(sentFields(record)).flatMap(([name, field]) =>
    given(field) === undefined ? [] : [[name, given(field)] as const],
  )
  const secrets = Object.entries(record.secrets)
  const language = languages[0]
  const fresh = createSubscriberFormat(record, { defaultLanguage: language, recordFormat: 'json' }).create()
  return {
    sent: {
      language,
      ...Object.fromEntries(fields),
      ...Object.fromEntries(
        secrets.flatMap(([name, { example }]) => (example === undefined ? [] : [[name, example]])),
      ),
    },
    returned: subscriberOutput(record).parse({
      ...fresh,
      ...Object.fromEntries(fields),
      msisdn: exampleNumber(numbering),
      ...Object.fromEntries(secrets.map(([name]) => [hasSecret(name), true])),
    }),
  }
}

/** The schema of a record without its secrets. */
export const recordSchema = ({ record }: Described) =>
  subscriberOutput(record).meta({ id: 'Subscriber', description: 'A subscriber, without secrets' })

export function subscriber(project: Described, record: z.ZodType): ZodOpenApiPathItemObject {
  const { languages, numbering } = project
  const input = subscriberInput(project.record, languages).meta({ id: 'SubscriberInput' })
  const { sent, returned } = examplesOf(project)
  const secrets = Object.keys(project.record.secrets)
  const asAdmin = {
    tags: ['Subscribers'],
    security: asOperator,
    requestParams: { path: pathOfNumber(numbering) },
  } satisfies Partial<ZodOpenApiOperationObject>
  const failures = {
    ...failed(
      'USSD_BAD_REQUEST',
      'A field is wrong; nothing was stored',
      `Bad request: language must be one of ${languages.join(', ')}`,
    ),
    ...failed('USSD_UNAUTHORISED', 'The admin token is missing or wrong, or none is configured'),
    ...storeFailures,
  }
  return {
    put: {
      ...asAdmin,
      operationId: 'putSubscriber',
      summary: 'Register or change a subscriber',
      description: [
        'Fields are merged: an omitted field keeps its value, and null clears a nullable field.',
        'A new subscriber has the first language of the project and no secrets.',
        ...(secrets.length > 0 ? [`Write-only: ${secrets.map((name) => `\`${name}\``).join(', ')}.`] : []),
      ].join(' '),
      requestBody: jsonBody(input, sent),
      responses: {
        200: json('Changed', record, returned),
        201: json('Registered', record, returned),
        ...failed('USSD_TOO_LARGE', 'More than 4 kB'),
        ...failures,
      },
    },
    get: {
      ...asAdmin,
      operationId: 'getSubscriber',
      summary: 'Get the record, without secrets',
      responses: { 200: json('The record', record, returned), ...notRegistered, ...failures },
    },
    delete: {
      ...asAdmin,
      operationId: 'removeSubscriber',
      summary: 'Delete a subscriber',
      responses: { 204: { description: 'Deleted' }, ...notRegistered, ...failures },
    },
  }
}

/** The tags of the project's own routes. */
export const tagsOf = (routes: readonly AnyRoute[]): readonly { readonly name: string }[] =>
  [...new Set(routes.map(({ operation }) => operation.tag ?? 'Project'))].map((name) => ({ name }))

/** The authentication schemes of the project's own routes. */
export const schemesOf = (routes: readonly AnyRoute[]): readonly RouteAuthentication<unknown>[] =>
  routes.flatMap(({ auth }) => (typeof auth === 'string' ? [] : [auth]))

/** Describes the routes of the project by path. */
export function projectPaths(
  routes: readonly AnyRoute[],
  numbering: Numbering,
): Record<string, ZodOpenApiPathItemObject> {
  const paths: Record<string, ZodOpenApiPathItemObject> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, numbering) }
  }
  return paths
}

function operationOf(
  { path, auth, body, operation }: AnyRoute,
  numbering: Numbering,
): ZodOpenApiOperationObject {
  const { example, responses, tag = 'Project', ...described } = operation
  return {
    tags: [tag],
    ...described,
    security: auth === 'operator' ? asOperator : auth === 'anyone' ? [] : [{ [auth.scheme]: [] }],
    ...(path.includes('{msisdn}') && { requestParams: { path: pathOfNumber(numbering) } }),
    ...(body && { requestBody: jsonBody(body, example) }),
    responses: {
      ...(body && {
        ...failed('USSD_BAD_REQUEST', 'A field is wrong'),
        ...failed('USSD_TOO_LARGE', 'More than 4 kB'),
      }),
      ...(auth !== 'anyone' && failed('USSD_UNAUTHORISED', 'The token is missing or wrong')),
      ...storeFailures,
      ...responses,
    },
  }
}

import { z } from 'zod'
import { createDocument } from 'zod-openapi'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import type { Dialect } from '../../dialects/dialect.ts'
import { json, text } from './answers.ts'
import { callbackPaths } from './callbacks.ts'
import { handset, handsetSubscriber, handsetWalkthrough, networkPush } from './dialling.ts'
import type { AnyRoute } from '../route.ts'
import { projectPaths, recordSchema, schemesOf, subscriber, tagsOf } from './records.ts'
import type { Described } from './records.ts'

const noAuth = { tags: ['Operation'], security: [] } satisfies Partial<ZodOpenApiOperationObject>

const operation: Record<string, ZodOpenApiPathItemObject> = {
  '/healthz': {
    get: {
      ...noAuth,
      operationId: 'isAlive',
      summary: 'Liveness',
      responses: { 200: json('The process runs', z.object({ status: z.literal('ok') }), { status: 'ok' }) },
    },
  },
  '/readyz': {
    get: {
      ...noAuth,
      operationId: 'isReady',
      summary: 'Readiness',
      responses: {
        200: json('Turns can be served', z.object({ status: z.literal('ready') }), { status: 'ready' }),
        503: json(
          'Turns cannot be served',
          z.object({ status: z.literal('not ready'), reason: z.string() }),
          {
            status: 'not ready',
            reason: 'the gateway is stopping',
          },
        ),
      },
    },
  },
  '/metrics': {
    get: {
      ...noAuth,
      operationId: 'getMetrics',
      summary: 'Metrics in the text format of Prometheus',
      responses: { 200: text('The metrics', '# TYPE ussd_turns_total counter') },
    },
  },
  '/openapi.json': {
    get: {
      ...noAuth,
      operationId: 'getDescription',
      summary: 'This document',
      responses: {
        200: json('OpenAPI 3.1', z.object({ openapi: z.string() }).loose(), { openapi: '3.1.1' }),
      },
    },
  },
}

const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description }) as const
const basic = (description: string) => ({ type: 'http', scheme: 'basic', description }) as const

/** Builds the OpenAPI 3.1 document of all routes, from the schemas that the routes parse with. */
export const openApiDocument = (
  dialects: Readonly<Record<string, Dialect>>,
  project: Described,
  routes: readonly AnyRoute[],
): ReturnType<typeof createDocument> => {
  const record = recordSchema(project)
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'USSD gateway',
      version: '0.1.0',
      description: "An aggregator's callbacks, simulated phones, and subscriber records.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'Callbacks', description: 'Callbacks of aggregators, one dialect each' },
      { name: 'Handsets', description: 'Simulated phones' },
      { name: 'Subscribers', description: "The operator's records" },
      ...tagsOf(routes),
      { name: 'Operation', description: 'Health, metrics and this document' },
    ],
    paths: {
      ...callbackPaths(dialects),
      '/handsets/{msisdn}': handset,
      '/handsets/{msisdn}/subscriber': handsetSubscriber(record),
      '/handsets/{msisdn}/walkthrough': handsetWalkthrough,
      '/network/restcomm': { post: networkPush },
      '/subscribers/{msisdn}': subscriber(project, record),
      ...projectPaths(routes, project.numbering),
      ...operation,
    },
    components: {
      securitySchemes: {
        callbackBearer: bearer('CALLBACK_TOKEN'),
        callbackBasic: basic('CALLBACK_TOKEN as the password, any user name'),
        callbackQuery: { type: 'apiKey', in: 'query', name: 'token', description: 'CALLBACK_TOKEN' },
        callbackSignature: {
          type: 'apiKey',
          in: 'header',
          name: 'webhook-signature',
          description:
            'With webhook-id and webhook-timestamp (Standard Webhooks 1.0): HMAC-SHA-256 under one of CALLBACK_SIGNATURE_KEYS',
        },
        adminBearer: bearer('ADMIN_TOKEN'),
        adminBasic: basic('ADMIN_TOKEN as the password, any user name'),
        ...Object.fromEntries(
          schemesOf(routes).map(({ scheme, description }) => [scheme, bearer(description)]),
        ),
      },
    },
  })
}

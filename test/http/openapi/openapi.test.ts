import project from '../../../menus/index.ts'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { Validator } from '@seriousme/openapi-schema-validator'
import { readFileSync } from 'node:fs'
import type { Dialect, Method } from '../../../src/dialects/dialect.ts'
import { dialects } from '../../../src/dialects/index.ts'
import { errorMessages } from '../../../src/engine/errors.ts'
import { openApiDocument } from '../../../src/http/openapi/openapi.ts'
import type { AnyRouteKit } from '../../../src/project.ts'
import { startGateway } from '../../support/running.ts'
import type { Running } from '../../support/running.ts'

interface Operation {
  readonly operationId: string
  readonly description?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly security: readonly Record<string, unknown>[]
  readonly requestBody?: { content: Record<string, Media> }
  readonly responses: Record<string, { content?: Record<string, Media> }>
}
interface Media {
  readonly schema: unknown
  readonly example?: unknown
  readonly examples?: Record<string, { value: unknown }>
}

// The routes are described, not called.
const describedRoutes = project.routes({ numbering: project.numbering } as AnyRouteKit)

/** Returns the document as clients parse it. */
const document = JSON.parse(JSON.stringify(openApiDocument(dialects, project, describedRoutes))) as {
  info: { version: string }
  servers: readonly { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: Record<string, unknown>; schemas: Record<string, unknown> }
}
const methods = ['get', 'put', 'post', 'delete']
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    return operation ? [{ path, method, operation, name: `${method.toUpperCase()} ${path}` }] : []
  }),
)

describe('the OpenAPI document', () => {
  it('names the code of the address at every callback, and the service code of a phone', () => {
    for (const { path, operation } of operations) {
      const names = (operation.parameters ?? []).filter((each) => each.in === 'query' && !each.required)
      if (path.startsWith('/ussd/')) expect(names.map(({ name }) => name)).toContain('code')
      if (operation.operationId === 'typeOnHandset')
        expect(names.map(({ name }) => name)).toContain('serviceCode')
    }
  })

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('is relative to the address that serves it', () => {
    expect(document.servers).toEqual([{ url: '/' }])
  })

  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(document.info.version).toBe(version)
  })

  it('gives operations unique ids and uses every security scheme', () => {
    const names = operations.map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
    const known = Object.keys(document.components.securitySchemes)
    const asked = operations.flatMap(({ operation }) => operation.security.flatMap((one) => Object.keys(one)))
    expect(new Set(asked)).toEqual(new Set(known))
  })

  it('lists every error code and shows errors whose code has the status of the response', () => {
    const { error } = (document.components.schemas['Failure'] as FailureSchema).properties
    expect(error.properties.code.enum).toEqual(Object.keys(errorMessages))
    for (const { operation } of operations) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400 || !content?.['application/json']) continue
        const { example, schema } = content['application/json']
        if (JSON.stringify(schema) !== '{"$ref":"#/components/schemas/Failure"}') continue
        const code = (example as { error: { code: keyof typeof errorMessages } }).error.code
        expect(errorMessages[code].status).toBe(Number(status))
      }
    }
  })

  it('marks secrets as write-only and lists none in a response', () => {
    const input = document.components.schemas['SubscriberInput'] as { properties: Record<string, object> }
    expect(input.properties['puk1']).toMatchObject({ writeOnly: true, pattern: '^[0-9]{8}$' })
    expect(input.properties['password']).toMatchObject({ writeOnly: true, pattern: '^[0-9]{5,10}$' })
    const output = document.components.schemas['Subscriber'] as { properties: Record<string, object> }
    expect(Object.keys(output.properties)).not.toEqual(expect.arrayContaining(['puk1']))
    expect(Object.keys(output.properties)).not.toEqual(expect.arrayContaining(['password']))
  })
})

describe('a described callback', () => {
  const callbacks = operations.filter(({ path }) => path.startsWith('/ussd/'))
  const requestOf = ({ path, method, operation }: (typeof callbacks)[number]) => {
    const [, name = '', below = ''] = /^\/ussd\/([\w-]+)(.*)$/.exec(path) ?? []
    const dialect = dialects[name] as Dialect
    const content: Record<string, Partial<Media>> = operation.requestBody?.content ?? {}
    const [media = ''] = Object.keys(content)
    const { schema, examples = {} } = content[media] ?? {}
    const bodies = Object.values(examples).map(({ value }) =>
      typeof value === 'string'
        ? value
        : media === 'application/json'
          ? JSON.stringify(value)
          : new URLSearchParams(value as Record<string, string>).toString(),
    )
    const address = below.replaceAll(/\{\w+\}/g, '77')
    return { dialect, schema, bodies, method: method.toUpperCase() as Method, path: address }
  }

  it('may be signed', () => {
    const unsigned = callbacks.filter(
      ({ operation }) => !operation.security.some((one) => 'callbackSignature' in one),
    )
    expect(unsigned.map(({ name }) => name)).toEqual([])
  })

  it('has examples that its dialect accepts', () => {
    for (const callback of callbacks.filter(({ method }) => method !== 'get')) {
      const { dialect, bodies, method, path } = requestOf(callback)
      expect(bodies.length).toBeGreaterThan(0)
      for (const body of bodies) {
        const parsed = dialect.parseRequest({ method, path, query: {}, headers: {}, body })
        expect([callback.name, parsed.kind]).not.toEqual([callback.name, 'malformed'])
      }
    }
  })

  it('has a schema with fields, or text for XML', () => {
    for (const callback of callbacks.filter(({ method }) => method !== 'get')) {
      expect(requestOf(callback).schema).toMatchObject({ type: expect.stringMatching(/^(object|string)$/) })
    }
  })

  it.each(['/ussd/infobip', '/ussd/infobip/session/{sessionId}/status'])(
    'is not %s, which can only fail',
    (path) => {
      expect(document.paths[path]).toBeUndefined()
    },
  )
})

interface FailureSchema {
  readonly properties: { error: { properties: { code: { enum: string[] } } } }
}

interface Layer {
  readonly route?: { path: string | readonly string[]; methods: Record<string, boolean> }
  readonly handle?: { stack?: readonly Layer[] }
}

/** Every route under a router in OpenAPI notation, without the handlers that only answer 405. */
const routesIn = (stack: readonly Layer[]): string[] =>
  stack.flatMap(({ route, handle }) => {
    if (!route) return routesIn(handle?.stack ?? [])
    const taken = Object.keys(route.methods).filter((method) => method !== '_all')
    if (taken.length > methods.length) return []
    return [route.path].flat().flatMap((path) => {
      const described = path.replaceAll(/:(\w+)/g, '{$1}')
      return taken.map((method) => `${method.toUpperCase()} ${described}`)
    })
  })

describe('the served routes', () => {
  const admin = { Authorization: 'Bearer operator' }
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway({
      SIMULATOR: 'on',
      DEMO: 'on',
      ADMIN_TOKEN: 'operator',
      LOG_LEVEL: 'silent',
    })
  })
  afterAll(() => gateway.close('immediate'))

  it('are the described ones', async () => {
    const [[request]] = (await Promise.all([
      once(gateway.server, 'request'),
      fetch(`${gateway.url}/healthz`),
    ])) as [[{ app: { router: { stack: readonly Layer[] } } }], unknown]
    const { router } = request.app
    const isCallback = (route: string) => route.includes(' /ussd/')
    const [served, listed] = [routesIn(router.stack), operations.map(({ name }) => name)]
    const other = (routes: readonly string[]) => routes.filter((route) => !isCallback(route)).toSorted()
    expect(other(served)).toEqual(other(listed))
    // Other methods and addresses of a dialect are served to answer an error in its format.
    expect(listed.filter(isCallback).filter((route) => !served.includes(route))).toEqual([])
  })

  it('accept every example of a callback', async () => {
    for (const { name, path, operation } of operations.filter((one) => one.name.startsWith('POST /ussd/'))) {
      const [media = '', { examples = {} } = {}] =
        Object.entries(operation.requestBody?.content ?? {})[0] ?? []
      for (const { value } of Object.values(examples)) {
        const isForm = media === 'application/x-www-form-urlencoded'
        const body = isForm
          ? new URLSearchParams(value as Record<string, string>)
          : typeof value === 'string'
            ? value
            : JSON.stringify(value)
        const url = `${gateway.url}${path.replaceAll(/\{\w+\}/g, '77')}`
        const response = await fetch(url, { method: 'POST', body })
        expect([name, response.status, await response.text()]).toEqual([
          name,
          200,
          expect.not.stringContaining('Bad request'),
        ])
      }
    }
  })

  it('answer 405 to any other method and list the allowed ones', async () => {
    const phone = encodeURIComponent('+375291234567')
    for (const [path, item] of Object.entries(document.paths)) {
      if (path.startsWith('/ussd/')) continue
      const taken = methods.filter((method) => item[method]).map((method) => method.toUpperCase())
      const other = ['PATCH', 'PUT', 'POST', 'DELETE', 'GET'].filter((method) => !taken.includes(method))
      for (const method of other) {
        const address = `${gateway.url}${path.replace('{msisdn}', phone)}`
        const response = await fetch(address, { method, headers: admin })
        const allow = (response.headers.get('allow') ?? '').split(', ').filter((name) => name !== 'HEAD')
        expect([path, method, response.status, allow.toSorted()]).toEqual([
          path,
          method,
          405,
          taken.toSorted(),
        ])
        expect((await response.text()).length).toBeGreaterThan(0)
      }
    }
  })

  it('serve the document at /openapi.json', async () => {
    const response = await fetch(`${gateway.url}/openapi.json`)
    expect(await response.json()).toEqual(document)
  })

  it.each<[string, string, RequestInit?]>([
    ['POST /ussd/africastalking', '/ussd/africastalking', form({ text: '' })],
    ['POST /ussd/africastalking', '/ussd/africastalking', form({ phoneNumber: '112' })],
    ['POST /ussd/africastalking', '/ussd/africastalking', { method: 'POST', body: 'x'.repeat(9000) }],
    ['GET /handsets/{msisdn}', '/handsets/+375291234567'],
    ['GET /handsets/{msisdn}', '/handsets/+375291234567', { headers: { Accept: 'application/json' } }],
    ['GET /handsets/{msisdn}', '/handsets/112', { headers: { Accept: 'application/json' } }],
    ['POST /handsets/{msisdn}', '/handsets/+375291234567', { method: 'POST', body: '*141*0#' }],
    ['DELETE /handsets/{msisdn}', '/handsets/+375291234567', { method: 'DELETE' }],
    ['POST /network/restcomm', '/network/restcomm', { method: 'POST', body: '<x/>' }],
    ['POST /network/restcomm', '/network/restcomm', { method: 'POST', body: pushed() }],
    ['GET /subscribers/{msisdn}', '/subscribers/+375291234567'],
    ['GET /subscribers/{msisdn}', '/subscribers/+375291234567', { headers: admin }],
    ['GET /subscribers/{msisdn}', '/subscribers/+375297654321', { headers: admin }],
    ['GET /subscribers/{msisdn}', '/subscribers/112', { headers: admin }],
    ['PUT /subscribers/{msisdn}', '/subscribers/+375291234560', json('PUT', {}, admin)],
    ['PUT /subscribers/{msisdn}', '/subscribers/+375297654321', json('PUT', {}, admin)],
    [
      'PUT /subscribers/{msisdn}',
      '/subscribers/+375297654321',
      json('PUT', { tariff: 'x'.repeat(5000) }, admin),
    ],
    ['DELETE /subscribers/{msisdn}', '/subscribers/+375297654321', { method: 'DELETE', headers: admin }],
    ['DELETE /subscribers/{msisdn}', '/subscribers/+375297654321', { method: 'DELETE', headers: admin }],
    ['POST /self-care/password', '/self-care/password', json('POST', described('/self-care/password'))],
    ['POST /self-care/password', '/self-care/password', json('POST', wrongPuk1())],
    ['POST /self-care/password', '/self-care/password', json('POST', {})],
    ['POST /self-care/sessions', '/self-care/sessions', json('POST', described('/self-care/sessions'))],
    [
      'POST /self-care/sessions',
      '/self-care/sessions',
      json('POST', { msisdn: '+375291234560', password: '' }),
    ],
    ['GET /self-care/session', '/self-care/session'],
    ['GET /healthz', '/healthz'],
    ['GET /readyz', '/readyz'],
    ['GET /metrics', '/metrics'],
    ['GET /openapi.json', '/openapi.json'],
  ])('answer %s as described (%#)', async (name, address, init = {}) => {
    const response = await fetch(`${gateway.url}${address}`, init)
    const answers = operations.find((operation) => operation.name === name)?.operation.responses
    expect(Object.keys(answers ?? {})).toContain(String(response.status))
    const types = Object.keys(answers?.[response.status]?.content ?? {})
    const body = await response.text()
    if (types.length === 0) return expect(body).toBe('')
    const type = response.headers.get('content-type')?.split(';')[0] ?? ''
    expect(types).toContain(type)
  })

  it('answer the example of a subscriber with the example of its record', async () => {
    const { example } =
      document.paths['/subscribers/{msisdn}']?.['put']?.requestBody?.content['application/json'] ?? {}
    const put = await fetch(`${gateway.url}/subscribers/+375291234567`, json('PUT', example, admin))
    const described200 = document.paths['/subscribers/{msisdn}']?.['put']?.responses['200']
    expect(await put.json()).toEqual(described200?.content?.['application/json']?.example)
  })
})

function form(changed: object): RequestInit {
  const fields = {
    phoneNumber: '+375291234567',
    serviceCode: '*141*0#',
    text: '',
    sessionId: 'described',
    ...changed,
  }
  return { method: 'POST', body: new URLSearchParams(fields) }
}

describe('the screen of a phone', () => {
  it('documents the headers that a gateway sends, under their current names', async () => {
    const gateway = await startGateway()
    const response = await fetch(`${gateway.url}/handsets/+375291234563`, { method: 'POST', body: '*141*0#' })
    const sent = [...response.headers.keys()].filter((name) => name.startsWith('ussd-'))
    await gateway.close('immediate')
    const paths = document.paths as unknown as Record<
      string,
      Record<string, { readonly responses: Record<string, { readonly headers?: object }> }>
    >
    const { headers = {} } = paths['/handsets/{msisdn}']?.['post']?.responses['200'] ?? {}
    const documented = Object.keys(headers).map((name) => name.toLowerCase())
    // Deprecated: a former name, sent for one more release.
    expect(documented.toSorted()).toEqual(sent.filter((name) => name !== 'ussd-asks').toSorted())
  })
})

function json(method: string, body: unknown, headers: object = {}): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } }
}

/** Returns the example body of a route. */
function described(path: string): object {
  const { example } = document.paths[path]?.['post']?.requestBody?.content['application/json'] ?? {}
  return example as object
}

/** A push to an absent phone. */
function pushed(): string {
  const { example } = document.paths['/network/restcomm']?.['post']?.requestBody?.content['text/xml'] ?? {}
  return String(example).replace('375291234567', '375297777777')
}

function wrongPuk1(): object {
  return { ...described('/self-care/password'), puk1: '00000000' }
}

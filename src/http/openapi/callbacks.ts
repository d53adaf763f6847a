/** Describes the callbacks of aggregators. Both ends of each dialect write the examples. */
import { z } from 'zod'
import type { ZodOpenApiMediaTypeObject, ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import type { Dialect, Method, NetworkTurn, WireCall, WireResponse } from '../../dialects/dialect.ts'
import { text } from './answers.ts'

type Step = 'begin' | 'reply' | 'end'

/** The calls of a dialogue, each with the address template that it goes to. */
interface Sample {
  readonly step: Step
  readonly call: WireCall
  readonly template: string
}

interface CallbackOperation {
  readonly dialect: Dialect
  readonly method: Method
  readonly template: string
  readonly samples: readonly Sample[]
}

const FORM = 'application/x-www-form-urlencoded'

const summaries: Record<Step, string> = {
  begin: 'begins a dialogue',
  reply: 'continues a dialogue',
  end: 'ends a dialogue',
}

/** The paths of all callbacks. Lists only the operations that a dialect can accept. */
export function callbackPaths(dialects: Readonly<Record<string, Dialect>>): ZodOpenApiPathsObject {
  const paths: Record<string, Partial<Record<Lowercase<Method>, ZodOpenApiOperationObject>>> = {}
  for (const operation of Object.values(dialects).flatMap(operationsOf)) {
    const { dialect, method, template } = operation
    const path = `/ussd/${dialect.name}${template.replaceAll(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation) }
  }
  return paths
}

function operationsOf(dialect: Dialect): readonly CallbackOperation[] {
  const found = new Map<string, CallbackOperation>()
  for (const sample of samplesOf(dialect)) {
    const { template, call } = sample
    // A dialect without further addresses accepts each of its methods.
    const methods = dialect.paths === undefined ? dialect.methods : [call.method]
    for (const method of methods) {
      const key = `${method} ${template}`
      const samples = [...(found.get(key)?.samples ?? []), sample]
      found.set(key, { dialect, method, template, samples })
    }
  }
  return [...found.values()]
}

/** Runs a short dialogue between the two ends of a dialect. */
function samplesOf(dialect: Dialect): readonly Sample[] {
  const begin: NetworkTurn = {
    sessionId: '7361928450',
    msisdn: '+375291234567',
    dialled: '*141*3*6#',
    replies: [],
    answers: [],
    beganAtMs: 0,
  }
  const first = dialect.formatRequest(begin)
  const parsed = dialect.parseRequest({
    ...first,
    query: Object.fromEntries(new URLSearchParams(first.query)),
  })
  const echo = parsed.kind === 'malformed' ? {} : parsed.echo
  const shown = dialect.parseResponse(dialect.formatAnswer({ text: '1 Close', waits: true }, echo))
  const later = { ...begin, replies: ['1'], answers: shown.kind === 'answer' ? [shown] : [] }
  const end = dialect.formatEnd(later, 'cancelled', 0)
  const calls: readonly (readonly [Step, WireCall])[] = [
    ['begin', first],
    ['reply', dialect.formatRequest(later)],
    ...(end ? ([['end', end]] as const) : []),
  ]
  return calls.map(([step, call]) => ({ step, call, template: templateOf(dialect, call.path) }))
}

const templateOf = ({ paths = [] }: Dialect, path: string): string =>
  paths.find((template) => new RegExp(`^${template.replaceAll(/:\w+/g, '[^/]+')}$`).test(path)) ?? ''

function describe(operation: CallbackOperation): ZodOpenApiOperationObject {
  const { dialect, method, template, samples } = operation
  const words = template.replaceAll(/[^a-z]+/gi, ' ').trim()
  const steps = samples.map(({ step }) => summaries[step])
  return {
    operationId: ['callback', dialect.name, method.toLowerCase(), ...words.split(' ')]
      .filter(Boolean)
      .join('_'),
    tags: ['Callbacks'],
    summary: `${dialect.name}: ${steps.join(', ')}`,
    description:
      'docs/reference/dialects.md describes the fields. A duplicate gets the stored answer and has no effect.',
    security: [
      { callbackBearer: [] },
      { callbackBasic: [] },
      { callbackQuery: [] },
      { callbackSignature: [] },
      {},
    ],
    ...parametersOf(operation),
    ...(method !== 'GET' && { requestBody: { required: true, content: contentOf(operation) } }),
    responses: responsesOf(operation),
  }
}

/** The parameters of the callback URL itself. */
const AddressQuery = z.object({
  code: z.string().optional().meta({
    description:
      'Short code of this URL. It applies when the first callback has no dialled string, or one that does not start with it',
    example: '*141#',
  }),
})

function parametersOf(operation: CallbackOperation): Pick<ZodOpenApiOperationObject, 'requestParams'> {
  const { dialect, method, template } = operation
  const names = [...template.matchAll(/:(\w+)/g)].map(([, name]) => name as string)
  const path = z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
  const fields = method === 'GET' ? dialect.requestSchema?.(template) : undefined
  const query = fields ? fields.extend(AddressQuery.shape) : AddressQuery
  return { requestParams: { ...(names.length > 0 && { path }), query } }
}

function contentOf({ dialect, template, samples }: CallbackOperation) {
  const [first] = samples
  const media = mediaOf(first?.call.headers['content-type'] ?? FORM)
  // A form has the same fields in a body as in a query.
  const examples = samples.map(({ step, call }) => [
    step,
    { value: exampleOf(media, call.body || call.query) },
  ])
  const schema = dialect.requestSchema?.(template) ?? schemaOf(media)
  return { [media]: { schema, examples: Object.fromEntries(examples) as Examples } }
}

type Examples = NonNullable<ZodOpenApiMediaTypeObject['examples']>

/** JSON and forms are shown as objects, XML as text. */
function exampleOf(media: string, body: string): unknown {
  if (media === 'application/json') return JSON.parse(body) as unknown
  return media === FORM ? Object.fromEntries(new URLSearchParams(body)) : body
}

const schemaOf = (media: string): z.ZodType =>
  media === 'application/json' || media === FORM ? z.record(z.string(), z.unknown()) : z.string()

/** Errors are written in the dialect too. Those that it writes with status 200 are listed under 200. */
function responsesOf({ dialect, method, samples }: CallbackOperation) {
  const endsOnly = samples.every(({ step }) => step === 'end')
  const screen = { text: 'Доступ открыт\n1 Закрыть\n0 Выход', waits: true }
  const responses: Record<string, object> = endsOnly
    ? { 200: answer('The notification was accepted', dialect.formatEnded({})) }
    : { 200: answer('The screen', dialect.formatAnswer(screen, {})) }
  for (const [status, description, message] of [
    [400, 'The request does not have the form of this dialect', 'Bad request: the number is required'],
    [401, 'The token or the signature is missing or wrong', 'Unauthorised: the token is missing or wrong'],
    [
      403,
      'The sender is not in `CALLBACK_ALLOW`; or, without a token, the call came through a proxy or from another site',
      'Rejected: this address may not send callbacks',
    ],
    [405, 'The method is not allowed', `Bad request: the method must be ${method}`],
    [413, 'The body is larger than 8 kB', 'Bad request: the body is too large'],
  ] as const) {
    const error = dialect.formatError(status, message)
    if (error.status !== 200) responses[error.status] = answer(description, error)
  }
  return responses as NonNullable<ZodOpenApiOperationObject['responses']>
}

function answer(description: string, { type, body }: WireResponse) {
  const media = mediaOf(type)
  if (media === 'text/plain') return text(description, body)
  return { description, content: { [media]: { schema: schemaOf(media), example: exampleOf(media, body) } } }
}

const mediaOf = (type: string): string => type.split(';', 1)[0] ?? type

/** The description of the aggregators' callbacks: its examples are what the dialects themselves write. */
import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import type { Dialect, Method, NetworkTurn, WireCall, WireResponse } from '../../dialects/dialect.ts'
import { text } from './answers.ts'
import { africasTalking } from './dialling.ts'

const turn: NetworkTurn = {
  sessionId: '7361928450',
  msisdn: '+375291234567',
  dialled: '*141*3*6#',
  replies: [],
  answers: [],
  beganAtMs: 0,
}

const sentence = 'Bad request: the number is missing'

/** Every address of every dialect, with each method it takes. */
export function callbackPaths(dialects: Readonly<Record<string, Dialect>>): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {}
  for (const dialect of Object.values(dialects)) {
    for (const path of ['', ...(dialect.paths ?? [])]) {
      const item: Partial<Record<Lowercase<Method>, ZodOpenApiOperationObject>> = {}
      for (const method of dialect.methods) {
        item[method.toLowerCase() as Lowercase<Method>] = operation(dialect, method, path)
      }
      paths[`/ussd/${dialect.name}${path.replaceAll(/:(\w+)/g, '{$1}')}`] = item
    }
  }
  return paths
}

function operation(dialect: Dialect, method: Method, path: string): ZodOpenApiOperationObject {
  if (dialect.name === 'africastalking' && path === '') return africasTalking
  const call = dialect.formatRequest(turn)
  const named = path.replaceAll(/[^a-z]+/gi, ' ').trim()
  return {
    operationId: ['callback', dialect.name, method.toLowerCase(), ...named.split(' ')]
      .filter(Boolean)
      .join('_'),
    tags: ['Callbacks'],
    summary: `A callback in the dialect \`${dialect.name}\`${named && `, ${named}`}`,
    description: `Its fields stand in docs/dialects.md. A begin is, for example, \`${call.method} ${call.path}${call.query && `?${call.query}`}\`.`,
    security: [
      { callbackBearer: [] },
      { callbackBasic: [] },
      { callbackQuery: [] },
      { callbackSignature: [] },
      {},
    ],
    ...parametersOf(path),
    ...(method !== 'GET' && bodyOf(call)),
    responses: responsesOf(dialect),
  }
}

function parametersOf(path: string): Pick<ZodOpenApiOperationObject, 'requestParams'> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string)
  if (names.length === 0) return {}
  return { requestParams: { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) } }
}

const bodyOf = ({ headers, body }: WireCall): Pick<ZodOpenApiOperationObject, 'requestBody'> => ({
  requestBody: {
    content: { [mediaOf(headers['content-type'] ?? 'text/plain')]: { schema: z.unknown(), example: body } },
  },
})

/** Also errors are answered in the dialect; those that it says inside 200 stand under that status. */
function responsesOf(dialect: Dialect): NonNullable<ZodOpenApiOperationObject['responses']> {
  const shown = dialect.formatAnswer({ text: 'Доступ открыт\n1 Закрыть\n0 Выход', waits: true }, {})
  const responses: Record<string, object> = { 200: answer('The screen, or that a notice was heard', shown) }
  for (const [status, about] of [
    [400, 'Not of the form of this dialect'],
    [401, 'The token or the signature is missing or wrong'],
    [403, 'From an address of nobody we know, or by a page of another site where nothing guards'],
    [405, 'Another method than it takes'],
    [413, 'Larger than 8 kB'],
  ] as const) {
    const error = dialect.formatError(status, sentence)
    if (error.status !== 200) responses[error.status] = answer(about, error)
  }
  return responses as NonNullable<ZodOpenApiOperationObject['responses']>
}

function answer(description: string, { type, body }: WireResponse) {
  const media = mediaOf(type)
  if (media === 'text/plain') return text(description, body)
  return { description, content: { [media]: { schema: z.unknown(), example: body } } }
}

const mediaOf = (type: string): string => type.split(';', 1)[0] ?? type

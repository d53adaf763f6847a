/** The answers that many routes have in common, as the description of the interface lists them. */
import { z } from 'zod'
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import { errorMessages } from '../../engine/errors.ts'
import type { ErrorCode } from '../../engine/errors.ts'
import { errorBody } from '../failures.ts'
import type { ErrorBody } from '../failures.ts'

const codes = Object.keys(errorMessages) as [ErrorCode, ...ErrorCode[]]

const FailureAnswer = z
  .object({
    error: z.object({
      code: z.enum(codes).meta({ description: 'Stays the same: programs may decide by it' }),
      message: z.string().meta({ description: 'A sentence for people, which may change' }),
    }),
  })
  .meta({ id: 'Failure', description: 'Why a request was not carried out' }) satisfies z.ZodType<ErrorBody>

const retryAfter = z.object({
  'Retry-After': z
    .string()
    .meta({ description: 'Seconds after which it is worth asking again', example: '2' }),
})

const challenge = z.object({ 'WWW-Authenticate': z.string().meta({ example: 'Bearer' }) })

const headersOf: Partial<Record<number, z.ZodObject>> = { 401: challenge, 429: retryAfter, 503: retryAfter }

/** One answer of JSON. */
export const json = (description: string, schema: z.ZodType, example: unknown): ZodOpenApiResponseObject => ({
  description,
  content: { 'application/json': { schema, example } },
})

/** One answer of plain text. */
export const text = (description: string, example: string): ZodOpenApiResponseObject => ({
  description,
  content: { 'text/plain': { schema: z.string(), example } },
})

/** A failure with the status of its code; `message` where the route says it in words of its own. */
export function failed(code: ErrorCode, description: string, message?: string): ZodOpenApiResponsesObject {
  const { status } = errorMessages[code]
  const headers = headersOf[status]
  const answer = json(description, FailureAnswer, errorBody(code, message))
  return { [`${status}`]: { ...answer, ...(headers && { headers }) } } as ZodOpenApiResponsesObject
}

/** What every route that works on records may answer. */
export const storeFailures: ZodOpenApiResponsesObject = {
  ...failed('USSD_CONFLICT', 'Others kept changing the same record; ask again'),
  ...failed('USSD_UNEXPECTED', 'A fault of the gateway; its log says more under the same code'),
  ...failed('USSD_STORE_UNAVAILABLE', 'The store or the hashing has no time left; ask again'),
}

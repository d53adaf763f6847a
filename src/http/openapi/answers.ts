/** Responses that many operations share. */
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
      code: z.enum(codes).meta({ description: 'Stable: programs may depend on it' }),
      message: z.string().meta({ description: 'Text for people; it may change' }),
    }),
  })
  .meta({ id: 'Failure', description: 'An error' }) satisfies z.ZodType<ErrorBody>

const retryAfter = z.object({
  'Retry-After': z.string().meta({ description: 'Seconds to wait before a retry', example: '2' }),
})

const challenge = z.object({ 'WWW-Authenticate': z.string().meta({ example: 'Bearer' }) })

const headersOf: Partial<Record<number, z.ZodObject>> = { 401: challenge, 429: retryAfter, 503: retryAfter }

/** Describes a JSON response. */
export const json = (description: string, schema: z.ZodType, example: unknown): ZodOpenApiResponseObject => ({
  description,
  content: { 'application/json': { schema, example } },
})

/** Describes a JSON request body. */
export const jsonBody = (schema: z.ZodType, example: unknown) => ({
  required: true,
  content: { 'application/json': { schema, example } },
})

/** Describes a plain text response. */
export const text = (description: string, example: string): ZodOpenApiResponseObject => ({
  description,
  content: { 'text/plain': { schema: z.string(), example } },
})

/** Describes an error with the status of its code. `message` replaces the default message of the code. */
export function failed(code: ErrorCode, description: string, message?: string): ZodOpenApiResponsesObject {
  const { status } = errorMessages[code]
  const headers = headersOf[status]
  const answer = json(description, FailureAnswer, errorBody(code, message))
  return { [`${status}`]: { ...answer, ...(headers && { headers }) } } as ZodOpenApiResponsesObject
}

/** The errors of every route that works on records. */
export const storeFailures: ZodOpenApiResponsesObject = {
  ...failed('USSD_CONFLICT', 'Concurrent changes of the same record; retry'),
  ...failed('USSD_UNEXPECTED', 'An internal error; the log has details under the same code'),
  ...failed('USSD_STORE_UNAVAILABLE', 'The store or the hashing is overloaded; retry'),
}

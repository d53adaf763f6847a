/** The HTTP routes of a project, as data: one definition serves a route and describes it in the OpenAPI document. */
import type { z } from 'zod'
import type { ZodOpenApiResponsesObject } from 'zod-openapi'
import { msisdnOf } from '../dialects/encoding/fields.ts'
import { exampleNumber } from '../ussd/example-number.ts'
import type { Numbering } from '../ussd/numbering.ts'

export { UssdError } from '../engine/errors.ts'
export { jsonObject, oneOf, secretDigits } from '../services/subscriber-input.ts'
export { failed, json, storeFailures } from './openapi/answers.ts'
export { errorBody } from './failures.ts'

/** A request to a route of a project, parsed. */
export interface RouteRequest<Body, Caller> {
  /** The `{msisdn}` of the path, E.164 with `+`; empty when the path has none. */
  readonly msisdn: string
  readonly body: Body
  readonly caller: Caller
}

export interface RouteAnswer {
  readonly status: number
  /** Sent as JSON. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Who may call a route. */
export interface RouteAuthentication<Caller> {
  /** The name of the scheme in the OpenAPI document. */
  readonly scheme: string
  readonly description: string
  /** Returns the caller of a bearer token, or `undefined` for a token that is not valid. */
  authenticate(token: string): Promise<Caller | undefined>
}

/** A route of a project. The gateway parses the number and the body, and answers errors. */
export interface Route<Body = undefined, Caller = undefined> {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** As in OpenAPI: `/orders/{msisdn}`. `{msisdn}` is the only parameter, a number of the project's numbering. */
  readonly path: string
  /** `operator`: the admin token. `anyone`: no token. Otherwise, a bearer token, checked before the body is read. */
  readonly auth: 'operator' | 'anyone' | RouteAuthentication<Caller>
  /** The schema of a JSON body of at most 4 kB. Wrap secrets in `Secret` here. */
  readonly body?: z.ZodType<Body>
  /** For the OpenAPI document. */
  readonly operation: {
    readonly operationId: string
    /** Groups routes; `Project` by default. */
    readonly tag?: string
    readonly summary: string
    readonly description?: string
    /** An example of the body. */
    readonly example?: object
    readonly responses: ZodOpenApiResponsesObject
  }
  handle(request: RouteRequest<Body, Caller>): Promise<RouteAnswer>
}

// oxlint-disable-next-line typescript/no-explicit-any -- each route has its own body and caller
export type AnyRoute = Route<any, any>

/** Checks the types of one route. */
export const defineRoute = <Body = undefined, Caller = undefined>(
  route: Route<Body, Caller>,
): Route<Body, Caller> => route

/** Returns the schema of a number of the project's numbering, in any written form. Gives E.164 with `+`. */
export const numberField = (numbering: Numbering) =>
  msisdnOf(numbering).meta({
    description: `${numbering.requirement.replace('must be a', 'A')}, in any written form`,
    example: exampleNumber(numbering),
  })

import { Router } from 'express'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { describeIssue } from '../dialects/encoding/fields.ts'
import type { Numbering } from '../ussd/numbering.ts'
import { onlyAdmin } from './admin.ts'
import { onlyMethods } from './failures.ts'
import { badRequest, jsonRoute, noStore, unauthorised } from './json.ts'
import { numberField } from './route.ts'
import type { AnyRoute, RouteAuthentication } from './route.ts'
import { tokenOf } from './tokens.ts'

/** The path parameters: a number of the project's numbering in any written form, percent-encoded. */
export const pathOfNumber = (numbering: Numbering) => z.object({ msisdn: numberField(numbering) })

/** Returns the path as Express writes it. */
const expressPath = (path: string): string => path.replaceAll('{msisdn}', ':msisdn')

/** Serves the routes of a project. Answers 405 to the other methods of their paths. */
export function projectRoutes(options: {
  readonly routes: readonly AnyRoute[]
  readonly numbering: Numbering
  readonly adminToken: string | undefined
}): Router {
  const { routes, numbering, adminToken } = options
  const router = Router()
  const isOperator = onlyAdmin(adminToken)
  for (const route of routes) {
    const path = expressPath(route.path)
    const callers = new WeakMap<Request, unknown>()
    const guards: RequestHandler[] = [noStore]
    if (route.auth === 'operator') guards.push(isOperator)
    else if (route.auth !== 'anyone') guards.push(withCaller(route.auth, callers))
    router[route.method](path, ...guards, handlerOf(route, numbering, callers))
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase())
    router.all(
      expressPath(path),
      onlyMethods(...methods.flatMap((m) => (m === 'GET' ? ['GET', 'HEAD'] : [m]))),
    )
  }
  return router
}

function handlerOf(
  route: AnyRoute,
  numbering: Numbering,
  callers: WeakMap<Request, unknown>,
): RequestHandler {
  const address = route.path.includes('{msisdn}') ? pathOfNumber(numbering) : undefined
  const handle = async (body: unknown, request: Request, response: Response) => {
    const parsed = address?.safeParse(request.params)
    if (parsed?.success === false) return badRequest(response, describeIssue(parsed.error))
    const msisdn = parsed?.data.msisdn ?? ''
    const {
      status,
      body: answer,
      headers = {},
    } = await route.handle({
      msisdn,
      body,
      caller: callers.get(request),
    })
    response.status(status).set(headers)
    if (answer === undefined) response.end()
    else response.json(answer)
  }
  return route.body
    ? jsonRoute(route.body, handle)
    : (request, response) => handle(undefined, request, response)
}

/** Remembers the caller of a request, or answers 401. */
const withCaller =
  (auth: RouteAuthentication<unknown>, callers: WeakMap<Request, unknown>): RequestHandler =>
  async (request, response, next) => {
    const token = tokenOf(request)
    const caller = token === undefined ? undefined : await auth.authenticate(token)
    if (caller === undefined) return unauthorised(response)
    callers.set(request, caller)
    next()
  }

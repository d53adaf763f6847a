import { Router } from 'express'
import type { Request, Response } from 'express'
import { describeIssue } from '../dialects/encoding/fields.ts'
import type { Project } from '../gateway/project.ts'
import { subscriberInput } from '../services/subscriber-input.ts'
import type { Subscribers } from '../services/subscribers.ts'
import { onlyAdmin } from './admin.ts'
import { errorBody, onlyMethods } from './failures.ts'
import { badRequest, jsonRoute, noStore } from './json.ts'
import { pathOfNumber } from './project-routes.ts'

/** Serves `PUT GET DELETE /subscribers/:msisdn` for the operator, who sends the admin token. */
export function subscriberRoutes(options: {
  readonly project: Pick<Project, 'languages' | 'numbering' | 'record'>
  readonly subscribers: Subscribers
  readonly adminToken: string | undefined
}): Router {
  const { project, subscribers, adminToken } = options
  const address = pathOfNumber(project.numbering)
  const addressed = async (
    request: Request,
    response: Response,
    handle: (msisdn: string) => Promise<void>,
  ) => {
    const parsed = address.safeParse(request.params)
    if (parsed.success) await handle(parsed.data.msisdn)
    else badRequest(response, describeIssue(parsed.error))
  }
  const router = Router()
  router.use('/subscribers', noStore)

  router
    .route('/subscribers/:msisdn')
    .all(onlyAdmin(adminToken))
    .put(
      jsonRoute(subscriberInput(project.record, project.languages), (patch, request, response) =>
        addressed(request, response, async (number) => {
          const { created, view } = await subscribers.put(number, patch)
          response.status(created ? 201 : 200).json(view)
        }),
      ),
    )
    .get((request, response) =>
      addressed(request, response, async (number) => {
        const view = await subscribers.get(number)
        if (view) response.json(view)
        else notRegistered(response)
      }),
    )
    .delete((request, response) =>
      addressed(request, response, async (number) => {
        if (await subscribers.remove(number)) response.status(204).end()
        else notRegistered(response)
      }),
    )
    .all(onlyMethods('GET', 'HEAD', 'PUT', 'DELETE'))
  return router
}

const notRegistered = (response: Response): void =>
  void response.status(404).json(errorBody('USSD_NOT_FOUND', 'This number is not registered.'))

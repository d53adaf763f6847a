import { Router } from 'express'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { describeIssue } from '../dialects/encoding/fields.ts'
import type { Language } from '../engine/authoring.ts'
import type { Numbering } from '../ussd/numbering.ts'
import { Secret } from '../engine/secret.ts'
import { PUK1_ATTEMPTS, SubscriberFields, accessStates } from '../gateway/records/subscriber.ts'
import type { SubscriberPatch, SubscriberView, Subscribers } from '../services/subscribers.ts'
import { trust } from './connections.ts'
import { errorBody, onlyMethods } from './failures.ts'
import { badRequest, jsonRoute, noStore, unauthorised } from './json.ts'
import { jsonObject, numberField, oneOf, password, puk1 } from './fields.ts'
import { createTokenCheck } from './tokens.ts'

const name = z
  .string({ error: 'must be text' })
  .max(64, { error: 'must not be longer than 64 characters' })
  .refine((value) => !/\p{Cc}/u.test(value), { error: 'must not contain control characters' })

const flag = z.boolean({ error: 'must be true or false' })

const reasons = ['sim-lost', 'restricted'] as const

/** The path parameters: a number of the project's numbering in any written form, percent-encoded. */
export const subscriberAddress = (numbering: Numbering) => z.object({ msisdn: numberField(numbering) })

/** The fields that an operator may set. They are merged into the record; an omitted field keeps its value or default. */
export const subscriberInput = (languages: readonly Language[]) =>
  jsonObject({
    language: oneOf(languages)
      .exactOptional()
      .meta({ description: 'Language of the screens', example: languages[0] }),
    tariff: name.exactOptional().meta({
      description:
        'The tariff plan. «Видеонаблюдение», «Спутниковый мониторинг» and the Internet plans may set the password with PUK1',
      example: 'Комфорт',
    }),
    client: name.min(1, { error: 'must not be empty' }).nullable().exactOptional().meta({
      description: 'The organisation that owns the contract; null: none',
      example: 'acme',
    }),
    role: oneOf(['subscriber', 'administrator'])
      .exactOptional()
      .meta({ description: 'Role in the organisation' }),
    registrationByPuk1: flag.exactOptional().meta({
      description: 'Opted in at a sales centre to set the password with PUK1 over HTTP',
    }),
    access: oneOf(accessStates).exactOptional().meta({ description: 'Access to self-care', example: 'open' }),
    closedBecause: oneOf(reasons).nullable().exactOptional().meta({
      description: 'Only with `access: closed-by-operator`; any other access clears it',
    }),
    puk1: puk1
      .transform((digits) => new Secret(digits))
      .exactOptional()
      .meta({ description: 'PUK1 of the current SIM, 8 digits; a new PUK1 restores its ten attempts' }),
    password: password
      .transform((digits) => new Secret(digits))
      .exactOptional()
      .meta({
        description:
          'The self-care password, 5 to 10 digits; setting it ends all self-care sessions of the number',
      }),
    puk1AttemptsLeft: z
      .literal(PUK1_ATTEMPTS, { error: `must be ${PUK1_ATTEMPTS}, which unlocks PUK1` })
      .exactOptional()
      .meta({ description: 'Unlocks PUK1' }),
  }).refine(({ access, closedBecause }) => closedBecause == null || access === 'closed-by-operator', {
    path: ['closedBecause'],
    error: 'requires access closed-by-operator',
  }) satisfies z.ZodType<SubscriberPatch>

/** The fields of a record that responses contain. Fields added to records later stay hidden. */
export const SubscriberOutput = SubscriberFields.pick({
  language: true,
  tariff: true,
  client: true,
  role: true,
  registrationByPuk1: true,
  access: true,
  closedBecause: true,
  puk1AttemptsLeft: true,
}).extend({
  msisdn: z.string().meta({ description: 'E.164', example: '+375291234567' }),
  hasPuk1: z.boolean(),
  hasPassword: z.boolean(),
}) satisfies z.ZodType<SubscriberView>

/**
 * Serves `PUT GET DELETE /subscribers/:msisdn` for the operator. Requires the admin token as Bearer or as the password of HTTP
 * Basic. Rejects every request when none is configured.
 */
export function subscriberRoutes(options: {
  readonly numbering: Numbering
  readonly languages: readonly Language[]
  readonly subscribers: Subscribers
  readonly adminToken: string | undefined
}): Router {
  const { subscribers, adminToken } = options
  const address = subscriberAddress(options.numbering)
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
  router.use('/subscribers', noStore, onlyAdmin(adminToken))

  router
    .route('/subscribers/:msisdn')
    .put(
      jsonRoute(subscriberInput(options.languages), (patch, request, response) =>
        addressed(request, response, async (number) => {
          const { created, view } = await subscribers.put(number, patch)
          response.status(created ? 201 : 200).json(SubscriberOutput.parse(view))
        }),
      ),
    )
    .get((request, response) =>
      addressed(request, response, async (number) => {
        const view = await subscribers.get(number)
        if (view) response.json(SubscriberOutput.parse(view))
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

function onlyAdmin(adminToken: string | undefined): RequestHandler {
  if (adminToken === undefined) {
    return (_request, response) =>
      unauthorised(response, 'No admin token is configured. Set ADMIN_TOKEN to use this route.')
  }
  const isAdmin = createTokenCheck(adminToken)
  return (request, response, next) => {
    if (!isAdmin(request)) return unauthorised(response)
    trust(request.socket)
    next()
  }
}

const notRegistered = (response: Response): void =>
  void response.status(404).json(errorBody('USSD_NOT_FOUND', 'This number is not registered.'))

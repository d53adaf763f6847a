import { Router } from 'express'
import { z } from 'zod'
import { Secret } from '../engine/secret.ts'
import type { WeakPasswordPolicy } from '../services/password.ts'
import type { SelfCare } from '../services/self-care.ts'
import { weakness } from '../services/weak-password.ts'
import type { Weakness } from '../services/weak-password.ts'
import type { Numbering } from '../ussd/numbering.ts'
import { errorBody, onlyMethods } from './failures.ts'
import { jsonRoute, noStore, unauthorised } from './json.ts'
import { jsonObject, numberField, password, puk1 } from './fields.ts'
import { tokenOf } from './tokens.ts'

/** The body that sets a password with PUK1 (L3). */
export const newPassword = (numbering: Numbering) =>
  jsonObject({ msisdn: numberField(numbering), puk1: puk1.meta({ example: '56789012' }), password })

/** The body of a login (L5). A password of an impossible form fails and counts like any wrong password. */
export const credentials = (numbering: Numbering) =>
  jsonObject({
    msisdn: numberField(numbering),
    password: z
      .string({ error: 'must be a string' })
      .transform((text) => new Secret(text))
      .meta({ description: 'The self-care password', example: '80291', writeOnly: true }),
  })

/** A new session. No other response contains the token. */
export const SessionBegun = z.object({
  token: z.string().meta({
    description: '43 characters of base64url; returned only once',
    example: 'q0Xh7mJ2vR1sT9bK4nW8yE3uC6pZ5aLdFgHjQwErTyU',
  }),
  expiresIn: z
    .number()
    .int()
    .meta({ description: 'Seconds without use after which the session expires', example: 900 }),
})

/** A session in use. */
export const SessionUsed = z.object({
  msisdn: z.string().meta({ description: 'E.164', example: '+375291234560' }),
  expiresIn: SessionBegun.shape.expiresIn,
})

const reasons: Record<Weakness, string> = {
  repeat: 'repeated digits',
  sequence: 'digits in sequence',
  keypad: 'a pattern on the keypad',
  date: 'a date',
  'own-number': 'a part of the phone number',
  common: 'a common password',
}

/** Serves self-care: sets the password with PUK1 (L3), logs in (L5), and returns the session of a token (L6). */
export function selfCareRoutes(options: {
  readonly numbering: Numbering
  readonly selfCare: SelfCare
  /** `warn` accepts a weak password here, because a request cannot show a warning. */
  readonly weakPasswords: WeakPasswordPolicy
}): Router {
  const { numbering, selfCare, weakPasswords } = options
  const router = Router()
  router.use('/self-care', noStore)

  // Checked before PUK1 is compared, without stored data: the answer reveals nothing about the subscriber.
  const acceptable = newPassword(numbering)
    .superRefine((body, context) => {
      const thisYear = new Date().getUTCFullYear()
      const weak = weakPasswords === 'reject' && weakness(body.password, { msisdn: body.msisdn, thisYear })
      if (!weak) return
      context.addIssue({ code: 'custom', path: ['password'], message: `is weak: ${reasons[weak]}` })
    })
    .transform((body) => ({
      msisdn: body.msisdn,
      puk1: new Secret(body.puk1),
      password: new Secret(body.password),
    }))

  router.post(
    '/self-care/password',
    jsonRoute(acceptable, async (body, _request, response) => {
      if (await selfCare.setPassword(body.msisdn, body.puk1, body.password)) response.status(204).end()
      else response.status(403).json(errorBody('USSD_REFUSED', 'The password was not set.'))
    }),
  )

  router.post(
    '/self-care/sessions',
    jsonRoute(credentials(numbering), async (body, _request, response) => {
      const loggedIn = await selfCare.logIn(body.msisdn, body.password)
      switch (loggedIn.kind) {
        case 'logged-in':
          response.status(201).json({ token: loggedIn.token, expiresIn: seconds(loggedIn.expiresInMs) })
          return
        case 'refused':
          unauthorised(response, 'The number or the password is wrong.')
          return
        case 'throttled':
          response
            .status(429)
            .set('Retry-After', String(seconds(loggedIn.retryAfterMs)))
            .json(errorBody('USSD_THROTTLED'))
      }
    }),
  )

  router.get('/self-care/session', async (request, response) => {
    const token = tokenOf(request)
    const used = token === undefined ? undefined : await selfCare.use(token)
    if (used) response.json({ msisdn: used.msisdn, expiresIn: seconds(used.expiresInMs) })
    else unauthorised(response)
  })
  router.all(['/self-care/password', '/self-care/sessions'], onlyMethods('POST'))
  router.all('/self-care/session', onlyMethods('GET', 'HEAD'))
  return router
}

/** Rounds up to whole seconds. */
const seconds = (ms: number): number => Math.ceil(ms / 1000)

import {
  defineRoute,
  errorBody,
  failed,
  jsonObject,
  json,
  numberField,
  secretDigits,
} from '../../src/http/route.ts'
import type { AnyRoute, RouteAuthentication } from '../../src/http/route.ts'
import { Secret, weakness, z } from '../../src/services/index.ts'
import type { Weakness } from '../../src/services/index.ts'
import { record } from '../record.ts'
import type { Routes } from '../record.ts'
import type { SelfCare } from '../services/self-care.ts'

const puk1 = secretDigits(record.secrets.puk1)
const password = secretDigits(record.secrets.password)

/** A new session. No other response contains the token. */
const SessionBegun = z.object({
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
const SessionUsed = z.object({
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

/** The subscriber of a self-care session, by its token. */
export const bySession = ({ use }: Pick<SelfCare, 'use'>): RouteAuthentication<Session> => ({
  scheme: 'sessionBearer',
  description: 'The token of a self-care session',
  authenticate: use,
})
type Session = NonNullable<Awaited<ReturnType<SelfCare['use']>>>

type Described = Pick<Routes, 'numbering' | 'weakPasswords'>

/** Routes of self-care: sets the password with PUK1 (L3), logs in (L5), and returns the session of a token (L6). */
export const selfCareRoutes = (kit: Described, selfCare: SelfCare): readonly AnyRoute[] => [
  passwordRoute(kit, selfCare),
  loginRoute(kit, selfCare),
  defineRoute({
    method: 'get',
    path: '/self-care/session',
    auth: bySession(selfCare),
    operation: {
      operationId: 'useSession',
      tag: 'Self-care',
      summary: 'Get the session of a token; restarts its 15 minutes',
      responses: {
        200: json('The session is valid', SessionUsed, { msisdn: '+375291234560', expiresIn: 900 }),
        ...failed('USSD_UNAUTHORISED', 'The session does not exist or has expired'),
      },
    },
    handle: async ({ caller: { msisdn, expiresInMs } }) => ({
      status: 200,
      body: { msisdn, expiresIn: seconds(expiresInMs) },
    }),
  }),
]

/** With `warn`, a weak password is accepted here, because a request cannot show a warning. */
const passwordRoute = ({ numbering, weakPasswords }: Described, selfCare: SelfCare) =>
  defineRoute({
    method: 'post',
    path: '/self-care/password',
    auth: 'anyone',
    // Checked before PUK1 is compared, without stored data: the answer reveals nothing about the subscriber.
    body: jsonObject({
      msisdn: numberField(numbering),
      puk1: puk1.meta({ ...puk1.meta(), example: '56789012' }),
      password,
    })
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
      })),
    operation: {
      operationId: 'setPassword',
      tag: 'Self-care',
      summary: 'Set the password with PUK1',
      description:
        'For devices that cannot dial. The tariff plan or an opt-in at a sales centre must allow it. Ten wrong PUK1 in a row lock PUK1 until the operator unlocks it.',
      example: { msisdn: '+375291234560', puk1: '56789012', password: '80291' },
      responses: {
        204: { description: 'Set; all self-care sessions of the number have ended' },
        ...failed('USSD_REFUSED', 'The same response for every reason', 'The password was not set.'),
        ...badPassword,
      },
    },
    handle: async ({ body }) =>
      (await selfCare.setPassword(body.msisdn, body.puk1, body.password))
        ? { status: 204 }
        : { status: 403, body: errorBody('USSD_REFUSED', 'The password was not set.') },
  })

const badPassword = failed(
  'USSD_BAD_REQUEST',
  'A field is wrong',
  'Bad request: password must be a string of 5 to 10 digits',
)

/** A password of an impossible form fails and counts like any wrong password. */
const loginRoute = ({ numbering }: Described, selfCare: SelfCare) =>
  defineRoute({
    method: 'post',
    path: '/self-care/sessions',
    auth: 'anyone',
    body: jsonObject({
      msisdn: numberField(numbering),
      password: z
        .string({ error: 'must be a string' })
        .transform((text) => new Secret(text))
        .meta({ description: 'The self-care password', example: '80291', writeOnly: true }),
    }),
    operation: {
      operationId: 'logIn',
      tag: 'Self-care',
      summary: 'Log in with number and password',
      example: { msisdn: '+375291234560', password: '80291' },
      responses: {
        201: json('A session', SessionBegun, {
          token: 'q0Xh7mJ2vR1sT9bK4nW8yE3uC6pZ5aLdFgHjQwErTyU',
          expiresIn: 900,
        }),
        ...failed(
          'USSD_UNAUTHORISED',
          'The same response for every reason',
          'The number or the password is wrong.',
        ),
        ...failed('USSD_THROTTLED', 'Rate limited after five wrong passwords in a row'),
        ...badPassword,
      },
    },
    async handle({ body }) {
      const loggedIn = await selfCare.logIn(body.msisdn, body.password)
      switch (loggedIn.kind) {
        case 'logged-in':
          return {
            status: 201,
            body: { token: loggedIn.token, expiresIn: seconds(loggedIn.expiresInMs) },
          }
        case 'refused':
          return unauthorised
        case 'throttled':
          return {
            status: 429,
            headers: { 'Retry-After': String(seconds(loggedIn.retryAfterMs)) },
            body: errorBody('USSD_THROTTLED'),
          }
      }
    },
  })

const unauthorised = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer' },
  body: errorBody('USSD_UNAUTHORISED', 'The number or the password is wrong.'),
}

/** Rounds up to whole seconds. */
const seconds = (ms: number): number => Math.ceil(ms / 1000)

import { defineRecord, z } from '../src/services/index.ts'
import type {
  EffectContext,
  PlainPatchOf,
  ServiceKit,
  RouteKit,
  SubscriberOf,
} from '../src/services/index.ts'

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` })

const name = z
  .string({ error: 'must be text' })
  .max(64, { error: 'must not be longer than 64 characters' })
  .regex(/^\P{Cc}*$/u, { error: 'must not contain control characters' })

/** The states of access to self-care. Only the party that closed it may open it (L7, L8, L11, L12). */
export const accessStates = [
  'open',
  'closed-by-subscriber',
  'closed-by-organisation',
  'closed-by-operator',
] as const
export type Access = (typeof accessStates)[number]

/** PUK1 is locked after ten wrong attempts in a row, as on the card itself (ETSI TS 102 221, 9.5.1). */
export const PUK1_ATTEMPTS = 10

const fields = z.object({
  tariff: name.default('').meta({
    description:
      'The tariff plan. «Видеонаблюдение», «Спутниковый мониторинг» and the Internet plans may set the password with PUK1',
    example: 'Комфорт',
  }),
  client: name.min(1, { error: 'must not be empty' }).nullable().default(null).meta({
    description: 'The organisation that owns the contract; null: none',
  }),
  role: oneOf(['subscriber', 'administrator'])
    .default('subscriber')
    .meta({ description: 'Role in the organisation' }),
  // L3.
  registrationByPuk1: z.boolean({ error: 'must be true or false' }).default(false).meta({
    description: 'Opted in at a sales centre to set the password with PUK1 over HTTP',
  }),
  // Without a default, which could open closed access.
  access: oneOf(accessStates).meta({ description: 'Access to self-care', example: 'open' }),
  closedBecause: oneOf(['sim-lost', 'restricted']).nullable().default(null).meta({
    description: 'Only with `access: closed-by-operator`; any other access clears it',
  }),
})

/** The record of a subscriber. A new one has open access and no password (L1). */
export const record = defineRecord({
  fields,
  initial: { access: 'open' },
  secrets: {
    // Fixed by the issuer of the SIM (ETSI TS 102 221, 9.5.2).
    puk1: { digits: 8, attempts: PUK1_ATTEMPTS, description: 'PUK1 of the SIM', example: '12345678' },
    // A self-care session of an older generation has ended (L2, L10).
    password: { digits: [5, 10], generation: true, description: 'The self-care password', example: '80291' },
  },
  refine: (sent) =>
    sent
      .refine(({ access, closedBecause }) => closedBecause == null || access === 'closed-by-operator', {
        path: ['closedBecause'],
        error: 'requires access closed-by-operator',
      })
      .transform((patch) =>
        patch.access === undefined || patch.access === 'closed-by-operator'
          ? patch
          : { ...patch, closedBecause: null },
      ),
  storedAs: {
    tariff: 't',
    client: 'c',
    role: 'r',
    registrationByPuk1: 'o',
    access: 'a',
    closedBecause: 'b',
    puk1: 'u',
    puk1AttemptsLeft: 'n',
    puk1Pending: 'w',
    password: 'p',
    passwordGeneration: 'g',
  },
})

export type Subscriber = SubscriberOf<typeof record>
/** The context of every effect of this project. */
export type Call = EffectContext<Subscriber>
export type Kit = ServiceKit<typeof record>
export type Routes = RouteKit<typeof record>
/** What the operator may send, with secrets as digits. */
export type PlainPatch = PlainPatchOf<typeof record>

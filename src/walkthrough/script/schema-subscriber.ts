/** The schemas of subscribers in a script: the initial record, a change by the operator, the expected record at the end. */
import { z } from 'zod'
import { accessStates } from '../../gateway/records/subscriber.ts'
import { scriptNumbering } from './numbers.ts'
import {
  form,
  oneOf,
  optional,
  orPlaceholder,
  readAs,
  secret,
  text,
  whole,
  word,
  yesOrNo,
} from './schema-values.ts'

const name = text
  .max(64, { error: 'must be at most 64 characters long' })
  .regex(/^\P{Cc}*$/u, { error: 'must not contain control characters' })

/** The number of a phone, converted to E.164 with `+`. */
export const msisdn = text.transform((raw, context) => {
  const parsed = scriptNumbering.parse(raw)
  if (parsed.kind === 'msisdn') return parsed.e164
  context.addIssue({ code: 'custom', message: scriptNumbering.requirement })
  return z.NEVER
})

const puk1 = text.regex(orPlaceholder('^[0-9]{8}$'), { error: 'must be 8 digits or a placeholder' })
const password = text.regex(orPlaceholder('^[0-9]{5,10}$'), {
  error: 'must be 5 to 10 digits or a placeholder',
})

const reasons = ['sim-lost', 'restricted'] as const

const fields = {
  language: optional(
    z.string({ error: 'must be a language tag such as en' }).regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, {
      error: 'must be a language tag such as en',
    }),
    'The language of the screens, one of the project',
  ),
  tariff: optional(name, 'The tariff plan'),
  client: optional(
    name.min(1, { error: 'must not be empty' }),
    'The organisation whose contract the number is on',
  ),
  role: optional(oneOf(['subscriber', 'administrator']), 'The role in the organisation'),
  registrationByPuk1: optional(yesOrNo, 'true: the subscriber may set the password with PUK1 in self-care'),
  access: optional(oneOf(accessStates), 'Access to self-care: open, or closed by whom'),
  closedBecause: optional(oneOf(reasons), 'The reason; only with access: closed-by-operator'),
  puk1: optional(puk1, "A test subscriber's PUK1 of 8 digits, or a placeholder"),
  password: optional(password, 'The self-care password of 5 to 10 digits, or a placeholder'),
}

const PUK1_ATTEMPTS = 10
const attempts = whole(0, PUK1_ATTEMPTS)

/** The same rule as in the store: no walkthrough starts from an impossible record. */
const onlyOperatorGivesReason = z.refine<{ access?: string; closedBecause?: string }>(
  ({ access, closedBecause }) => closedBecause === undefined || access === 'closed-by-operator',
  { path: ['closedBecause'], error: 'is allowed only with access: closed-by-operator' },
)
const reasonForms = {
  anyOf: [
    { properties: { closedBecause: false } },
    { properties: { access: { const: 'closed-by-operator' } }, required: ['access'] },
  ],
}

const notEmpty = z.refine<object>((map) => Object.keys(map).length > 0, { error: 'must not be empty' })

/** A subscriber to register before the walkthrough. */
export const FixtureForm = form({
  msisdn: msisdn.meta({ description: 'A mobile number of any country, with its country code' }),
  ...fields,
  puk1AttemptsLeft: optional(
    attempts,
    'PUK1 attempts left of ten; less than 10 needs a gateway in this process',
  ),
})
  .check(onlyOperatorGivesReason)
  .meta({
    id: 'Subscriber',
    description: 'The record to create for the walkthrough; it replaces an existing one',
    ...reasonForms,
  })

/** A change of a record by the operator. */
export const PatchForm = form({
  ...fields,
  puk1AttemptsLeft: optional(whole(PUK1_ATTEMPTS, PUK1_ATTEMPTS), 'Unlocks PUK1 with all ten attempts'),
})
  .check(onlyOperatorGivesReason, notEmpty)
  .meta({
    id: 'Change',
    description: 'A change of the record by the operator',
    minProperties: 1,
    ...reasonForms,
  })

/** The expected record at the end. */
export const RecordForm = form({
  language: fields.language,
  tariff: fields.tariff,
  client: fields.client,
  role: fields.role,
  access: fields.access,
  closedBecause: optional(
    readAs(word, z.enum(reasons, { error: `must be one of ${reasons.join(', ')}, null` }).nullable()),
    'The reason of the operator; null: none',
  ),
  puk1AttemptsLeft: optional(attempts, 'PUK1 attempts left of ten'),
  password: optional(secret, 'The password, checked by a login to self-care'),
  hasPassword: optional(yesOrNo, 'true: a password is set'),
})
  .check(notEmpty)
  .meta({
    id: 'Record',
    description: 'The expected record; omitted fields are not checked',
    minProperties: 1,
  })

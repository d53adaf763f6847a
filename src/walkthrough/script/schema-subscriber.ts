/** What a script says of a subscriber: as the walkthrough finds one, as the operator changes one, and as one is to be at the end. */
import { z } from 'zod'
import { languages } from '../../engine/authoring.ts'
import { accessStates } from '../../gateway/records/subscriber.ts'
import { parseMsisdn } from '../../ussd/msisdn.ts'
import { form, oneOf, orPlaceholder, readAs, secret, text, whole, word, yesOrNo } from './schema-values.ts'

const name = text
  .max(64, { error: 'is longer than 64 characters' })
  .regex(/^\P{Cc}*$/u, { error: 'has control characters' })

/** The number of a phone: E.164 with `+` comes out. */
export const msisdn = text.transform((raw, context) => {
  const parsed = parseMsisdn(raw)
  if (parsed.kind === 'msisdn') return parsed.e164
  context.addIssue({ code: 'custom', message: 'is not a mobile number of Belarus' })
  return z.NEVER
})

const puk1 = text.regex(orPlaceholder('^[0-9]{8}$'), { error: 'is 8 digits, or a placeholder' })
const password = text.regex(orPlaceholder('^[0-9]{5,10}$'), { error: 'is 5 to 10 digits, or a placeholder' })

const reasons = ['sim-lost', 'restricted'] as const

const fields = {
  language: oneOf(languages).exactOptional().meta({ description: 'The language of the screens' }),
  tariff: name.exactOptional().meta({ description: 'The tariff plan' }),
  client: name
    .min(1, { error: 'is empty' })
    .exactOptional()
    .meta({ description: 'The organisation whose contract the number is on' }),
  role: oneOf(['subscriber', 'administrator'])
    .exactOptional()
    .meta({ description: 'The role in the organisation' }),
  registrationByPuk1: yesOrNo
    .exactOptional()
    .meta({ description: 'Whether the password may be set with PUK1 at the self-care site' }),
  access: oneOf(accessStates).exactOptional().meta({ description: 'Access to self-care, and who closed it' }),
  closedBecause: oneOf(reasons)
    .exactOptional()
    .meta({ description: 'Why the operator closed it: only together with access: closed-by-operator' }),
  puk1: puk1.exactOptional().meta({ description: "8 digits: a test subscriber's PUK1, or a placeholder" }),
  password: password
    .exactOptional()
    .meta({ description: '5 to 10 digits: the self-care password, or a placeholder' }),
}

const PUK1_ATTEMPTS = 10
const attempts = whole(0, PUK1_ATTEMPTS)

/** As the store has it, so that a walkthrough cannot begin with a record that there is not. */
const onlyOperatorGivesReason = z.refine<{ access?: string; closedBecause?: string }>(
  ({ access, closedBecause }) => closedBecause === undefined || access === 'closed-by-operator',
  { path: ['closedBecause'], error: 'is only given together with access: closed-by-operator' },
)
const reasonForms = {
  anyOf: [
    { properties: { closedBecause: false } },
    { properties: { access: { const: 'closed-by-operator' } }, required: ['access'] },
  ],
}

const notEmpty = z.refine<object>((given) => Object.keys(given).length > 0, { error: 'says nothing' })

/** A subscriber that is registered before the walkthrough begins. */
export const FixtureForm = form({
  msisdn: msisdn.meta({ description: 'A mobile number of Belarus, in any form that is written' }),
  ...fields,
  puk1AttemptsLeft: attempts
    .exactOptional()
    .meta({ description: 'Of the ten; other than 10 only where the gateway runs in the same process' }),
})
  .check(onlyOperatorGivesReason)
  .meta({
    id: 'Subscriber',
    description: 'A record that is made for the walkthrough, whatever was there before',
    ...reasonForms,
  })

/** What the operator changes on a record. */
export const PatchForm = form({
  ...fields,
  puk1AttemptsLeft: whole(PUK1_ATTEMPTS, PUK1_ATTEMPTS)
    .exactOptional()
    .meta({ description: 'Unlocks PUK1: all ten attempts' }),
})
  .check(onlyOperatorGivesReason, notEmpty)
  .meta({
    id: 'Change',
    description: 'What the operator changes on the record',
    minProperties: 1,
    ...reasonForms,
  })

/** What is to hold of a subscriber when all is over. */
export const RecordForm = form({
  language: fields.language,
  tariff: fields.tariff,
  client: fields.client,
  role: fields.role,
  access: fields.access,
  closedBecause: readAs(word, z.enum(reasons, { error: `is one of ${reasons.join(', ')}, null` }).nullable())
    .exactOptional()
    .meta({ description: 'Why the operator closed it; null: for no reason, or it is not closed' }),
  puk1AttemptsLeft: attempts.exactOptional().meta({ description: 'Of the ten' }),
  password: secret.exactOptional().meta({ description: 'One can log in with it at the self-care site' }),
  hasPassword: yesOrNo.exactOptional().meta({ description: 'Whether a password is set' }),
})
  .check(notEmpty)
  .meta({
    id: 'Record',
    description: 'What is to hold of the subscriber; what is left out is not looked at',
    minProperties: 1,
  })

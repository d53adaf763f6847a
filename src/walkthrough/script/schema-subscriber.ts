/** The schemas of subscribers in a script: the initial record, a change by the operator, the expected record at the end. */
import { z } from 'zod'
import { attemptsLeftOf, describeDigits, digitsPattern } from '../../gateway/records/record.ts'
import type { RecordDefinition } from '../../gateway/records/record.ts'
import { hasSecret, sentFields } from '../../services/subscriber-input.ts'
import { scriptNumbering } from './numbers.ts'
import { form, optional, secretOrPlaceholder, secretText, text, whole, yesOrNo } from './schema-values.ts'
import { readAsField } from './schema-fields.ts'

/** The number of a phone, converted to E.164 with `+`. */
export const msisdn = text.transform((raw, context) => {
  const parsed = scriptNumbering.parse(raw)
  if (parsed.kind === 'msisdn') return parsed.e164
  context.addIssue({ code: 'custom', message: scriptNumbering.requirement })
  return z.NEVER
})

const language = z
  .string({ error: 'must be a language tag such as en' })
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, { error: 'must be a language tag such as en' })

const notEmpty = z.refine<object>((map) => Object.keys(map).length > 0, { error: 'must not be empty' })

/** Creates the schemas for a project's record. */
export function subscriberForms(record: RecordDefinition) {
  const names = Object.keys(record.secrets)
  const secrets = Object.entries(record.secrets)
  const attempts = secrets.flatMap(([name, form]) =>
    form.attempts === undefined ? [] : [[name, form.attempts] as const],
  )
  const fields = {
    language: optional(language, 'The language of the screens, one of the project'),
    ...Object.fromEntries(
      Object.entries(sentFields(record)).map(([name, field]) => [
        name,
        optional(readAsField(field), field.meta()?.description ?? 'A field of the record'),
      ]),
    ),
  }
  const digits = Object.fromEntries(
    secrets.map(([name, form]) => [
      name,
      optional(
        secretOrPlaceholder(digitsPattern(form), names, `must be ${describeDigits(form)} or a placeholder`),
        `${form.description ?? 'A secret'}: ${describeDigits(form)} of a test subscriber, or a placeholder`,
      ),
    ]),
  )
  const attemptsLeft = (least: (most: number) => number, describe: (name: string, most: number) => string) =>
    Object.fromEntries(
      attempts.map(([name, most]) => [
        attemptsLeftOf(name),
        optional(whole(least(most), most), describe(name, most)),
      ]),
    )
  const rules = fieldRules(record)

  return {
    /** A subscriber to register before the walkthrough. */
    Fixture: form({
      msisdn: msisdn.meta({ description: 'A mobile number of any country, with its country code' }),
      ...fields,
      ...digits,
      ...attemptsLeft(
        () => 0,
        (name, most) => `Attempts left at \`${name}\`; less than ${most} needs a gateway in this process`,
      ),
    })
      .check(rules)
      .meta({
        id: 'Subscriber',
        description: 'The record to create for the walkthrough; it replaces an existing one',
      }),

    /** A change of a record by the operator. */
    Patch: form({
      ...fields,
      ...digits,
      ...attemptsLeft(
        (most) => most,
        (name) => `Restores all attempts at \`${name}\``,
      ),
    })
      .check(rules, notEmpty)
      .meta({ id: 'Change', description: 'A change of the record by the operator', minProperties: 1 }),

    /** The expected record at the end. */
    Expected: form({
      ...fields,
      ...attemptsLeft(
        () => 0,
        (name) => `Attempts left at \`${name}\``,
      ),
      ...(Object.hasOwn(record.secrets, 'password') && {
        password: optional(secretText(names), 'The password, checked by a login to self-care'),
      }),
      ...Object.fromEntries(
        names.map((name) => [hasSecret(name), optional(yesOrNo, `true: \`${name}\` is set`)]),
      ),
    })
      .check(notEmpty)
      .meta({
        id: 'Record',
        description: 'The expected record; omitted fields are not checked',
        minProperties: 1,
      }),
  }
}

/** The rules of the project on several fields: no walkthrough starts from an impossible record. */
function fieldRules({ refine }: RecordDefinition) {
  const rules = refine(z.looseObject({}))
  return z.superRefine<object>((sent, context) => {
    for (const { path, message } of rules.safeParse(sent).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path, message })
    }
  })
}
